"""Bluetooth GATT health characteristics, as any gateway hands them on: bytes in, observations out."""

"""The platform calls itself every minute: device, door, LOG, engine, outbox, a telephone; and says where it ended."""

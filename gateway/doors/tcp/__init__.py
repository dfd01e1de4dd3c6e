"""The TCP door: families with a protocol of their own, found by how a connection begins (`gateway.door_specs`)."""

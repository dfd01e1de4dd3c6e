"""Where readings are kept: one port for writing, one for asking, two adapters that pass one conformance suite.

A point is identified by resident, device, quantity and device time; written again, the last write stands. Retention:
InfluxDB keeps what the bucket's retention period says; the embedded store keeps everything until
`SqliteStoreWriter.prune` is called with the oldest times to keep.
"""

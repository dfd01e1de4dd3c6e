"""Where readings are kept: one port for writing, one for asking, two adapters that pass one conformance suite."""

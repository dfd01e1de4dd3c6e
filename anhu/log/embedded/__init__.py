"""The LOG on the local disk: segments, entries, one writer, readers in any process."""

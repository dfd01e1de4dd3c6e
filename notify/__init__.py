"""The outbox carried to people: `dispatcher` sends what is due through `channels/` (one file, one channel)."""

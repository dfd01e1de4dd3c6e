"""Falls: impacts, what follows them, features, and the learned stage."""

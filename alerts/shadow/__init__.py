"""A further version of a detector beside the one that decides: it sees the same, and nobody is paged by it."""

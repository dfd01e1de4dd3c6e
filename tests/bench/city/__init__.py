"""A city in a PostgreSQL of its own: how it is filled, what is asked of it, and how long that takes."""

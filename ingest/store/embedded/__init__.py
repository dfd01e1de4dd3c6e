"""The store on SQLite: one command runs everything."""

"""What several machines of ingest write and others read, in the platform's database: SQL of SQLite and PostgreSQL.

The tables are laid by the database's revisions (`anhu.registry.series_tables`).
"""

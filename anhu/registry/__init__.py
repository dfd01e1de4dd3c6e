"""Who is who: residents, organisations, devices, users, contacts; the database, and its history."""

"""The processes of an installation, one file each: what `anhu run NAME` wires together and keeps running."""

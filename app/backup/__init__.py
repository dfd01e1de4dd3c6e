"""Everything of an installation in one folder, and back: `making`, `restoring`; `manifest` says whether it is whole."""

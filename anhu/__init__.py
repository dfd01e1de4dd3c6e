"""The ground: the words (`contract`), the LOG (`log`), and who is who (`registry`). Imports no room above it."""

__version__ = "0.3.0"

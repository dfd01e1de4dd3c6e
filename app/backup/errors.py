"""What keeps a backup from being made, believed or brought back."""

from __future__ import annotations

from anhu.contract.errors import AnhuError


class BackupError(AnhuError):
    """A backup was not made, is not whole, or may not be restored here; the text says why and what to do."""

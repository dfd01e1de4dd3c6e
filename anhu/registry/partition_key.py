"""By what the LOG is parted: everything that looks across residents must find its records in one partition."""

from __future__ import annotations


def partition_key(centre_id: str | None, resident_id: str | None, device_id: str, parent_id: str | None) -> str:
    """Return the key of a device's records: its resident's centre.

    An area that goes dark, a rule that storms, two sensors that confirm a fall and the devices of one home all lie
    inside one centre. A resident without a centre is a key of their own; a device of nobody goes with the gateway that
    it is behind, or alone. Front doors and the engine's roster both ask here.

    Parameters
    ----------
    centre_id : str or None
        Of the resident, whether watched at present or not.
    resident_id : str or None
        Whom the device is assigned to; None or empty when nobody.
    parent_id : str or None
        The gateway that it is behind.
    """
    return centre_id or resident_id or parent_id or device_id

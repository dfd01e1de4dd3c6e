"""What the HTTP push door has done since it started, for the health page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class HttpCounters:
    """Counts since the start.

    Attributes
    ----------
    connections, requests : int
        That came.
    messages : int
        Of devices that are ours, given to the LOG.
    accepted, released, rejected : int
        Pushes that are on disk; that were to be sent again; of wrong keys, of strangers alone, or that could not be
        read where the sender is told so.
    wrong_keys, slowed : int
        Pushes whose key was wrong; of these answered late.
    unknown_products : int
        Requests to an address of no product.
    unreadable : int
        Pushes that no codec could take apart; they are kept raw.
    strangers, stranger_calls : int
        Messages of devices that are not this product's; of these that read like a call for help.
    repeated : int
        Messages that were on disk already.
    over_rate, product_full, log_full : int
        Pushes to be sent again: one device says too much, one product has too many on their way, the LOG is full.
    bad_requests, too_long : int
        Requests that are no HTTP, or no push; over a limit of length.
    slow_closed, idle_closed, crowded_out, cut_for_room : int
        Connections that took too long; were idle; made room for a new one; held too much.
    """

    connections: int = 0
    requests: int = 0
    messages: int = 0
    accepted: int = 0
    released: int = 0
    rejected: int = 0
    wrong_keys: int = 0
    slowed: int = 0
    unknown_products: int = 0
    unreadable: int = 0
    strangers: int = 0
    stranger_calls: int = 0
    repeated: int = 0
    over_rate: int = 0
    product_full: int = 0
    log_full: int = 0
    bad_requests: int = 0
    too_long: int = 0
    slow_closed: int = 0
    idle_closed: int = 0
    crowded_out: int = 0
    cut_for_room: int = 0

    def count(self, name: str) -> None:
        """Count something by its counter's name; nothing by an empty one."""
        if name:
            setattr(self, name, getattr(self, name) + 1)

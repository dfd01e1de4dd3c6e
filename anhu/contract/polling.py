"""How often vendors' clouds may be asked, and when people are told that one does not answer."""

from __future__ import annotations

from anhu.contract.clock import MINUTE_MS

SHORTEST_PERIOD_S, LONGEST_PERIOD_S = 10, 86_400
"""How often one device may be asked about. [s]"""
TOLD_AFTER_MS = 10 * MINUTE_MS
"""A cloud that gave no good answer for so long is told of: desks, its product's page, `anhu doctor`. [ms]"""

"""Titles in both languages at once.

Grafana shows one title to everybody. Two sets of dashboards would double the links, the bookmarks and what can go
out of step, so each title says it twice: 心率 Heart rate.
"""

from __future__ import annotations

from anhu.contract.quantities import Quantity
from anhu.contract.words import text


def both(key: str) -> str:
    """Return a sentence of the catalogue's `dashboard` table, Chinese first."""
    return f"{text(f'dashboard.{key}', 'zh-CN')} {text(f'dashboard.{key}', 'en')}"


def named(quantity: Quantity) -> str:
    """Return a quantity's name, Chinese first."""
    return f"{quantity.zh} {quantity.en}"

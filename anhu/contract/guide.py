"""The tables of the vendors' guide, made from the tables that decode: nobody retypes a unit."""

from __future__ import annotations

from anhu.contract.quantities import Kind, Quantity, of_kind
from anhu.contract.units import accepted_units


def quantity_tables() -> str:
    """Return the Markdown tables of every quantity of the open format."""
    numbers = [_number(row) for row in of_kind(Kind.SCALAR)]
    waves = [f"| `{row.code}` | {row.zh} | {row.en} | {row.unit} |" for row in of_kind(Kind.WAVEFORM)]
    events = [f"| `{row.code}` | {row.zh} | {row.en} |" for row in of_kind(Kind.EVENT)]
    return "\n".join(
        [
            "| number | 中文 | English | unit | also accepted | plausible |",
            "|---|---|---|---|---|---|",
            *numbers,
            "",
            "| waveform | 中文 | English | unit |",
            "|---|---|---|---|",
            *waves,
            "",
            "| event | 中文 | English |",
            "|---|---|---|",
            *events,
        ]
    )


def _number(row: Quantity) -> str:
    others = ", ".join(accepted_units(row.unit)[1:])
    return f"| `{row.code}` | {row.zh} | {row.en} | {row.unit} | {others} | {row.low:g} to {row.high:g} |"

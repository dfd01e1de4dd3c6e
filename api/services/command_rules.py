"""What each command needs, checked before a device is asked."""

from __future__ import annotations

from anhu.contract.errors import FieldError
from anhu.contract.quantities import Kind, quantity
from api.schemas.devices import NewCommand

_LEAST_PERIOD_S, _MOST_PERIOD_S = 10, 604_800


def check_command(given: NewCommand) -> None:
    """Raise `FieldError` where a command lacks what it is about, or is about nothing that there is."""
    arguments = given.arguments
    if given.name == "text" and not str(arguments.get("text", "")).strip():
        raise FieldError("text", "", "what the device is to show", zh="要显示的文字")
    if given.name == "firmware" and not str(arguments.get("version", "")).strip():
        raise FieldError("version", "", "the version that is there", zh="固件版本")
    if given.name == "measure" and arguments.get("quantity"):
        quantity(str(arguments["quantity"]), kind=Kind.SCALAR)
    if given.name == "configure" and "report_period_s" in arguments:
        period_s = arguments["report_period_s"]
        if isinstance(period_s, str) or not _LEAST_PERIOD_S <= period_s <= _MOST_PERIOD_S:
            raise FieldError("report_period_s", period_s, "10 to 604800 seconds", zh="10 至 604800 秒")
    elif given.name == "configure" and not arguments:
        raise FieldError("report_period_s", "", "10 to 604800 seconds", zh="10 至 604800 秒")

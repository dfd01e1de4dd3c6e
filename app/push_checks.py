"""What `anhu doctor` says of the door to which vendors' clouds push: what came to nothing there."""

from __future__ import annotations

from collections.abc import Iterator

from anhu.contract.clock import Clock
from app import status
from app.check_result import CheckResult, CheckVerdict
from app.settings import Settings
from app.status_board import said_by_all


def pushes(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Read what the gateway counted since it started."""
    for one in said_by_all(settings, clock):
        if one.process != "gateway" or clock.now_ms() - one.at_ms > status.FRESH_MS:
            continue
        counted = {name.removeprefix("push_"): n for name, n in one.counters.items() if name.startswith("push_") and n}
        if calls := counted.get("stranger_calls"):
            detail = f"{calls:.0f} calls for help came by vendors' clouds of devices that nobody enrolled"
            yield CheckResult(CheckVerdict.FAILED, "push", detail, "`anhu deadletters` names them; enrol them")
        elif strangers := counted.get("strangers"):
            detail = f"{strangers:.0f} messages came by vendors' clouds of devices that nobody enrolled"
            yield CheckResult(CheckVerdict.WARNING, "push", detail, "`anhu deadletters` names them; enrol them")
        if wrong := counted.get("wrong_keys"):
            detail = f"{wrong:.0f} pushes had a wrong key, or a clock more than five minutes off"
            advice = "if they are a vendor's: give it the key anew (`anhu admin new-push-key`)"
            yield CheckResult(CheckVerdict.WARNING, "push", detail, advice)
        if unreadable := counted.get("unreadable"):
            detail = f"{unreadable:.0f} pushes could not be taken apart; they are kept whole"
            yield CheckResult(CheckVerdict.WARNING, "push", detail, "`anhu deadletters` shows them and the reason")
        if locked := counted.get("products_locked"):
            detail = f"the push keys of {locked:.0f} products cannot be read: nothing of theirs is taken"
            advice = "restore identity.key from the backup, or give new ones (`anhu admin new-push-key`)"
            yield CheckResult(CheckVerdict.FAILED, "push", detail, advice)

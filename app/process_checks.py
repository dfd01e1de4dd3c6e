"""What `anhu doctor` says of the processes: alive, and keeping up; each instance by itself where there are several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from anhu.contract.clock import SECOND_MS, Clock
from app import status
from app.check_result import CheckResult, CheckVerdict
from app.hints import command
from app.settings import Settings
from app.status import Status
from app.status_board import said_by_all

_STUCK_S = 60.0
_AWAY_S = 30.0
_BACKLOG_BYTES = 64 * 1024**2
_UNWRITTEN = {
    "sessions_unwritten": "the sessions of devices (commands wait until they subscribe anew)",
    "notes_unwritten": "what devices say in vain",
    "intake_announcements_unwritten": "what devices announced that their messages mean",
    "poll_unwritten": "what vendors' clouds told last (after an end it may come twice)",
}
_PROCESSES = ("gateway", "ingest", "alerts", "dispatcher", "api", "watcher")


def processes(settings: Settings, clock: Clock) -> Iterator[CheckResult]:
    """Read what the processes last said."""
    said, now_ms = said_by_all(settings, clock), clock.now_ms()
    for name in _PROCESSES:
        own = [one for one in said if one.process == name]
        if not own:
            advice = "is `anhu up` running?"
            yield CheckResult(CheckVerdict.FAILED, f"process {name}", "last heard of never", advice)
        alive = [one for one in own if now_ms - one.at_ms <= status.FRESH_MS]
        for one in own:
            what = f"process {name}" if len(own) == 1 else f"process {name} {one.instance}"
            if one in alive:
                yield from _of_one(what, one)
            else:
                yield _vanished(settings, what, one, now_ms, others=len(alive))


def _vanished(settings: Settings, what: str, one: Status, now_ms: int, *, others: int) -> CheckResult:
    """Tell of one that said nothing lately; where others do its work it may be off the list for good."""
    detail = f"last heard of {(now_ms - one.at_ms) // SECOND_MS} s ago"
    if not others:
        return CheckResult(CheckVerdict.FAILED, what, detail, "is `anhu up` running?")
    off = command(settings, f"admin forget-process {one.process} {one.instance}")
    advice = f"{others} of its like run; start it again, or take it off the list: {off}"
    return CheckResult(CheckVerdict.WARNING, what, detail, advice)


def _of_one(what: str, found: Status) -> Iterator[CheckResult]:
    yield from _warnings(what, found)
    failure = _failure(found.counters)
    if failure is not None:
        detail, advice = failure
        yield CheckResult(CheckVerdict.FAILED, what, f"pid {found.pid}: {detail}", advice)
        return
    backlog = found.counters.get("backlog_bytes", 0.0)
    behind = backlog > _BACKLOG_BYTES
    advice = "it does not keep up: look at its log lines" if behind else ""
    verdict = CheckVerdict.WARNING if behind else CheckVerdict.OK
    yield CheckResult(verdict, what, f"pid {found.pid}, {backlog:.0f} bytes behind", advice)


def _warnings(what: str, found: Status) -> Iterator[CheckResult]:
    said = found.counters
    if restless := said.get("restless", 0.0):
        detail = f"{restless:.0f} devices break off all the time, or share a credential"
        yield CheckResult(CheckVerdict.WARNING, what, detail, "the desk shows them as sensor faults")
    unwritten = [what for counter, what in _UNWRITTEN.items() if said.get(counter, 0.0)]
    if unwritten:
        detail = f"pid {found.pid} cannot write down {' and '.join(unwritten)}"
        advice = "its log line says why: a full disk, a broken file, or a database that does not answer"
        yield CheckResult(CheckVerdict.WARNING, what, detail, advice)
    if said.get("unreadable_snapshots", 0.0) or said.get("unreadable_rests", 0.0):
        detail = "began without its memory: the snapshot could not be read"
        advice = "rules begin anew; what was open stays open until a device says so again, or a person closes it"
        yield CheckResult(CheckVerdict.WARNING, what, detail, advice)


def _failure(said: Mapping[str, float]) -> Sequence[str] | None:
    """Return what is broken and what to do; None when nothing is."""
    stuck_s = max((s for name, s in said.items() if name.endswith("stuck_s")), default=0.0)
    if stuck_s > _STUCK_S:
        detail = f"the store has refused what it is given for {stuck_s:.0f} s: nothing is stored"
        return detail, "its log line says why: no room on the store's disk, or a shard that it cannot open"
    if (away_s := said.get("log_away_ms", 0.0) / SECOND_MS) > _AWAY_S:
        detail = f"has not heard the LOG's brokers for {away_s:.0f} s: nobody is watched but who waits for help already"
        return detail, "its log line says why; the check of the LOG in Kafka, too"
    if said.get("present_unwritten", 0.0):
        return "cannot write down which devices are connected", "free some space in the data folder"
    if (wait_s := said.get("looks_wait_s", 0.0)) > _STUCK_S:
        detail = f"who looked at whose data waits for the database since {wait_s:.0f} s; it refuses soon"
        return detail, "its log line says why"
    return None

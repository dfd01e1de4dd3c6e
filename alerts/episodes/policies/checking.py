"""What may be saved as a policy: errors name the field, and say why in both languages. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from alerts.episodes.policies.policy import MOST_STEPS, Hours, Party, Policy, Scope, Step
from alerts.kinds import DRILLS, KINDS, Route
from anhu.contract.clock import DAY_MS, MINUTE_MS, SECOND_MS
from anhu.contract.errors import FieldError
from anhu.contract.priority import Priority
from anhu.registry.tiers import check_tier

MOST_REPEATS = 36
MOST_RUNGS = 100
"""Steps with all their repetitions."""
LONGEST_NAME = 100
_FIRST_HELP_MS = 60 * SECOND_MS
_SHORTEST_REPEAT_MS = 60 * SECOND_MS
_LONGEST_HIGH_ACK_MS = 60 * MINUTE_MS
_DAY_MINUTES = 24 * 60


class _Span(NamedTuple):
    """From when to when something may be. [ms]."""

    low_ms: int
    high_ms: int


def check_policy(policy: Policy, *, channels: Collection[str]) -> None:
    """Raise the first of `flaws`."""
    for flaw in flaws(policy, channels=channels):
        raise flaw


def flaws(policy: Policy, *, channels: Collection[str]) -> Iterator[FieldError]:
    """Yield everything that is wrong with a policy.

    Parameters
    ----------
    channels : collection of str
        Which there are.
    """
    if not 1 <= len(policy.name.strip()) <= LONGEST_NAME:
        yield FieldError("name", policy.name, f"1 to {LONGEST_NAME} characters", zh=f"1 至 {LONGEST_NAME} 个字")
    yield from _scope_flaws(policy.scope)
    if not 1 <= len(policy.steps) <= MOST_STEPS:
        yield FieldError("steps", len(policy.steps), f"1 to {MOST_STEPS} steps", zh=f"1 至 {MOST_STEPS} 步")
        return
    for number, step in enumerate(policy.steps):
        yield from _step_flaws(number, step, policy.steps[:number], channels)
    if len(policy.rungs) > MOST_RUNGS:
        expected, zh = f"at most {MOST_RUNGS} times in all", f"连同重复总共不超过 {MOST_RUNGS} 次"
        yield FieldError("steps", len(policy.rungs), expected, zh=zh)
    yield from _answer_flaws(policy)
    if policy.scope.priority is Priority.HIGH:
        yield from _high_flaws(policy)


def _scope_flaws(scope: Scope) -> Iterator[FieldError]:
    if scope.priority not in (Priority.HIGH, Priority.MEDIUM):
        yield FieldError("priority", scope.priority.name.lower(), "high or medium", zh="高或中（high、medium）")
    for kind in scope.kinds:
        if kind not in KINDS or kind in DRILLS:
            yield FieldError("kinds", kind, "kinds of alarm that are no drill", zh="报警类型，且不能是演练")
    routes = [route for route in Route if route not in {Route.DRILL, Route.HEARTBEAT}]
    if scope.route not in ("", *routes):
        yield FieldError("route", scope.route, "one of " + ", ".join(routes), zh="以下之一：" + "、".join(routes))
    if scope.hours is not None and not _is_day_time(scope.hours):
        shown = f"{scope.hours.from_minute}-{scope.hours.until_minute}"
        yield FieldError("hours", shown, "two different times of the day", zh="一天中两个不同的时刻")
    try:
        check_tier("tier", scope.tier)
    except FieldError as error:
        yield error


def _is_day_time(hours: Hours) -> bool:
    return all(0 <= minute < _DAY_MINUTES for minute in hours) and hours.minutes > 0


def _step_flaws(number: int, step: Step, before: Sequence[Step], channels: Collection[str]) -> Iterator[FieldError]:
    field = f"steps.{number + 1}"
    earlier_ms = before[-1].after_ms if before else -1
    if not earlier_ms < step.after_ms <= DAY_MS:
        yield FieldError(
            f"{field}.after_s",
            step.after_ms / SECOND_MS,
            "later than the step before, and within 24 h",
            zh="晚于上一步，且不超过 24 小时",
        )
    if not step.parties and not step.prompt_emergency:
        yield FieldError(f"{field}.parties", "", "somebody", zh="至少一方")
    for channel in step.channels:
        if channel not in channels:
            known = ", ".join(channels)
            yield FieldError(f"{field}.channels", channel, f"of {known}", zh=f"以下之一：{known}")
    if bool(step.repeat_times) != bool(step.repeat_every_ms):
        expected, zh = "how often and how many times, or neither", "间隔与次数须同时填写或同时留空"
        yield FieldError(f"{field}.repeat_times", step.repeat_times, expected, zh=zh)
    if step.repeat_every_ms and not _SHORTEST_REPEAT_MS <= step.repeat_every_ms <= DAY_MS:
        yield FieldError(
            f"{field}.repeat_every_s", step.repeat_every_ms / SECOND_MS, "60 s to 24 h", zh="60 秒至 24 小时"
        )
    if not 0 <= step.repeat_times <= MOST_REPEATS:
        yield FieldError(f"{field}.repeat_times", step.repeat_times, f"0 to {MOST_REPEATS}", zh=f"0 至 {MOST_REPEATS}")


def _answer_flaws(policy: Policy) -> Iterator[FieldError]:
    spans = {"ack_stands_s": _Span(MINUTE_MS, DAY_MS), "scene_within_s": _Span(5 * MINUTE_MS, DAY_MS)}
    given = {"ack_stands_s": policy.ack_stands_ms, "scene_within_s": policy.scene_within_ms}
    for field, value in given.items():
        low_ms, high_ms = spans[field]
        if value is not None and not low_ms <= value <= high_ms:
            expected = f"{low_ms // SECOND_MS} s to {high_ms // SECOND_MS} s"
            yield FieldError(
                field, value / SECOND_MS, expected, zh=f"{low_ms // SECOND_MS} 至 {high_ms // SECOND_MS} 秒"
            )


def _high_flaws(policy: Policy) -> Iterator[FieldError]:
    """Yield why a policy would let a call for help go unheard."""
    early = [step for step in policy.steps if step.after_ms <= _FIRST_HELP_MS]
    if not any(_pages_helpers(step) for step in early):
        expected = "somebody besides the resident within 60 s"
        yield FieldError("steps.1.parties", "", expected, zh="60 秒内须通知老人以外的人")
    last = policy.steps[-1]
    if not last.prompt_emergency and not last.repeat_times:
        field, expected = f"steps.{len(policy.steps)}.repeat_times", "the emergency prompt, or a repetition, at the end"
        yield FieldError(field, last.repeat_times, expected, zh="最后一步须提示拨打急救电话或重复通知")
    if not _pages_helpers(last):
        field, expected = f"steps.{len(policy.steps)}.parties", "somebody besides the resident at the end"
        yield FieldError(field, "", expected, zh="最后一步须通知老人以外的人")
    if policy.ack_stands_ms is None or policy.ack_stands_ms > _LONGEST_HIGH_ACK_MS:
        given = None if policy.ack_stands_ms is None else policy.ack_stands_ms / SECOND_MS
        yield FieldError("ack_stands_s", given, "at most an hour at high priority", zh="高级别最多 1 小时")


def _pages_helpers(step: Step) -> bool:
    return any(party is not Party.RESIDENT for party in step.parties)

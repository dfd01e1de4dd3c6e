"""A policy as a form sends it, and as a page shows it."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.datastructures import FormData

from alerts.episodes.policies.policy import MOST_STEPS
from anhu.contract.errors import FieldError
from api.schemas.policies import PolicyForm, StepForm

_MINUTE_S = 60


def read_form(form: FormData) -> PolicyForm:
    """Return the policy that a form holds. Raises `FieldError`."""
    steps = [_step(form, number) for number in range(1, _count(form) + 1)]
    hours = [str(form.get(name, "")) for name in ("from", "until")]
    try:
        return PolicyForm(
            name=str(form.get("name", "")),
            organisation_id=str(form.get("organisation_id", "")),
            kinds=_several(form, "kinds"),
            route=str(form.get("route", "")),
            priority=str(form.get("priority", "high")),
            tier=str(form.get("tier", "")),
            hours="-".join(hours) if any(hours) else "",
            days=str(form.get("days", "")),
            steps=steps,
            ack_stands_s=_minutes(form, "ack_stands"),
            scene_within_s=_minutes(form, "scene_within"),
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise FieldError(".".join(map(str, first["loc"])), first.get("input"), first["msg"], zh="有效的值") from None


def with_steps_changed(policy: PolicyForm, action: str) -> PolicyForm:
    """Return a policy with a step more at the end, or without one: ``add``, ``remove-2``."""
    steps = list(policy.steps)
    if action == "add" and len(steps) < MOST_STEPS:
        after_s = steps[-1].after_s + _MINUTE_S if steps else 0
        steps.append(StepForm(after_s=after_s, parties=["centre"]))
    elif action.startswith("remove-"):
        gone = action.removeprefix("remove-")
        steps = [step for number, step in enumerate(steps, start=1) if str(number) != gone]
    return policy.model_copy(update={"steps": steps})


def _step(form: FormData, number: int) -> StepForm:
    return StepForm(
        after_s=_whole(form, f"after-{number}"),
        parties=_several(form, f"parties-{number}"),
        channels=_several(form, f"channels-{number}"),
        prompt_emergency=f"prompt-{number}" in form,
        repeat_every_s=_whole(form, f"every-{number}") * _MINUTE_S,
        repeat_times=_whole(form, f"times-{number}"),
    )


def _count(form: FormData) -> int:
    return min(_whole(form, "steps"), MOST_STEPS)


def _whole(form: FormData, name: str) -> int:
    given = str(form.get(name, "")).strip()
    if given and not (given.isascii() and given.isdecimal() and len(given) < 6):  # noqa: PLR2004 - digits
        raise FieldError(name, given, "a whole number", zh="整数")
    return int(given or 0)


def _minutes(form: FormData, name: str) -> int | None:
    return _whole(form, name) * _MINUTE_S or None


def _several(form: FormData, name: str) -> list[str]:
    return [str(one) for one in form.getlist(name) if one]

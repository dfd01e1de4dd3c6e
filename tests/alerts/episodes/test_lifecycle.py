"""What may follow what."""

from __future__ import annotations

import pytest

from alerts.episodes.lifecycle import ALLOWED_FROM, IllegalStepError, Response, check_step


@pytest.mark.parametrize("present", list(Response))
@pytest.mark.parametrize("wanted", [r for r in Response if r is not Response.UNACKED])
def test_only_the_steps_of_the_table_are_allowed(present: Response, wanted: Response) -> None:
    if present in ALLOWED_FROM[wanted]:
        check_step(present, wanted)
    else:
        with pytest.raises(IllegalStepError):
            check_step(present, wanted)


def test_nothing_follows_closed() -> None:
    assert all(Response.CLOSED not in origins for origins in ALLOWED_FROM.values())

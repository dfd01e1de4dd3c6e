"""While the LOG refuses a device says the same again and again; nothing of that may cost it its call."""

from __future__ import annotations

import asyncio

import pytest

from anhu.contract.observation import Event
from tests.gateway.doors.mqtt.doors import MemoryLog, device
from tests.gateway.test_intake import FRAME, NOW_MS, kept, made


def test_a_call_that_the_log_refused_a_thousand_times_is_kept_when_it_works(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
    call = Event("sos", NOW_MS, "on", {})

    async def run() -> None:
        log = MemoryLog()
        intake = made(lambda _: (call,), log)
        log.failure = OSError("disk")
        for _ in range(1_000):
            with pytest.raises(OSError, match="disk"):
                await kept(intake, FRAME, device())
        log.failure = None
        await kept(intake, FRAME, device())
        assert [one for reading in log.readings() for one in reading.observations] == [call]

    asyncio.run(run())

"""The clouds of texts and calls: down for an hour, take and forget, speak too early, twice, too late; and strangers."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.faults.fault import Fault
from tests.faults.ledger import Call
from tests.faults.phones import CHANNELS, Ring
from tests.faults.world import World

_MINUTE_MS = 60_000
_HOUR_MIN = 60
_MISSED_MIN = 4
_NOT_FOUND = 404


async def _down_for_an_hour(world: World) -> None:
    """Have both clouds answer 503 for an hour of the platform's clock; afterwards the doctor is told all the same."""
    world.phones.texts.down.add("aliyun")
    world.phones.calls.down.add("aliyun")
    call = await world.callers.call_for_help(answer=False)
    await world.until(lambda: world.callers.paged(call), "the desk is told while the clouds are down")
    for minute in range(1, _HOUR_MIN + 1):
        world.arms.step_clock(minute * _MINUTE_MS)
        await asyncio.sleep(0.15)
    world.phones.texts.down.clear()
    world.phones.calls.down.clear()
    await _rang(world, call)
    world.arms.step_clock(0)


async def _take_and_forget(world: World) -> None:
    """Say of no message what became of it: it stands in the history as not confirmed."""
    world.phones.mute = True
    call = await world.callers.call_for_help(answer=False)
    await _rang(world, call)
    for minute in range(1, _MISSED_MIN + 1):
        world.arms.step_clock(minute * _MINUTE_MS)
        await asyncio.sleep(0.3)
    await world.until(lambda: world.insides.unconfirmed(call.sender.resident_id), "what was forgotten is missed")
    world.phones.mute = False
    world.arms.step_clock(0)


async def _speaks_first(killed: str, world: World) -> None:
    """Say that a key was pressed before the sending is answered, and let a process die in between."""
    world.phones.early = True
    armed = world.arms.crash(killed, "phone.send.after") if killed else None
    call = await world.callers.call_for_help(answer=False)
    if armed is not None:
        await world.until(lambda: not armed.exists(), "it dies between the cloud's answer and its receipt")
        world.ledger.killed(f"{killed} between key and receipt")
    await _taken_by_phone(world, call)
    world.phones.early = False


async def _pressed_twice(killed: str, world: World) -> None:
    """Say a key twice and again with the call's end, while a process dies: the alarm is taken once."""
    call = await world.callers.call_for_help(answer=False)
    ring = await _rang(world, call)
    await world.phones.press(ring, "1")
    if killed:
        await world.kill(killed)
    await world.phones.press(ring, "1")
    await world.phones.end(ring, "1")
    await _taken_by_phone(world, call)


async def _pressed_after_close(world: World) -> None:
    """Press a key on a call about what is over: it stays over, and nobody has it."""
    call = await world.callers.call_for_help(answer=False)
    ring = await _rang(world, call)
    await world.until(lambda: world.callers.paged(call), "its page has come")  # what is closed is told no more
    alert_id = world.insides.alert_of(call.sender.resident_id).id
    await world.close_alert(alert_id)
    await world.phones.press(ring, "1")
    await world.until(lambda: not world.insides.callbacks_waiting(), "the key is heard")
    assert world.insides.alert_of(call.sender.resident_id).response == "closed"
    assert not world.insides.times_taken(alert_id)


async def _wrong_secret(world: World) -> None:
    """Have a stranger say that a key was pressed, and the cloud say nonsense: only the cloud's own key counts."""
    call = await world.callers.call_for_help(answer=False)
    ring = await _rang(world, call)
    assert await world.phones.say_wrongly(ring, "1") == _NOT_FOUND
    await world.phones.say(world.phones.calls.confirmation(ring.asked, ring.called)[0], b"\x00{nonsense")
    await world.until(lambda: not world.insides.callbacks_waiting(), "what was said is heard")
    assert world.insides.alert_of(call.sender.resident_id).response == "unacked"
    await world.phones.press(ring, "1")
    await _taken_by_phone(world, call)


async def _rang(world: World, call: Call) -> Ring:
    """Wait for a text and a call about somebody; return the call."""
    about = call.sender.resident_id
    rang = lambda: {one.channel for one in world.phones.rings(about)} == set(CHANNELS)  # noqa: E731
    await world.until(rang, f"{about}'s doctor has a text and a call")
    return next(one for one in world.phones.rings(about) if one.channel == "voice")


async def _taken_by_phone(world: World, call: Call) -> None:
    """Wait until the alarm is taken by the key, once; whoever pressed it goes."""
    about = call.sender.resident_id
    await world.until(lambda: world.insides.alert_of(about).response == "acknowledged", f"{about}'s alarm is taken")
    alert_id = world.insides.alert_of(about).id
    world.ledger.answered_by_phone.add(alert_id)
    await world.until(lambda: alert_id in world.ledger.answered_s, f"{about} is visited")
    await world.until(lambda: not world.insides.callbacks_waiting(), "all that was said is heard")
    assert world.insides.times_taken(alert_id) == 1


FAULTS = (
    Fault("clouds of texts and calls down for an hour", _down_for_an_hour),
    Fault("clouds take messages and forget them", _take_and_forget),
    Fault("key comes before the cloud's answer", partial(_speaks_first, "")),
    Fault("key before the answer, dispatcher dies before the receipt", partial(_speaks_first, "dispatcher"), kills=1),
    Fault("key pressed twice", partial(_pressed_twice, "")),
    *(
        Fault(f"key pressed twice, {one} dies in between", partial(_pressed_twice, one), kills=1)
        for one in ("api", "dispatcher", "alerts")
    ),
    Fault("key pressed after the close", _pressed_after_close),
    Fault("key with a wrong secret", _wrong_secret),
)

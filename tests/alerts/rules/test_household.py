from __future__ import annotations

import pytest

from alerts.rules.household import Heard, Household
from alerts.rules.local_time import LocalTime, within
from alerts.rules.own_spread import Bounds, OwnSpread
from alerts.rules.silence import Silence
from alerts.rules.waking_day import WakingDay
from alerts.signal.baseline import Band, Baseline
from alerts.signal.geodesy import distance_m
from alerts.signal.trend import Cusum, centre_and_spread, quantile, robust_slope
from anhu.contract.rooms import room_of

CHINA = LocalTime("Asia/Shanghai")
NOON = 1_795_320_000_000 - 1_795_320_000_000 % 86_400_000 + 4 * 3_600_000
HOUR, MINUTE = 3_600_000, 60_000


def test_a_day_begins_where_the_resident_lives() -> None:
    assert CHINA.hour(NOON) == 12.0
    midnight = CHINA.at(CHINA.day(NOON), 0.0)
    assert CHINA.day(midnight) == CHINA.day(NOON)
    assert CHINA.day(midnight - 1) == CHINA.day(NOON) - 1
    assert CHINA.next_at(NOON, 12.0) == NOON + 24 * HOUR
    assert CHINA.next_at(NOON, 13.0) == NOON + HOUR


@pytest.mark.parametrize(("hour", "inside"), [(21.9, False), (22.0, True), (3.0, True), (6.0, False)])
def test_a_span_may_cross_midnight(hour: float, inside: bool) -> None:  # noqa: FBT001 - a table of answers
    assert within(hour, 22.0, 6.0) is inside


def test_the_night_does_not_count_as_waking_time() -> None:
    evening = NOON + 9 * HOUR
    waking = WakingDay(CHINA)
    assert waking.after(evening, 4.0) == NOON + 22 * HOUR
    assert waking.between(evening, NOON + 22 * HOUR) == 4.0


def test_a_night_owl_has_another_waking_day() -> None:
    waking = WakingDay(CHINA)
    midnight = NOON - 12 * HOUR
    news = [waking.seen(midnight + day * 24 * HOUR + m * MINUTE) for day in range(9) for m in (600, 1_080, 1_530)]
    assert news == [True, False, False] * 9, "half past one belongs to the day before"
    assert waking.hours == (10.0, 25.5)
    assert waking.after(midnight + 25 * HOUR, 1.0) == midnight + 34.5 * HOUR
    again = WakingDay(CHINA)
    again.restore(waking.snapshot())
    assert again.between(midnight, midnight + 48 * HOUR) == pytest.approx(1.5 + 15.5 + 14.0)


def test_a_limit_follows_the_own_spread_but_no_single_fall() -> None:
    spread = OwnSpread(Bounds(least=15.0, wide=45.0, most=90.0))
    assert (spread.limit, spread.silence) == (45.0, Silence.LEARNING)
    spread.take(60.0, called=True)
    assert spread.limit == 75.0, "while little is known the longest counts"
    for length in (60.0, 20.0, 24.0, 10.0, 0.0, 0.0, 12.0):
        spread.take(length, called=length > 45.0)
        spread.close_day()
    assert (spread.limit, spread.silence) == (30.0, Silence.NONE)
    spread.take(70.0, called=True)
    assert spread.limit == 30.0, "one that was called for may have been a fall"
    for _ in range(2):
        spread.take(400.0, called=True)
        spread.close_day()
    assert (spread.limit, spread.silence) == (90.0, Silence.CANNOT_TELL), "told all the same, at the widest"


def test_two_mats_are_one_bed() -> None:
    home = Household()
    home.take("bed", "bedroom", NOON, on=True, device_id="left")
    home.take("bed", "bedroom", NOON + MINUTE, on=True, device_id="right")
    home.take("bed", "bedroom", NOON + HOUR, on=False, device_id="left")
    assert home.in_bed
    home.take("bed", "bedroom", NOON + 2 * HOUR, on=False, device_id="right")
    assert not home.in_bed


@pytest.mark.parametrize(
    ("word", "room"),
    [
        ("Bathroom", "bathroom"),
        ("卫生间", "bathroom"),
        ("Main door", "front_door"),
        ("attic", "attic"),
        *(
            (word, "bathroom")
            for word in ("ＷＣ", "W.C.", "w/c", "Bad", "Badezimmer", "bagno", "salle de bain", "浴缸", "洗澡间")
        ),
        *((word, "bathroom") for word in ("衛生間", "廁所")),
        ("大門", "front_door"),
        ("Haustür", "front_door"),
        ("Badminton", "badminton"),
    ],
)
def test_rooms_have_many_names(word: str, room: str) -> None:
    assert room_of(word) == room


def test_who_goes_out_is_away_until_the_door_or_motion_says_otherwise() -> None:
    home = Household()
    home.take("motion", "hall", NOON, on=True)
    home.take("contact", "front_door", NOON + MINUTE, on=True)
    home.take("motion", "hall", NOON + MINUTE + 10_000, on=True)
    home.take("contact", "front_door", NOON + MINUTE + 15_000, on=False)
    assert home.away_ms == NOON + MINUTE
    home.take("motion", "hall", NOON + 2 * MINUTE, on=False)
    assert home.away_ms, "the end of a motion report is the sensor's timer"
    home.take("contact", "front_door", NOON + HOUR, on=True)
    assert not home.away_ms, "back, though nothing moved yet"


def test_an_empty_bed_says_nothing_of_who_lies_in_the_other() -> None:
    home = Household()
    home.take("bed", "bedroom", NOON, on=True, device_id="bed-1")
    assert not home.take("bed", "guest room", NOON + HOUR, on=False, device_id="bed-2")
    assert (home.in_bed, home.last_ms) == (True, NOON)
    again = Household()
    again.restore(home.snapshot())
    assert again.take("bed", "bedroom", NOON + 2 * HOUR, on=False, device_id="bed-1")
    assert not again.in_bed


def test_an_empty_bed_that_says_so_every_hour_is_no_sign_of_life() -> None:
    home = Household()
    home.take("motion", "hall", NOON, on=True)
    home.take("bed", "bedroom", NOON + HOUR, on=False, device_id="bed-1")
    assert home.last_ms == NOON


def test_a_visitor_leaves_somebody_who_lies_in_bed() -> None:
    home = Household()
    home.take("bed", "bedroom", NOON, on=True)
    home.take("contact", "front_door", NOON + HOUR, on=True)
    assert not home.away_ms


def test_sensors_that_are_cut_off_are_known_by_their_own_word() -> None:
    heard = Heard()
    assert not heard.is_cut_off
    heard.event("pir-1", NOON)
    heard.heard("watch-1", NOON + HOUR)
    assert not heard.is_listening(NOON + HOUR, HOUR // 2), "a watch is no sensor of the home"
    heard.connection("pir-1", on=False)
    assert heard.is_cut_off
    heard.heard("pir-1", NOON + HOUR)
    assert not heard.is_cut_off
    assert heard.is_listening(NOON + HOUR, HOUR // 2)


def test_outliers_move_neither_centre_nor_slope() -> None:
    assert centre_and_spread([1, 2, 3, 4, 900], 0.1)[0] == 3
    assert robust_slope([(0, 0), (1, 2), (2, 4), (3, 99), (4, 8)]) == pytest.approx(2.0)
    assert robust_slope([(1, 5)]) == 0.0
    assert quantile([5, 1, 4, 2, 3], 0.2) == 2


def test_one_wild_day_never_fires_a_cumulative_sum() -> None:
    sums = Cusum()
    sums.add(99.0)
    assert sums.up == 2.0


def test_a_step_is_seen_on_its_third_day_and_forgotten_when_it_is_the_new_normal() -> None:
    baseline = Baseline(Band(floor=2.0))
    changes = {}
    for day in range(120):
        change = baseline.add(day, 64.0 + day % 3 + (14.0 if day >= 40 else 0.0))
        if change is not None:
            changes[day] = change.began
    assert [began for _, began in sorted(changes.items())] == [True, False]
    assert min(changes) == 42
    assert max(changes) < 80


def test_distance_on_the_earth() -> None:
    assert distance_m((39.9, 116.4), (39.9, 116.4)) == 0.0
    assert distance_m((0.0, 0.0), (0.0, 1.0)) == pytest.approx(111_195, rel=1e-3)

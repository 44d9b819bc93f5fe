"""The clock: shifted once, shared with other processes, exact in milliseconds."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock, format_time, from_ms, parse_time, to_ms

PAST = datetime(2024, 8, 5, 12, tzinfo=UTC)
NEAR = timedelta(seconds=1)
moments = st.timedeltas(timedelta(days=-10_000), timedelta(days=60_000)).map(lambda d: PAST + d)


def test_a_clock_that_starts_in_the_past():
    clock = Clock.starting_at(PAST)
    assert clock.is_shifted
    assert timedelta(0) <= clock.now() - PAST < NEAR
    assert clock.now().tzinfo is UTC
    assert clock.now_ms() == pytest.approx(to_ms(PAST), abs=1000)


async def test_it_runs_at_real_speed():
    clock = Clock.starting_at(PAST)
    began = clock.monotonic()
    shown = clock.now()
    await clock.sleep(0.05)
    passed = (clock.now() - shown).total_seconds()
    assert 0.045 <= passed <= clock.monotonic() - began + 0.01


def test_a_clock_that_is_not_shifted():
    assert not Clock.starting_at(None).is_shifted
    assert not Clock().is_shifted
    shown, _, wall = Clock().anchor().partition("@")
    assert shown == wall


def test_the_anchor_is_the_same_clock_elsewhere():
    clock = Clock.starting_at(PAST)
    again = Clock.from_anchor(clock.anchor())
    assert abs(again.now() - clock.now()) < timedelta(milliseconds=50)
    assert Clock.from_anchor(again.anchor())._offset == clock._offset


def test_the_anchor_across_processes():
    clock = Clock.starting_at(PAST)
    program = (
        "import sys; from bot.clock import *;"
        "print(format_time(Clock.from_anchor(sys.argv[1]).now()))"
    )
    before = clock.now()
    shown = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, clock.anchor()], capture_output=True, text=True, check=True
    )
    assert before <= parse_time(shown.stdout.strip()) <= clock.now()


@pytest.mark.parametrize(
    "anchor", ["", "2024-08-05T12:00:00Z", "a@b", "2024-08-05@2024-08-05", "@"]
)
def test_malformed_anchors(anchor):
    with pytest.raises(ValueError, match=r"no anchor|isoformat|no time zone"):
        Clock.from_anchor(anchor)


@given(moments)
def test_times_as_text(moment):
    text = format_time(moment)
    assert text.endswith("Z")
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is UTC
    assert format_time(moment.astimezone(timezone(timedelta(hours=-7)))) == text


@given(st.integers(-(10**12), 10**13))
def test_milliseconds_are_exact(milliseconds):
    assert to_ms(from_ms(milliseconds)) == milliseconds
    assert to_ms(from_ms(milliseconds) + timedelta(microseconds=999)) == milliseconds


def test_times_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        parse_time("2024-08-05T12:00:00")
    assert parse_time("2024-08-05T14:00:00+02:00") == PAST
    assert format_time(PAST) == "2024-08-05T12:00:00Z"

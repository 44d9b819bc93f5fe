import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from bot.analytics.cascade import CascadeGrade, cascade
from bot.analytics.liquidations import Liquidations

HOUR = timedelta(hours=1)
BURST = (0.0, 0.0, 0.0, 0.0, 400.0, 400.0, 400.0, 400.0)


@pytest.fixture
def market(hourly, at):
    """Read the cascade of a quiet month followed by a day that each test describes."""

    def read(
        fall=-0.10, last=BURST, *, short=10.0, native=-0.05, days=40, unknown=0, before=30_000.0,
        capture=math.nan, timeframe=HOUR,
    ):  # fmt: skip
        steps = np.tile([0.001, -0.001], 500)
        steps[-3] += math.log1p(fall)
        closes = hourly(100 * np.exp(np.concatenate([[0.0], np.cumsum(steps)])))
        long = np.tile([1.0, 3.0], days * 12)
        long[-24:] = 0.0
        long[-len(last) :] = last
        long[len(long) - 24 : len(long) - 24 + unknown] = math.nan
        return cascade(
            Liquidations(hourly(long), hourly(np.full(days * 24, short)), timeframe),
            closes,
            at,
            open_interest_before=before,
            native_change=native,
            capture=capture,
        )

    return read


def test_all_conditions_hold(market):
    found = market()
    assert found.holds is True
    assert found.grade is CascadeGrade.ACTIVE
    assert found.fall.price_return == pytest.approx(-0.10, abs=0.002)
    assert found.fall.threshold == -0.05
    assert found.long.observed == 1600
    assert found.long_share == pytest.approx(1600 / 1840)
    assert found.volume.median_24_hours == 48
    assert found.volume.median_multiple == pytest.approx(1600 / 48)
    assert found.concentration == 1
    assert found.pace.last_hours == (400, 400, 400)
    assert found.pace.active_threshold == 3


def test_a_fall_does_not_raise_its_own_threshold(market):
    assert market(-0.40).fall.threshold == -0.05


@pytest.mark.parametrize(
    "change",
    [
        {"short": 30.0},  # longs under 75 %
        {"native": -0.009},  # contracts were not closed
        {"last": (300.0,) * 4},  # 25 times the median
        {"last": (100.0,) * 24},  # spread evenly over the day
        {"capture": 1.0, "before": 60_000.0},  # 2.7 % of open interest
        {"capture": 0.5, "before": 120_000.0},  # 1.3 % of it against 1.5 %
    ],
)
def test_any_failing_condition_leaves_a_fall_without_confirmation(market, change):
    found = market(**change)
    assert found.holds is False
    assert found.grade is CascadeGrade.FALL_WITHOUT_CONFIRMED_FORCED_SELLING


@pytest.mark.parametrize("fall", [-0.04, 0.0, 0.10])
def test_without_a_fall_there_is_no_cascade(market, fall):
    assert market(fall).grade is CascadeGrade.NONE


def test_known_capture_scales_the_threshold_and_needs_no_median(market):
    found = market(capture=0.4, before=120_000.0, native=math.nan, days=8)
    assert found.volume.open_interest_threshold == pytest.approx(0.012)
    assert found.volume.holds is True
    assert found.holds is True
    assert found.grade is CascadeGrade.CONFIRMED  # percentiles need 14 days


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ((1600.0, 0.0, 0.0, 2.5), CascadeGrade.FADING),
        ((1600.0, 0.0, 0.0, 4.0), CascadeGrade.ACTIVE),
        ((1600.0, 0.0, 3.5, 2.5), CascadeGrade.CONFIRMED),
    ],
)
def test_grade_follows_the_last_hours(market, last, expected):
    assert market(last=last).grade is expected


def test_building_lies_between_the_percentiles(hourly, at):
    baseline = np.tile(np.arange(1.0, 101.0), 8)
    long = np.concatenate([baseline, np.zeros(20), [60_000.0, 0.0, 90.0, 97.0]])
    steps = np.tile([0.001, -0.001], 500)
    steps[-3] -= 0.10
    closes = hourly(np.exp(np.cumsum(steps)))
    args = {"open_interest_before": 1e6, "native_change": -0.05}
    sides = Liquidations(hourly(long), hourly(np.zeros(len(long))), HOUR)
    found = cascade(sides, closes, at, **args)
    assert 95 < found.pace.building_threshold < 97 < found.pace.active_threshold
    assert found.grade is CascadeGrade.BUILDING
    long[-2] = 98.0
    sides = Liquidations(hourly(long), hourly(np.zeros(len(long))), HOUR)
    assert cascade(sides, closes, at, **args).grade is CascadeGrade.CONFIRMED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"native": math.nan}, None),
        ({"native": math.nan, "last": (300.0,) * 4}, False),  # the multiple already decides
        ({"native": math.nan, "short": 30.0}, False),  # the share already decides
        ({"days": 8}, None),  # no median
        ({"days": 8, "native": 0.0}, False),
        ({"short": math.nan}, None),
        ({"unknown": 12}, None),
        ({"capture": 1.0, "before": math.nan}, None),
        ({"unknown": 2}, True),
    ],
)
def test_a_missing_figure_leaves_the_rule_open_only_where_it_could_decide(market, change, expected):
    found = market(**change)
    assert found.holds is expected
    if expected is None:
        assert found.grade is CascadeGrade.UNKNOWN


def test_with_minutes_missing_the_sum_proves_but_never_refutes(market):
    assert market(unknown=12).volume.holds is True
    assert market(unknown=12, last=(300.0,) * 4).volume.holds is None
    assert market(unknown=2, last=(300.0,) * 4).volume.holds is False


def test_nothing_known_is_unknown(at):
    empty = pd.Series(dtype=float)
    sides = Liquidations(empty, empty, HOUR)
    found = cascade(sides, empty, at, open_interest_before=math.nan, native_change=math.nan)
    assert found.grade is CascadeGrade.UNKNOWN
    assert found.holds is None
    assert math.isnan(found.concentration)


def test_daily_buckets_leave_the_concentration_unknown(market):
    assert market(timeframe=timedelta(days=1)).concentration_holds is None

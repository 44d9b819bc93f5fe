import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from bot.analytics.liquidations import (
    hourly_percentile,
    hourly_sums,
    long_share,
    pace,
    rolling_sums,
    trailing_median,
    window_sum,
)

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def minutes(values, at):
    index = pd.date_range(end=pd.Timestamp(at), periods=len(values), freq="min")
    return pd.Series(np.asarray(values, dtype=float), index=index)


def test_unknown_buckets_are_counted_and_not_zero(hourly, at):
    found = window_sum(hourly([5, math.nan, 3, 1]), at, 3 * HOUR, HOUR)
    assert found.observed == 4
    assert (found.known_minutes, found.asked_minutes) == (120, 180)
    assert found.coverage == pytest.approx(2 / 3)
    assert math.isnan(found.covered)


def test_nothing_known_is_nan_and_known_zero_is_zero(hourly, at):
    assert math.isnan(window_sum(hourly([math.nan] * 24), at, DAY, HOUR).observed)
    assert math.isnan(window_sum(pd.Series(dtype=float), at, DAY, HOUR).observed)
    assert window_sum(hourly([0.0] * 24), at, DAY, HOUR).covered == 0


def test_buckets_across_the_edge_of_the_window_are_left_out(hourly, at):
    found = window_sum(hourly([1, 2, 4, 8]), at + timedelta(minutes=30), 2 * HOUR, HOUR)
    assert found.observed == 8
    assert found.known_minutes == 60


def test_minutes_add_up_to_hours(at):
    found = hourly_sums(minutes([1] * 60 + [2] * 60, at), at, 3, MINUTE)
    assert np.isnan(found[0])
    assert found[1:].tolist() == [60, 120]


@pytest.mark.parametrize(("gap", "is_known"), [(6, True), (7, False)])
def test_an_hour_needs_nine_tenths_of_its_minutes(at, gap, is_known):
    values = np.ones(60)
    values[:gap] = math.nan
    assert (not np.isnan(hourly_sums(minutes(values, at), at, 1, MINUTE)[0])) is is_known


def test_days_say_nothing_about_hours(hourly, at):
    assert np.isnan(hourly_sums(hourly([1.0] * 5), at, 5, DAY)).all()


def test_rolling_sums_by_hand():
    assert rolling_sums(np.array([1.0, 2, 3, 4]), 2).tolist() == [3, 5, 7]
    assert len(rolling_sums(np.array([1.0]), 2)) == 0
    with_gap = rolling_sums(np.array([1.0, math.nan, 3, 4]), 2)
    assert np.isnan(with_gap).tolist() == [True, True, False]


def test_pace_is_one_when_every_day_is_alike(hourly, at):
    assert pace(hourly([3.0] * 168), at, HOUR) == pytest.approx(1)
    assert pace(hourly([1.0] * 144 + [0.0] * 24), at, HOUR) == 0
    assert math.isnan(pace(hourly([0.0] * 168), at, HOUR))
    assert math.isnan(pace(hourly([3.0] * 100), at, HOUR))


def test_long_share_needs_both_sides(hourly, at):
    long = window_sum(hourly([3.0] * 24), at, DAY, HOUR)
    short = window_sum(hourly([1.0] * 24), at, DAY, HOUR)
    thin = window_sum(hourly([1.0] * 12), at, DAY, HOUR)
    assert long_share(long, short) == 0.75
    assert math.isnan(long_share(long, thin))


def test_trailing_median_does_not_contain_the_day_it_judges(hourly, at):
    days = np.repeat(np.arange(31.0), 24)
    days[-24:] = 1e9
    assert trailing_median(hourly(days), at, HOUR) == pytest.approx(24 * 15, rel=0.05)
    assert trailing_median(hourly([2.0] * 800), at, HOUR) == 48


def test_baselines_need_fourteen_days(hourly, at):
    enough, short = hourly([2.0] * (24 * 16)), hourly([2.0] * (24 * 14 + 23))
    assert trailing_median(enough, at, HOUR) == 48
    assert math.isnan(trailing_median(short, at, HOUR))
    assert hourly_percentile(hourly([2.0] * (24 * 15)), at, HOUR, 0.99) == 2
    assert math.isnan(hourly_percentile(short, at, HOUR, 0.99))


def test_percentile_by_hand(hourly, at):
    values = np.concatenate([np.arange(721.0)[1:], np.full(24, 1e9)])
    assert hourly_percentile(hourly(values), at, HOUR, 0.5) == pytest.approx(360.5)

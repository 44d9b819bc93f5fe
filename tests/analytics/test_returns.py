import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from bot.analytics.returns import (
    NO_DRAWDOWN,
    decline_start,
    drawdown,
    log_return,
    non_overlapping,
    rolling_log_returns,
    simple_return,
    volatility,
)

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def test_return_needs_both_closes_exactly(hourly, at):
    closes = hourly([100.0, 90.0, 80.0])
    assert simple_return(closes, at, 2 * HOUR) == pytest.approx(-0.2)
    assert log_return(closes, at, 2 * HOUR) == pytest.approx(math.log(0.8))
    assert math.isnan(simple_return(closes, at, 3 * HOUR))
    assert math.isnan(simple_return(closes, at + timedelta(minutes=1), HOUR))
    assert simple_return(closes, at - HOUR, HOUR) == pytest.approx(-0.1)


@pytest.mark.parametrize("broken", [0.0, -1.0, math.inf, math.nan])
def test_return_is_undefined_for_impossible_prices(hourly, at, broken):
    assert math.isnan(simple_return(hourly([100.0, broken]), at, HOUR))
    assert math.isnan(log_return(hourly([broken, 100.0]), at, HOUR))


def test_rolling_returns_do_not_bridge_gaps(hourly, at):
    closes = hourly([100.0, 110.0, 121.0, 133.1]).drop(pd.Timestamp(at) - 2 * HOUR)
    found = rolling_log_returns(closes, at, HOUR)
    assert found.isna().tolist() == [True, True, False]
    assert found.iloc[-1] == pytest.approx(math.log(1.1))


def test_history_of_windows_leaves_the_current_one_out(hourly, at):
    rolling = hourly(range(10))
    found = non_overlapping(rolling, at, 3 * HOUR)
    assert found.tolist() == [0, 3, 6]
    assert found.index[-1] == at - 3 * HOUR
    assert non_overlapping(rolling.iloc[-2:], at, 3 * HOUR).empty


def test_volatility_scales_with_the_root_of_time_and_needs_336_changes(hourly, at):
    steps = np.tile([0.01, -0.01], 168)
    closes = hourly(np.exp(np.concatenate([[0.0], np.cumsum(steps)])))
    hourly_sd = 0.01 * math.sqrt(336 / 335)
    assert volatility(closes, at, HOUR) == pytest.approx(hourly_sd)
    assert volatility(closes, at, DAY) == pytest.approx(hourly_sd * math.sqrt(24))
    assert math.isnan(volatility(closes.iloc[1:], at, HOUR))


def test_drawdown_from_the_latest_of_equal_peaks(hourly, at):
    values = np.full(721, 80.0)
    values[[100, 700]] = 100.0
    found = drawdown(hourly(values), at)
    assert found.depth == pytest.approx(-0.2)
    assert found.log_depth == pytest.approx(math.log(0.8))
    assert found.peak_time == at - 20 * HOUR
    assert found.peak_close == 100.0


def test_peak_is_sought_in_the_last_720_hours_only(hourly, at):
    values = np.full(900, 80.0)
    values[900 - 722] = 500.0
    assert drawdown(hourly(values), at).depth == 0.0
    values[900 - 721] = 100.0
    assert drawdown(hourly(values), at).peak_time == at - 720 * HOUR


def test_drawdown_is_undefined_on_little_history(walk, at):
    assert drawdown(walk(24), at) == drawdown(pd.Series(dtype=float), at)
    assert drawdown(walk(24), at).peak_time is NO_DRAWDOWN.peak_time
    assert decline_start(walk(24), at, DAY) is None
    assert drawdown(walk(700), at).peak_time is not None


@pytest.mark.parametrize(("fall", "is_decline"), [(0.0501, True), (0.0499, False)])
def test_decline_starts_at_the_peak_only_below_minus_five_percent(hourly, at, fall, is_decline):
    values = np.full(721, 100.0)
    values[-50:] = 100.0 * math.exp(-fall)
    expected = at - 50 * HOUR if is_decline else at - DAY
    assert decline_start(hourly(values), at, DAY) == expected

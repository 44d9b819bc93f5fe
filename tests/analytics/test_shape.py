import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from bot.analytics.shape import ShapeClass, decomposition, shape

HOURS = 720 + 2160
QUIET = np.tile([0.001, -0.001], HOURS)


def path(hourly, falls):
    """Hourly closes of a quiet market; `falls` maps hours ago to a log step."""
    steps = QUIET[:HOURS].copy()
    for hours_ago, step in falls.items():
        steps[HOURS - 1 - hours_ago] += step
    return hourly(100 * np.exp(np.concatenate([[0.0], np.cumsum(steps)])))


def grind(days, step=-0.02):
    return {24 * day + 5: step for day in range(days)}


@pytest.mark.parametrize(
    ("falls", "expected"),
    [
        ({}, ShapeClass.NO_DECLINE),
        ({10: -0.04}, ShapeClass.NO_DECLINE),
        ({10: -0.10}, ShapeClass.SHOCK),
        ({24 * 6: -0.10}, ShapeClass.SHOCK),
        ({24 * 8: -0.10}, ShapeClass.POST_SHOCK),
        (grind(10), ShapeClass.GRIND),
        (grind(5), ShapeClass.STAIRCASE),
        ({5: -0.05, 60: -0.05}, ShapeClass.STAIRCASE),
    ],
)
def test_classes(hourly, at, falls, expected):
    assert shape(path(hourly, falls), at).shape_class is expected


def test_figures_of_a_hand_made_fall(hourly, at):
    found = shape(path(hourly, {30: -0.03, 100: -0.09}), at)
    assert found.total == pytest.approx(-0.12, abs=0.002)
    assert found.worst_24_hours == pytest.approx(-0.09, abs=0.002)
    assert found.concentration == pytest.approx(0.75, abs=0.01)
    assert found.z_score == pytest.approx(-0.09 / (0.001 * math.sqrt(24)), rel=0.03)
    assert found.effective_days == pytest.approx(0.12**2 / (0.03**2 + 0.09**2), rel=0.05)
    assert found.peak_time is not None
    assert found.days_since_peak == (at - found.peak_time) / timedelta(days=1)


def test_volatility_is_that_of_the_2160_hours_before_the_peak(hourly, at):
    calm = path(hourly, {10: -0.10})
    wild = calm.copy()
    wild.iloc[: HOURS - 10 - 2160 : 2] *= 1.2
    assert shape(wild, at).z_score == pytest.approx(shape(calm, at).z_score, rel=1e-6)


def test_today_counts_as_a_day_of_its_own(hourly, at):
    found = shape(path(hourly, {2: -0.05, 30: -0.05}), at)
    assert found.effective_days == pytest.approx(2, abs=0.1)


def test_fall_of_a_few_hours_after_a_rally_is_a_shock(hourly, at):
    found = shape(path(hourly, {6: -0.10, 10: 0.20}), at)
    assert found.shape_class is ShapeClass.SHOCK
    assert found.concentration == pytest.approx(1.0, abs=0.02)


def test_short_history_before_the_peak_leaves_z_unknown(hourly, at):
    falls = {700: 0.5, **grind(20, -0.05)}
    found = shape(path(hourly, falls).iloc[-721:], at)
    assert math.isnan(found.z_score)
    assert found.shape_class is ShapeClass.GRIND
    assert found.sharp_leg is False  # its worst day is long past, whatever z24 is

    shock = shape(path(hourly, {700: 0.5, 690: -0.4}).iloc[-721:], at)
    assert math.isnan(shock.z_score)
    assert shock.shape_class is ShapeClass.UNKNOWN
    assert shock.sharp_leg is False

    fresh = shape(path(hourly, {700: 0.5, 500: -0.01, 10: -0.4}).iloc[-721:], at)
    assert fresh.shape_class is ShapeClass.UNKNOWN
    assert fresh.sharp_leg is None


def test_sharp_leg_must_be_recent(hourly, at):
    assert shape(path(hourly, {10: -0.10}), at).sharp_leg is True
    assert shape(path(hourly, {60: -0.10}), at).sharp_leg is False
    assert shape(path(hourly, {10: -0.02, 20: -0.002}), at).sharp_leg is False


@pytest.mark.parametrize("hours", [0, 1, 24, 600])
def test_little_history_is_unknown(walk, at, hours):
    found = shape(walk(hours), at)
    assert found.shape_class is ShapeClass.UNKNOWN
    assert math.isnan(found.total)


def test_constant_prices_are_no_decline(hourly, at):
    found = shape(hourly([1e-8] * (HOURS + 1)), at)
    assert found.shape_class is ShapeClass.NO_DECLINE
    assert math.isnan(found.concentration)
    assert math.isnan(found.effective_days)


def test_missing_last_close_is_unknown(walk, at):
    assert shape(walk(HOURS).iloc[:-1], at).shape_class is ShapeClass.UNKNOWN
    assert shape(pd.Series(dtype=float), at).shape_class is ShapeClass.UNKNOWN


def test_decomposition_adds_up(walk, at):
    found = decomposition(walk(720), at)
    parts = found.last_24_hours + found.days_2_to_7 + found.days_8_to_30
    assert parts == pytest.approx(found.total, abs=1e-14)


def test_decomposition_by_hand(hourly, at):
    closes = hourly(np.full(721, 50.0))
    closes.iloc[0], closes.iloc[-169], closes.iloc[-25] = 100.0, 200.0, 50.0
    closes.iloc[-1] = 40.0
    found = decomposition(closes, at)
    assert found.last_24_hours == pytest.approx(math.log(0.8))
    assert found.days_2_to_7 == pytest.approx(math.log(0.25))
    assert found.days_8_to_30 == pytest.approx(math.log(2))
    assert found.total == pytest.approx(math.log(0.4))
    assert math.isnan(decomposition(closes.iloc[1:], at).days_8_to_30)
    assert not math.isnan(decomposition(closes.iloc[1:], at).last_24_hours)

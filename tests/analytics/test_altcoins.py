import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from bot.analytics.altcoins import altcoin_move, beta, dispersion, first_component_share
from bot.analytics.regression import huber_regression

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def test_straight_line_is_found_exactly():
    x = np.linspace(-1, 1, 50)
    found = huber_regression(x, 0.25 + 1.5 * x, 10)
    assert found.slope == pytest.approx(1.5, rel=1e-12)
    assert found.intercept == pytest.approx(0.25)
    assert found.r_squared == pytest.approx(1)
    assert found.standard_error == pytest.approx(0, abs=1e-12)
    assert found.residual_deviation == 0


def test_outliers_bend_least_squares_but_not_huber():
    noise = np.random.default_rng(3)
    x = noise.normal(0, 1, 700)
    y = 1.2 * x + noise.normal(0, 0.3, 700)
    y[x > 1.9] -= 25.0
    found = huber_regression(x, y, 336)
    assert abs(np.polyfit(x, y, 1)[0] - 1.2) > 0.5
    assert found.slope == pytest.approx(1.2, abs=0.1)


def test_without_outliers_huber_is_near_least_squares():
    noise = np.random.default_rng(4)
    x = noise.normal(0, 1, 720)
    y = 0.8 * x + noise.normal(0, 0.5, 720)
    found = huber_regression(x, y, 336)
    assert found.slope == pytest.approx(np.polyfit(x, y, 1)[0], abs=0.01)
    assert found.standard_error == pytest.approx(0.5 / math.sqrt(720), rel=0.1)
    assert found.r_squared == pytest.approx(0.64 / 0.89, abs=0.05)


def test_interval_covers_the_true_slope_about_as_often_as_it_claims():
    noise = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        x = noise.normal(0, 1, 100)
        found = huber_regression(x, 0.9 * x + noise.standard_t(3, 100), 10)
        covered += abs(found.slope - 0.9) <= 1.96 * found.standard_error
    assert 0.91 <= covered / 300 <= 0.98


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros(400), np.arange(400.0)),
        (np.arange(400.0), np.full(400, 7.0)),
        (np.arange(335.0), np.arange(335.0)),
        (np.full(400, math.nan), np.arange(400.0)),
    ],
)
def test_no_line_through_what_does_not_vary_or_is_too_short(x, y):
    found = huber_regression(x, y, 336)
    assert math.isnan(found.slope)
    assert math.isnan(found.standard_error)


def test_move_is_beta_part_plus_residual(walk, at):
    bitcoin = walk(900)
    altcoin = bitcoin**1.5 * walk(900, seed=2, start=1.0) ** 0.1
    found = altcoin_move(altcoin, bitcoin, at, start=at - DAY, decline_start=at - 2 * DAY)
    assert found.beta.slope == pytest.approx(1.5, abs=0.03)
    assert found.beta_low < 1.5 < found.beta_high
    assert found.beta_part + found.residual == found.move
    spread = found.beta.residual_deviation * math.sqrt(24)
    assert found.residual_z == pytest.approx(found.residual / spread)


def test_beta_ends_before_the_decline(walk, at):
    bitcoin = walk(900)
    altcoin = bitcoin.copy()
    altcoin.iloc[-40:] /= np.linspace(1, 9, 40)
    found = altcoin_move(altcoin, bitcoin, at, start=at - DAY, decline_start=at - 2 * DAY)
    assert found.beta.slope == pytest.approx(1)
    later = altcoin_move(altcoin, bitcoin, at, start=at - 2 * DAY, decline_start=at)
    assert later.beta == found.beta


def test_beta_needs_336_common_hours(walk, at):
    assert beta(walk(336), walk(336, seed=2), at).count == 336
    assert not math.isnan(beta(walk(336), walk(336, seed=2), at).slope)
    assert math.isnan(beta(walk(335), walk(336, seed=2), at).slope)


def test_dispersion_by_hand():
    assert dispersion([-0.1, -0.2, -0.3]) == pytest.approx(0.1)
    assert dispersion([-0.1, math.nan, -0.2, -0.3]) == pytest.approx(0.1)
    assert math.isnan(dispersion([-0.1, -0.2]))
    assert math.isnan(dispersion([]))


def test_first_component_of_one_market_and_of_strangers(walk, at):
    one = walk(720)
    same = pd.DataFrame({"a": one, "b": one**2, "c": one**0.5})
    assert first_component_share(same, at, 720) == pytest.approx(1)
    apart = pd.DataFrame({name: walk(720, seed=seed) for seed, name in enumerate("abcd")})
    assert first_component_share(apart, at, 720) == pytest.approx(0.25, abs=0.05)


def test_first_component_needs_two_moving_assets_and_a_week(walk, hourly, at):
    alone = pd.DataFrame({"a": walk(720), "b": hourly([5.0] * 721)})
    assert math.isnan(first_component_share(alone, at, 720))
    two = pd.DataFrame({"a": walk(720), "b": walk(720, seed=2)})
    assert math.isnan(first_component_share(two, at, 167))
    assert not math.isnan(first_component_share(two, at, 168))
    assert math.isnan(first_component_share(pd.DataFrame(), at, 720))

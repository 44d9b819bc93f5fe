import math

import pytest

from bot.analytics.regime import Regime, ShortEvidence, regime


def read(price, native, *, price_sigma=0.0, native_sigma=0.0, **evidence):
    return regime(
        price,
        native,
        price_volatility=price_sigma,
        native_volatility=native_sigma,
        evidence=ShortEvidence(**evidence),
    )


@pytest.mark.parametrize(
    ("price", "native", "expected"),
    [
        (-0.03, -0.03, Regime.UNWIND),
        (-0.03, 0.03, Regime.CONSISTENT_WITH_NEW_SHORTS),
        (0.03, -0.03, Regime.SHORT_COVERING),
        (0.03, 0.03, Regime.NEW_LONGS),
        (-0.0049, -0.03, Regime.UNCLEAR),
        (-0.03, -0.0099, Regime.UNCLEAR),
        (-0.005, -0.01, Regime.UNWIND),
        (math.nan, -0.03, Regime.UNKNOWN),
        (-0.03, math.nan, Regime.UNKNOWN),
    ],
)
def test_quadrants(price, native, expected):
    assert read(price, native).regime is expected


def test_dead_bands_widen_with_volatility():
    found = read(-0.03, -0.03, price_sigma=0.08, native_sigma=0.04)
    assert (found.price_dead_band, found.native_dead_band) == (0.04, 0.02)
    assert found.regime is Regime.UNCLEAR


def test_unknown_volatility_decides_nothing_outside_the_smallest_band():
    assert read(-0.03, -0.03, price_sigma=math.nan).regime is Regime.UNKNOWN
    assert read(-0.001, -0.03, price_sigma=math.nan).regime is Regime.UNCLEAR


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({"taker_sell_share": 0.53}, Regime.NEW_SHORTS),
        ({"funding_change": -1e-5}, Regime.NEW_SHORTS),
        ({"basis_change": -1e-4}, Regime.NEW_SHORTS),
        ({"taker_sell_share": 0.52}, Regime.CONSISTENT_WITH_NEW_SHORTS),
        ({"funding_change": 1e-5, "basis_change": 0.0}, Regime.CONSISTENT_WITH_NEW_SHORTS),
    ],
)
def test_new_shorts_need_evidence(evidence, expected):
    assert read(-0.03, 0.03, **evidence).regime is expected

import math

import pytest

from bot.analytics.funding import annualized_funding, eight_hour_rate


@pytest.mark.parametrize(
    ("rate", "interval", "eight_hours", "annual"),
    [
        (0.0001, 8, 0.0001, 0.1095),
        (0.0000125, 1, 0.0001, 0.1095),
        (-0.0002, 4, -0.0004, -0.438),
        (0.0, 8, 0.0, 0.0),
    ],
)
def test_every_interval_comes_to_one_scale(rate, interval, eight_hours, annual):
    assert eight_hour_rate(rate, interval) == pytest.approx(eight_hours)
    assert annualized_funding(rate, interval) == pytest.approx(annual)


@pytest.mark.parametrize(
    ("rate", "interval"), [(math.nan, 8), (math.inf, 8), (0.1, 0), (0.1, -8), (0.1, math.nan)]
)
def test_unknown_in_unknown_out(rate, interval):
    assert math.isnan(eight_hour_rate(rate, interval))
    assert math.isnan(annualized_funding(rate, interval))

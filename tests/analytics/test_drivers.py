import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analytics.drivers import confidence, driver_reading, ranking, rarity

HOUR = timedelta(hours=1)
HISTORY = np.arange(1.0, 100.0)


def reading(name="price", change=-200.0, direction=-1, **other):
    settings = {"covered_share": 1.0, "age": 0 * HOUR, "limit": HOUR, "measurable_share": 1.0}
    return driver_reading(name, change, -HISTORY, direction=direction, **{**settings, **other})


def test_rarity_by_hand():
    found = rarity(95.0, HISTORY)
    assert found.p == pytest.approx(6 / 100)
    assert found.percentile == pytest.approx(0.94)
    assert found.robust_z == pytest.approx((95 - 50) / (1.4826 * 25))
    assert found.count == 99


def test_rarity_needs_21_windows():
    assert math.isnan(rarity(1.0, HISTORY[:20]).p)
    assert not math.isnan(rarity(1.0, HISTORY[:21]).p)
    assert rarity(1.0, [math.nan, math.inf, *HISTORY[:20]]).count == 20
    assert math.isnan(rarity(math.nan, HISTORY).percentile)


def test_constant_history_has_no_robust_z():
    assert math.isnan(rarity(1.0, np.zeros(30)).robust_z)


def test_score_by_hand():
    found = reading()
    assert found.magnitude == 200
    assert found.rarity.p == pytest.approx(0.01)
    assert found.score == pytest.approx(98)
    assert reading(measurable_share=0.5, covered_share=0.5).score == pytest.approx(24.5)
    assert reading(age=HOUR).score == pytest.approx(98 / math.e)


def test_common_reading_scores_nothing():
    assert reading(change=-50.0).score == 0
    assert not reading(change=-50.0).is_unusual
    assert reading(direction=0).score == 0


def test_unknown_is_no_score():
    short = driver_reading(
        "a", -1.0, [1.0] * 20, direction=-1, covered_share=1.0, age=HOUR, limit=HOUR
    )
    assert math.isnan(short.score)
    assert not short.is_unusual
    assert math.isnan(reading(covered_share=math.nan).score)
    assert math.isnan(reading(limit=0 * HOUR).score)
    assert math.isnan(reading(change=math.inf).score)


def test_confidence_by_hand():
    assert confidence(0.8, 0 * HOUR, HOUR, 45) == pytest.approx(0.4)
    assert confidence(0.8, -HOUR, HOUR, 900) == pytest.approx(0.8)


def test_ranking_lists_the_opposite_sign_apart():
    strong, weak = reading("b"), reading("c", change=-80.0)
    equal, opposite = reading("a"), reading("d", change=200.0, direction=1)
    unknown, neutral = reading("e", change=math.nan), reading("f", direction=0)
    found = ranking([weak, unknown, opposite, neutral, strong, equal], -1)
    assert found.with_move == (equal, strong, weak)
    assert found.against_move == (opposite,)
    assert found.unranked == (unknown, neutral)


def test_flat_move_ranks_nothing():
    found = ranking([reading("a")], 0)
    assert (found.with_move, found.against_move) == ((), ())
    assert [item.name for item in found.unranked] == ["a"]


@given(
    st.floats(-1, 1),
    st.lists(st.floats(-1, 1), min_size=21, max_size=60),
    st.sampled_from([-1, 1]),
)
def test_mirrored_readings_score_the_same(change, history, direction):
    past = np.asarray(history)

    def read(sign):
        return driver_reading(
            "a",
            sign * change,
            sign * past,
            direction=sign * direction,
            covered_share=1.0,
            age=0 * HOUR,
            limit=HOUR,
        )

    found, mirrored = read(1), read(-1)
    assert found.score == mirrored.score
    assert 0 <= found.score <= 50
    assert 0 < found.rarity.p <= 1


@given(st.floats(-1, 1), st.floats(0, 1), st.lists(st.floats(-1, 1), min_size=21, max_size=60))
def test_deeper_never_scores_lower(magnitude, extra, history):
    assert rarity(magnitude + extra, history).p <= rarity(magnitude, history).p

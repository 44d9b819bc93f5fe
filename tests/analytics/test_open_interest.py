import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analytics.open_interest import (
    Contract,
    contract_at,
    contract_split,
    liquidated_against_fall,
    logarithmic_mean,
    open_interest_split,
    price_share,
)
from bot.analytics.series import simple_fraction

positive = st.floats(1e-8, 1e9)
anything = st.floats(allow_nan=True, allow_infinity=True)


def linear(name, native, price):
    return Contract(name, native[0], native[1], price[0], price[1])


def test_price_alone_lowers_usd_open_interest_of_a_linear_contract():
    found = contract_split(linear("a", (1000, 1000), (100, 85)))
    assert found.native_change == 0
    assert simple_fraction(found.notional_change) == pytest.approx(-0.15)
    assert found.price_share == pytest.approx(1)


def test_inverse_contract_has_no_price_effect_in_its_native_unit():
    found = contract_split(Contract("a", 1000, 900, 100, 50, is_inverse=True))
    assert found.price_effect == 0
    assert found.notional_change == pytest.approx(math.log(0.9))
    assert (found.notional_start, found.notional_end) == (1000, 900)


def test_two_contracts_by_hand():
    found = open_interest_split([linear("a", (10, 5), (10, 10)), linear("b", (100, 100), (1, 0.5))])
    assert found.notional_change == pytest.approx(math.log(0.5))
    # Each falls from 100 to 50, one by contracts, one by price: half each.
    assert found.native_change == pytest.approx(math.log(0.5) / 2)
    assert found.price_effect == pytest.approx(math.log(0.5) / 2)
    assert found.price_share == pytest.approx(0.5)
    assert [split.name for split in found.contracts] == ["a", "b"]


def test_appeared_vanished_and_unknown_contracts_stand_apart():
    found = open_interest_split(
        [
            linear("stays", (10, 8), (10, 10)),
            linear("new", (0, 7), (math.nan, 10)),
            linear("gone", (3, 0), (10, math.nan)),
            linear("unknown", (math.nan, 5), (10, 10)),
            linear("unpriced", (5, 5), (10, math.nan)),
        ]
    )
    assert (found.appeared, found.appeared_notional) == (("new",), 70)
    assert (found.vanished, found.vanished_notional) == (("gone",), 30)
    assert found.unknown == ("unknown", "unpriced")
    assert (found.notional_start, found.notional_end) == (100, 80)
    assert found.native_change == pytest.approx(math.log(0.8))


def test_nothing_known_is_nan_and_no_error():
    found = open_interest_split([])
    assert math.isnan(found.native_change)
    assert math.isnan(found.notional_start)
    assert found.contracts == ()


@given(
    st.lists(
        st.builds(
            Contract, st.just("a"), positive, positive, positive, positive, is_inverse=st.booleans()
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_split_leaves_no_remainder(contracts):
    found = open_interest_split(contracts)
    parts = found.native_change + found.price_effect
    assert parts == pytest.approx(found.notional_change, abs=1e-9)


@given(st.lists(st.builds(Contract, st.just("a"), anything, anything, anything, anything)))
def test_no_input_raises_or_gives_infinity(contracts):
    found = open_interest_split(contracts)
    assert not math.isinf(found.native_change)
    assert not math.isinf(found.price_effect)
    assert not math.isinf(found.notional_change)


@given(positive, positive)
def test_logarithmic_mean_lies_between_its_arguments(first, second):
    mean = logarithmic_mean(first, second)
    low, high = sorted((first, second))
    assert low * (1 - 1e-12) <= mean <= high * (1 + 1e-12)
    assert mean == logarithmic_mean(second, first)


def test_logarithmic_mean_by_hand():
    assert logarithmic_mean(7.0, 7.0) == 7.0
    assert logarithmic_mean(math.e, 1.0) == pytest.approx(math.e - 1)
    assert logarithmic_mean(1.0, 1.0 + 1e-15) == pytest.approx(1.0, rel=1e-15)
    assert math.isnan(logarithmic_mean(0.0, 1.0))


@pytest.mark.parametrize(
    ("price_effect", "notional_change", "expected"),
    [(-0.005, -0.01, 0.5), (-0.005, -0.00999, math.nan), (0.01, -0.02, -0.5)],
)
def test_price_share_needs_a_change_of_one_percent(price_effect, notional_change, expected):
    found = price_share(price_effect, notional_change)
    assert found == pytest.approx(expected, nan_ok=True)


def test_contract_is_read_at_both_ends_of_the_window(hourly, at):
    window = timedelta(hours=2)
    contract = contract_at("a", hourly([1, 2, 3, 4]), hourly([10, 20, 30, 40]), at, window)
    assert contract == Contract("a", 2, 4, 20, 40)
    early = contract_at("a", hourly([4]), hourly([40]), at, window)
    assert math.isnan(early.native_start)


def test_liquidated_against_fall_may_exceed_one_and_needs_a_fall():
    found = liquidated_against_fall(30, 10, 100, 80)
    assert (found.both_sides, found.longs_only) == (2.0, 1.5)
    assert math.isnan(liquidated_against_fall(30, 10, 100, 100).both_sides)
    unknown_shorts = liquidated_against_fall(30, math.nan, 100, 80)
    assert math.isnan(unknown_shorts.both_sides)
    assert unknown_shorts.longs_only == 1.5
    assert math.isnan(liquidated_against_fall(30, 10, math.nan, 80).longs_only)

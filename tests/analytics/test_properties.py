"""What must hold for every function over random markets with gaps."""

import dataclasses
import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.analytics.altcoins import altcoin_move, beta, first_component_share
from bot.analytics.cascade import cascade
from bot.analytics.liquidations import (
    Liquidations,
    hourly_percentile,
    hourly_sums,
    pace,
    trailing_median,
    window_sum,
)
from bot.analytics.open_interest import contract_at, contract_split, open_interest_split
from bot.analytics.returns import (
    decline_start,
    drawdown,
    log_return,
    non_overlapping,
    rolling_log_returns,
    simple_return,
    volatility,
)
from bot.analytics.shape import decomposition, shape

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
HOURS = 1500
AT = pd.Timestamp("2024-08-05T13:00Z").to_pydatetime()
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def markets(draw, gaps=True):
    """Closes of two assets, open interest and liquidations, to 300 h beyond `AT`."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    index = pd.date_range(end=pd.Timestamp(AT) + 300 * HOUR, periods=HOURS + 300, freq="h")
    scale = draw(st.sampled_from([1e-8, 1.0, 1e6]))
    spread = draw(st.sampled_from([0.0, 0.003, 0.03]))
    common = random.standard_t(3, len(index)) * spread

    def walk(own):
        steps = common + random.normal(0, own, len(index))
        return scale * np.exp(np.clip(np.cumsum(steps), -20, 20))

    table = pd.DataFrame(
        {
            "bitcoin": walk(0.0),
            "altcoin": walk(spread),
            "open_interest": walk(0.01),
            "long": random.exponential(1e6, len(index)) * random.integers(0, 2, len(index)),
            "short": random.exponential(1e6, len(index)),
        },
        index=index,
    )
    if gaps:
        holes = random.random(table.shape) < draw(st.sampled_from([0.0, 0.02, 0.3, 1.0]))
        table = table.mask(holes)[random.random(len(index)) < draw(st.sampled_from([1.0, 0.9]))]
        table = table.iloc[draw(st.sampled_from([0, 0, 1000, 1476, len(table)])) :]
    return table


def everything(table):
    """Every public result over a market, by name."""
    bitcoin, altcoin, open_interest = table["bitcoin"], table["altcoin"], table["open_interest"]
    contract = contract_at("a", open_interest, bitcoin, AT, DAY)
    split = contract_split(contract)
    start = decline_start(bitcoin, AT, DAY)
    rolling = rolling_log_returns(bitcoin, AT, DAY)
    return {
        "simple_return": simple_return(bitcoin, AT, DAY),
        "log_return": log_return(bitcoin, AT, DAY),
        "rolling": rolling.tolist(),
        "history": non_overlapping(rolling, AT, DAY).tolist(),
        "volatility": volatility(bitcoin, AT, DAY),
        "drawdown": drawdown(bitcoin, AT),
        "decline_start": start,
        "shape": shape(bitcoin, AT),
        "decomposition": decomposition(bitcoin, AT),
        "split": split,
        "splits": open_interest_split([contract, contract]),
        "window": window_sum(table["long"], AT, DAY, HOUR),
        "pace": pace(table["long"], AT, HOUR),
        "hourly": hourly_sums(table["long"], AT, 48, HOUR).tolist(),
        "median": trailing_median(table["long"], AT, HOUR),
        "percentile": hourly_percentile(table["long"], AT, HOUR, 0.99),
        "cascade": cascade(
            Liquidations(table["long"], table["short"], HOUR),
            bitcoin,
            AT,
            open_interest_before=split.notional_start,
            native_change=split.native_change,
        ),
        "beta": beta(altcoin, bitcoin, AT),
        "move": altcoin_move(altcoin, bitcoin, AT, start=AT - DAY, decline_start=start or AT - DAY),
        "component": first_component_share(table[["bitcoin", "altcoin"]], AT, 720),
    }


def numbers(result):
    """All floats inside a result, however nested."""
    if isinstance(result, float):
        return [result]
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        result = list(dataclasses.asdict(result).values())
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [number for item in result for number in numbers(item)]
    return []


@quick
@given(markets())
def test_gaps_never_raise_warn_or_give_infinity(table):
    found = numbers(everything(table))
    assert len(found) > 40
    assert not any(math.isinf(number) for number in found)


@quick
@given(markets())
def test_future_bars_never_change_the_past(table):
    assert repr(everything(table)) == repr(everything(table[table.index <= AT]))


@quick
@given(markets())
def test_order_of_rows_and_clock_resolution_do_not_matter(table):
    shuffled = table.sample(frac=1, random_state=1)
    shuffled.index = pd.DatetimeIndex(shuffled.index).as_unit("ns").tz_convert("Asia/Tokyo")
    assert repr(everything(shuffled)) == repr(everything(table))


@quick
@given(markets(gaps=False), st.sampled_from([1e-6, 0.5, 1024.0]))
def test_scaling_prices_changes_no_return_and_no_beta(table, factor):
    names = ("simple_return", "volatility", "shape", "decomposition", "beta", "move", "component")
    scaled = table.assign(bitcoin=table["bitcoin"] * factor, altcoin=table["altcoin"] * factor)
    before, after = everything(table), everything(scaled)
    for name in names:
        expected = pytest.approx(numbers(before[name]), rel=1e-5, abs=1e-9, nan_ok=True)
        assert numbers(after[name]) == expected


@quick
@given(markets(gaps=False))
def test_mirrored_series_mirror_their_signs(table):
    prices = ["bitcoin", "altcoin", "open_interest"]
    mirrored = table.assign(**{name: 1 / table[name] for name in prices})
    before, after = everything(table), everything(mirrored)
    for name in ("log_return", "decomposition"):
        assert numbers(after[name]) == pytest.approx([-x for x in numbers(before[name])], abs=1e-9)
    assert after["split"].native_change == pytest.approx(-before["split"].native_change, abs=1e-9)
    assert after["split"].price_effect == pytest.approx(-before["split"].price_effect, abs=1e-9)
    assert after["volatility"] == pytest.approx(before["volatility"], nan_ok=True)
    assert after["beta"].slope == pytest.approx(before["beta"].slope, rel=1e-6, nan_ok=True)


@quick
@given(markets(gaps=False), st.floats(0.01, 0.5))
def test_a_deeper_last_hour_never_reads_as_a_smaller_fall(table, fall):
    deeper = table.copy()
    deeper.loc[pd.Timestamp(AT), "bitcoin"] *= 1 - fall
    before, after = shape(table["bitcoin"], AT), shape(deeper["bitcoin"], AT)
    assert after.total < before.total or before.peak_time == AT
    assert simple_return(deeper["bitcoin"], AT, DAY) < simple_return(table["bitcoin"], AT, DAY)


@quick
@given(markets(gaps=False))
def test_prices_that_never_move_are_undefined_and_no_error(table):
    still = table.assign(bitcoin=1e-8, altcoin=1e6, long=0.0, short=0.0)
    found = everything(still)
    assert found["simple_return"] == 0
    assert math.isnan(found["beta"].slope)
    assert math.isnan(found["cascade"].long_share)
    assert found["shape"].shape_class == "no_decline"

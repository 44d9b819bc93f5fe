"""What is believed at the door, and what is refused with a reason."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import to_ms
from bot.collectors.exchanges.binance import with_intervals
from bot.collectors.paging import forward_pages
from bot.collectors.records import (
    HOUR,
    RefusedError,
    believable,
    candle,
    ceiling,
    floor,
    moment,
    not_negative,
    number,
    positive,
    rising,
    same_symbol,
    sift,
)
from bot.collectors.registry import adapters, known_exchanges
from bot.collectors.stretches import answered_span, holes
from bot.errors import SettingsError
from bot.model.instruments import EXCHANGES, Instrument
from bot.model.series import FundingRate, OpenInterest, Series

NOW = datetime(2026, 2, 11, 12, 30, tzinfo=UTC)
BTC = Instrument("binance", "BTC/USDT:USDT")


def hour(hours_ago: int) -> datetime:
    return floor(NOW, HOUR) - hours_ago * HOUR


def bar(start: datetime, *values: object):
    return [to_ms(start), *(values or (10.0, 12.0, 9.0, 11.0, 5.0))]


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "NaN", "", "abc", True, [], {}])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(RefusedError, match=r"^price is "):
        number(value, "price")


@pytest.mark.parametrize("value", [0, -1, "-0.5", "0"])
def test_a_price_is_above_zero(value):
    with pytest.raises(RefusedError):
        positive(value, "price")


def test_numbers_may_come_as_text():
    assert number("1.5", "x") == 1.5
    assert not_negative("0", "x") == 0
    with pytest.raises(RefusedError):
        not_negative(-1, "x")


def test_a_bar_is_taken_when_it_is_over():
    taken = candle(BTC, "1h", bar(hour(1)), NOW)
    assert taken is not None
    assert (taken.open_time, taken.close, taken.volume) == (hour(1), 11.0, 5.0)
    assert candle(BTC, "1h", bar(hour(0)), NOW) is None
    assert candle(BTC, "1h", bar(hour(0)), hour(0) + HOUR) is not None


@pytest.mark.parametrize(
    "row",
    [
        bar(hour(1), 10.0, 9.5, 9.0, 9.2, 5.0),
        bar(hour(1), 10.0, 12.0, 10.5, 11.0, 5.0),
        bar(hour(1), 10.0, 12.0, 9.0, 0.0, 5.0),
        bar(hour(1), math.nan, 12.0, 9.0, 11.0, 5.0),
        bar(hour(1), 10.0, 12.0, 9.0, 11.0, -5.0),
        bar(hour(1), 10.0, 12.0, 9.0, 11.0, None),
        bar(hour(1) + timedelta(minutes=1)),
        bar(hour(-3)),
        [None, 10.0, 12.0, 9.0, 11.0, 5.0],
        [to_ms(hour(1)), 10.0],
        None,
    ],
    ids=str,
)
def test_a_bar_that_cannot_be_true_is_refused(row):
    with pytest.raises(RefusedError):
        candle(BTC, "1h", row, NOW)


def test_the_rest_of_a_batch_is_kept():
    rows = [bar(hour(3)), bar(hour(2), 10.0, math.inf, 9.0, 11.0, 5.0), bar(hour(1)), bar(hour(0))]
    batch = sift(rows, lambda row: candle(BTC, "1h", row, NOW))
    assert [record.open_time for record in batch.records] == [hour(3), hour(1)]
    assert batch.refused == ["high is inf"]


def test_times_may_be_a_little_ahead_but_not_in_the_future():
    assert moment(to_ms(NOW + timedelta(seconds=5)), "time", NOW) == NOW
    with pytest.raises(RefusedError, match="in the future"):
        moment(to_ms(NOW + timedelta(seconds=11)), "time", NOW)
    with pytest.raises(RefusedError):
        moment(to_ms(NOW) * 1_000_000, "time", NOW)


def test_another_symbol_is_refused():
    same_symbol("BTC/USDT:USDT", BTC)
    with pytest.raises(RefusedError, match="ETH"):
        same_symbol("ETH/USDT:USDT", BTC)


@pytest.mark.parametrize(
    ("amount", "value", "price"),
    [
        (14_546_007.0, 14_546_007_000.0, 30_921_319.84 / 14_546_007_000),  # OKX NEIRO, 470× off
        (2_136_738.0, 21_367.38, 60_000.0),  # OKX BTC: contracts, and coins for USD
        (9_749_585.615324, 9_749_585_615_324.0, 1.0),  # millionths of a USDT
        (26_613_524.0, 266_135_240.0, 2_000.0),  # Binance coin-margined ETH: contracts of 10 USD
        (100.0, 100.0 * 60_000 * 1.051, 60_000.0),
    ],
)
def test_open_interest_whose_price_is_not_the_market_s_is_refused(amount, value, price):
    record = OpenInterest("okx", "X/USDT:USDT", NOW, amount, value)
    with pytest.raises(RefusedError, match="implies a price"):
        believable(record, price)


def test_open_interest_needs_a_price_and_both_numbers():
    record = OpenInterest("okx", "BTC/USDT:USDT", NOW, 100.0, 6_200_000.0)
    assert believable(record, 60_000.0) is record
    with pytest.raises(RefusedError, match="no price"):
        believable(record, None)
    with pytest.raises(RefusedError):
        believable(OpenInterest("bybit", "BTC/USDT:USDT", NOW, 0.0, 85_727.73), 60_000.0)


def payments(*hours: int):
    start = datetime(2026, 2, 1, tzinfo=UTC)
    return [
        FundingRate("binance", "BTC/USDT:USDT", start + hour * HOUR, 0.0001, 0.0) for hour in hours
    ]


@pytest.mark.parametrize(
    ("hours", "intervals"),
    [
        ((0, 8, 16), [8, 8, 8]),
        ((0, 8, 12, 16), [8, 8, 4, 4]),
        ((0, 1, 2), [1, 1, 1]),
        ((0,), [8]),
        ((0, 4, 16, 20), [4, 4, 4, 4]),
        ((), []),
    ],
)
def test_an_interval_is_the_time_since_the_payment_before(hours, intervals):
    assert [payment.interval_hours for payment in with_intervals(payments(*hours))] == intervals


def test_rising_keeps_the_first_of_each_moment():
    records = [(2, "b"), (1, "a"), (2, "c")]
    assert rising(records, lambda record: NOW + record[0] * HOUR) == [(1, "a"), (2, "b")]


@given(st.sets(st.integers(0, 400)), st.integers(1, 50), st.integers(1, 50))
async def test_pages_bring_every_row_once_whatever_the_holes_and_the_limit(present, limit, cap):
    hour_ms = 3_600_000
    asked = []

    async def page(since, wanted):
        asked.append(since)
        rows = [hours * hour_ms for hours in sorted(present) if hours * hour_ms >= since]
        return rows[: min(wanted, cap)]

    start, end = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC) + 400 * HOUR
    rows = await forward_pages(page, lambda row: row, start=start, end=end, step=HOUR, limit=limit)
    assert [row // hour_ms for row in rows] == sorted(present)
    assert asked == sorted(set(asked))


async def test_pages_go_on_behind_a_hole_longer_than_a_page():
    hour_ms = 3_600_000

    async def page(since, wanted):
        window = range(since, since + wanted * hour_ms, hour_ms)
        return [start for start in window if not 10 * hour_ms <= start < 90 * hour_ms]

    start = datetime(1970, 1, 1, tzinfo=UTC)
    rows = await forward_pages(
        page, lambda row: row, start=start, end=start + 99 * HOUR, step=HOUR, limit=20
    )
    assert [row // hour_ms for row in rows] == [*range(10), *range(90, 100)]


def test_an_answer_reaches_to_its_newest_bar_or_to_what_is_too_old_to_be_late():
    asked = (hour(100), hour(0))
    assert answered_span(asked, [hour(50), hour(1)], HOUR, NOW) == asked
    assert answered_span(asked, [hour(50), hour(2)], HOUR, NOW) == (hour(100), hour(1))
    assert answered_span(asked, [], HOUR, NOW) == (hour(100), NOW - timedelta(days=1))
    assert answered_span((hour(3), hour(0)), [], HOUR, NOW) is None


def test_holes_are_what_no_bar_covers():
    bars = [hour(5), hour(4), hour(1)]
    assert holes((hour(6), hour(0)), bars, HOUR) == [(hour(6), hour(5)), (hour(3), hour(1))]


def test_rounding_times():
    assert floor(NOW, HOUR) == hour(0)
    assert ceiling(NOW, HOUR) == hour(-1)
    assert ceiling(hour(0), HOUR) == hour(0)


def test_every_exchange_that_settings_accept_is_a_module():
    assert tuple(known_exchanges()) == tuple(sorted(EXCHANGES))
    for name, adapter in zip(EXCHANGES, adapters(EXCHANGES), strict=True):
        assert adapter.name == name
        assert adapter.serves <= set(Series)


def test_an_exchange_that_is_not_built_is_a_setting_error():
    with pytest.raises(SettingsError, match=r"'mtgox'; accepted: binance, gate"):
        adapters(["binance", "mtgox"])


def test_the_budget_of_futures_data_is_never_over_40_percent():
    (pace,) = adapters(["binance"])[0].paces
    assert pace.requests * (1 + 300 / pace.seconds) <= 0.4 * 1_000

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.model.series import (
    TIMEFRAMES,
    CollectedSpan,
    FeedKind,
    Gap,
    LiquidationBucket,
    PositionSide,
    Series,
)
from bot.store.counting import counted

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
COMPLETE, AGGREGATE, SAMPLED = FeedKind.COMPLETE, FeedKind.AGGREGATE, FeedKind.SAMPLED


def bucket(
    open_time=NOON,
    notional=100.0,
    side=LONG,
    kind=AGGREGATE,
    *,
    timeframe="1h",
    exchange="gate",
    symbol=BTC,
):
    return LiquidationBucket(
        exchange, symbol, timeframe, open_time, side, notional / 50_000, notional, kind
    )


def notionals(found):
    return [one.notional for one in found]


@pytest.mark.parametrize(
    "kinds", [(COMPLETE, AGGREGATE), (AGGREGATE, SAMPLED), (COMPLETE, SAMPLED)]
)
async def test_one_kind_counts_in_each_hour(store, kinds):
    better, worse = kinds
    await store.liquidations.add(
        [
            bucket(NOON, 1.0, kind=worse),
            bucket(NOON, 2.0, kind=better),
            bucket(NOON + HOUR, 4.0, kind=worse),
            bucket(NOON, 8.0, kind=worse, symbol=ETH),
            bucket(NOON, 16.0, kind=worse, exchange="binance"),
        ]
    )
    found = await store.liquidations.buckets(NOON, NOON + 2 * HOUR)
    assert notionals(found) == [16.0, 2.0, 4.0, 8.0]


async def test_a_kind_that_has_one_side_only_still_is_the_one_that_counts(store):
    await store.liquidations.add(
        [bucket(NOON, 1.0, LONG, COMPLETE), bucket(NOON, 2.0, SHORT, AGGREGATE)]
    )
    assert notionals(await store.liquidations.buckets(NOON, NOON + HOUR)) == [1.0]


async def test_minutes_and_their_sum_count_once(store):
    minutes = [bucket(NOON + n * MINUTE, 1.0, timeframe="1m") for n in range(60)]
    await store.liquidations.add([*minutes, bucket(NOON, 60.0)])
    assert notionals(await store.liquidations.buckets(NOON, NOON + HOUR)) == [60.0]


async def test_an_hour_that_the_window_cuts_is_read_from_its_minutes(store):
    minutes = [bucket(NOON + n * MINUTE, 1.0, timeframe="1m") for n in range(120)]
    await store.liquidations.add([*minutes, bucket(NOON, 60.0), bucket(NOON + HOUR, 60.0)])
    found = await store.liquidations.buckets(NOON + 15 * MINUTE, NOON + 90 * MINUTE)
    assert sum(notionals(found)) == 75.0


async def test_days_and_their_hours_count_once(store):
    midnight = datetime(2024, 8, 5, tzinfo=UTC)
    hours = [bucket(midnight + n * HOUR, 1.0) for n in range(48)]
    await store.liquidations.add([*hours, bucket(midnight, 24.0, timeframe="1d")])
    for start, end, total in [(0, 48, 48.0), (0, 24, 24.0), (1, 24, 23.0), (0, 23, 23.0)]:
        window = midnight + start * HOUR, midnight + end * HOUR
        assert sum(notionals(await store.liquidations.buckets(*window))) == total


async def test_buckets_are_of_the_window_and_of_what_is_asked_for(store):
    await store.liquidations.add(
        [
            bucket(NOON - HOUR, 1.0),
            bucket(NOON, 2.0),
            bucket(NOON, 4.0, SHORT),
            bucket(NOON + HOUR, 8.0),
            bucket(NOON + 2 * HOUR, 16.0),
            bucket(NOON, 32.0, SHORT, COMPLETE, exchange="binance", symbol=ETH),
        ]
    )

    async def found(**chosen):
        return notionals(await store.liquidations.buckets(NOON, NOON + 2 * HOUR, **chosen))

    assert await found() == [32.0, 2.0, 4.0, 8.0]
    assert await found(assets=["BTC"]) == [2.0, 4.0, 8.0]
    assert await found(symbols=[ETH]) == [32.0]
    assert await found(assets=["SOL"]) == []
    assert await found(assets=[]) == []


async def test_hours_know_zero_from_unknown(store):
    def span(start, end, kind=AGGREGATE):
        times = NOON + start * HOUR, NOON + end * HOUR
        return CollectedSpan("gate", BTC, Series.LIQUIDATIONS, kind, *times)

    await store.coverage.add_spans([span(0, 4), span(3, 5, COMPLETE)])
    gap = NOON + 2.5 * HOUR, NOON + 2.6 * HOUR
    await store.coverage.add_gaps([Gap("gate", BTC, Series.LIQUIDATIONS, AGGREGATE, *gap, "test")])
    await store.liquidations.add(
        [
            bucket(NOON + HOUR, 7.0, SHORT),
            bucket(NOON + 6 * HOUR, 9.0),
            bucket(NOON, 99.0, timeframe="1d"),
        ]
    )
    found = await store.liquidations.hours(NOON, NOON + 8 * HOUR, assets=["BTC"])
    assert [
        ((one.start - NOON) // HOUR, one.kind, one.long_notional, one.short_notional)
        for one in sorted(found, key=lambda one: one.start)
    ] == [
        (0, AGGREGATE, 0.0, 0.0),
        (1, AGGREGATE, 0.0, 7.0),
        (3, COMPLETE, 0.0, 0.0),
        (4, COMPLETE, 0.0, 0.0),
        (6, AGGREGATE, 9.0, 0.0),
    ]
    assert all(one.end - one.start == HOUR for one in found)
    assert await store.liquidations.hours(NOON, NOON + 8 * HOUR, assets=["ETH"]) == []


async def test_hours_are_whole_hours_of_the_window(store):
    await store.liquidations.add([bucket(NOON + n * HOUR, 1.0) for n in range(5)])
    found = await store.liquidations.hours(NOON + MINUTE, NOON + 4 * HOUR + MINUTE)
    assert [one.start for one in found] == [NOON + n * HOUR for n in (1, 2, 3)]


hourly = st.builds(
    bucket,
    open_time=st.integers(0, 3).map(lambda n: NOON + n * HOUR),
    notional=st.integers(1, 9).map(float),
    side=st.sampled_from(PositionSide),
    kind=st.sampled_from(FeedKind),
    exchange=st.sampled_from(["gate", "okx"]),
)
minutely = st.builds(
    bucket,
    open_time=st.integers(0, 47).map(lambda n: NOON + n * 5 * MINUTE),
    kind=st.sampled_from(FeedKind),
    timeframe=st.just("5m"),
)


@given(st.lists(hourly | minutely, max_size=30, unique_by=lambda one: replace(one, notional=0.0)))
def test_counting_against_an_oracle(buckets):
    def hour(one):
        return one.exchange, one.symbol, (one.open_time - NOON) // HOUR

    expected = []
    for cell in {hour(one) for one in buckets}:
        inside = [one for one in buckets if hour(one) == cell]
        best = next(kind for kind in FeedKind if any(one.kind is kind for one in inside))
        inside = [one for one in inside if one.kind is best]
        longest = max(TIMEFRAMES[one.timeframe] for one in inside)
        expected += [one for one in inside if TIMEFRAMES[one.timeframe] == longest]
    found = counted(buckets)
    assert len(found) == len(expected)
    assert all(one in expected for one in found)


@given(
    st.permutations([bucket(NOON + n * 20 * MINUTE, float(n), timeframe="5m") for n in range(6)])
)
def test_the_order_of_arrival_does_not_matter(buckets):
    assert notionals(counted(buckets)) == [float(n) for n in range(6)]

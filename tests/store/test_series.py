from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.model.series import (
    TIMEFRAMES,
    Candle,
    FeedKind,
    FundingRate,
    LiquidationBucket,
    OpenInterest,
    Origin,
    PositionSide,
    Ticker,
)
from bot.store.store import Store

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BTC = ("binance", "BTC/USDT:USDT")

CANDLE = Candle(*BTC, "1h", NOON, 100.0, 110.0, 90.0, 105.0, 12.5)
OPEN_INTEREST = OpenInterest(*BTC, NOON, 80_000.0, 4.4e9, 80_000.0, None)
FUNDING = FundingRate(*BTC, NOON, 0.0001, 8.0)
BUCKET = LiquidationBucket(*BTC, "1h", NOON, PositionSide.LONG, 10.0, 540_000.0, FeedKind.AGGREGATE)


@dataclass
class Subject:
    """One series: an example, the field that a rewrite changes, and how it is read back."""

    example: Any
    number: str
    member: str

    async def read(self, store: Store, record: Any) -> list[Any]:
        member = getattr(store, self.member)
        if self.member == "candles":
            start = record.open_time
            return list(
                await member.bars(record.exchange, record.symbol, "1h", start, start + HOUR)
            )
        if self.member == "liquidations":
            start = record.open_time
            found = await member.buckets(start, start + HOUR, symbols=[record.symbol])
            return [bucket for bucket in found if bucket.exchange == record.exchange]
        moment = getattr(record, "snapshot_at", None) or record.settled_at
        return list(await member.series(record.exchange, record.symbol, moment, moment))


SUBJECTS = [
    Subject(CANDLE, "close", "candles"),
    Subject(OPEN_INTEREST, "open_interest_base", "open_interest"),
    Subject(FUNDING, "funding_rate", "funding"),
    Subject(BUCKET, "notional", "liquidations"),
]

subjects = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.member)
EXCHANGES = count()

reused = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@subjects
async def test_what_is_added_is_read(store, subject):
    await getattr(store, subject.member).add([subject.example])
    assert await subject.read(store, subject.example) == [subject.example]


@subjects
async def test_adding_twice_changes_nothing(store, subject):
    member = getattr(store, subject.member)
    await member.add([subject.example, subject.example])
    await member.add([subject.example])
    assert await subject.read(store, subject.example) == [subject.example]


@subjects
async def test_a_later_record_replaces_an_earlier_one(store, subject):
    member = getattr(store, subject.member)
    later = replace(subject.example, **{subject.number: 7.0})
    await member.add([subject.example])
    await member.add([later])
    assert await subject.read(store, subject.example) == [later]


@subjects
@pytest.mark.parametrize("is_live_first", [True, False])
async def test_a_live_record_wins_over_a_recorded_one(store, subject, is_live_first):
    member = getattr(store, subject.member)
    recorded = replace(subject.example, **{subject.number: 7.0}, origin=Origin.RECORDED)
    for record in [subject.example, recorded][:: 1 if is_live_first else -1]:
        await member.add([record])
    assert await subject.read(store, subject.example) == [subject.example]


@subjects
async def test_a_recorded_record_replaces_a_recorded_one(store, subject):
    member = getattr(store, subject.member)
    recorded = replace(subject.example, origin=Origin.RECORDED)
    later = replace(recorded, **{subject.number: 7.0})
    await member.add([recorded])
    await member.add([later])
    assert await subject.read(store, subject.example) == [later]


@subjects
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
async def test_numbers_that_are_not_finite_are_refused_whole(store, subject, number):
    broken = replace(subject.example, symbol="A/USDT:USDT", **{subject.number: number})
    with pytest.raises(ValueError, match=subject.number):
        await getattr(store, subject.member).add([subject.example, broken])
    assert await subject.read(store, subject.example) == []


@subjects
async def test_contracts_are_those_with_data(store, subject):
    member = getattr(store, subject.member)
    others = [replace(subject.example, symbol=f"{asset}/USDT:USDT") for asset in ("SOL", "ETH")]
    await member.add([subject.example, *others, replace(others[0], exchange="gate")])
    assert await member.contracts() == [
        ("binance", "BTC/USDT:USDT"),
        ("binance", "ETH/USDT:USDT"),
        ("binance", "SOL/USDT:USDT"),
        ("gate", "SOL/USDT:USDT"),
    ]
    assert await member.contracts(["SOL"]) == [
        ("binance", "SOL/USDT:USDT"),
        ("gate", "SOL/USDT:USDT"),
    ]
    assert await member.contracts([]) == []


numbers = st.floats(allow_nan=False, allow_infinity=False)
# PostgreSQL's text cannot hold NUL, and no symbol does.
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
moments = st.integers(-(2**41), 2**43).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)


@subjects
@reused
@given(number=numbers, symbol=names, moment=moments)
async def test_any_number_name_and_time_come_back(store, subject, number, symbol, moment):
    time_field = next(
        name
        for name in ("open_time", "snapshot_at", "settled_at")
        if hasattr(subject.example, name)
    )
    # The examples share a database, so each is another exchange's.
    fields = {subject.number: number, time_field: moment, "exchange": f"{next(EXCHANGES)}"}
    record = replace(subject.example, symbol=symbol, **fields)
    await getattr(store, subject.member).add([record])
    assert await subject.read(store, record) == [record]


@pytest.mark.parametrize("member", ["open_interest", "funding"])
async def test_series_and_bounds(store, member):
    example, time_field = {
        "open_interest": (OPEN_INTEREST, "snapshot_at"),
        "funding": (FUNDING, "settled_at"),
    }[member]
    points = getattr(store, member)
    assert await points.bounds(*BTC) is None
    records = [replace(example, **{time_field: NOON + n * HOUR}) for n in range(5)]
    await points.add(reversed(records))
    assert await points.series(*BTC, NOON + HOUR, NOON + 3 * HOUR) == records[1:4]
    assert await points.series("gate", BTC[1], NOON, NOON + 3 * HOUR) == []
    assert await points.bounds(*BTC) == (NOON, NOON + 4 * HOUR)


def bars(timeframe, *numbers):
    length = TIMEFRAMES[timeframe]
    return [
        replace(CANDLE, timeframe=timeframe, open_time=NOON + n * length, close=100.0 + n)
        for n in numbers
    ]


async def test_bars_open_inside_the_window(store):
    candles = bars("1h", 0, 1, 2, 3)
    await store.candles.add(candles + bars("5m", 0, 1))
    assert await store.candles.bars(*BTC, "1h", NOON + HOUR, NOON + 3 * HOUR) == candles[1:3]


async def test_closes_stand_at_their_closing_time(store):
    await store.candles.add(bars("1h", 0, 1, 2, 3) + bars("5m", 0, 1))
    assert await store.candles.closes(*BTC, "1h", NOON + HOUR, NOON + 3 * HOUR) == [
        (NOON + HOUR, 100.0),
        (NOON + 2 * HOUR, 101.0),
        (NOON + 3 * HOUR, 102.0),
    ]


async def test_bounds_of_candles(store):
    assert await store.candles.bounds(*BTC, "1h") is None
    await store.candles.add(bars("1h", 1, 4))
    assert await store.candles.bounds(*BTC, "1h") == (NOON + HOUR, NOON + 4 * HOUR)
    assert await store.candles.bounds(*BTC, "5m") is None


async def test_the_latest_ticker_stands(store):
    ticker = Ticker(*BTC, NOON, 100.0, None)
    later = replace(ticker, seen_at=NOON + HOUR, last_price=101.0, mark_price=100.5)
    assert await store.tickers.newest() == []
    await store.tickers.add([later])
    await store.tickers.add([ticker, replace(ticker, symbol="ETH/USDT:USDT")])
    assert await store.tickers.newest() == [later, replace(ticker, symbol="ETH/USDT:USDT")]


async def test_whole_hours_the_latest_and_what_is_thinned_out(store):
    noon = datetime(2024, 8, 5, 12, tzinfo=UTC)
    moments = [noon + timedelta(minutes=minutes) for minutes in (0, 2, 58, 60, 61, 120, 121)]
    symbol = "BTC/USDT:USDT"
    await store.open_interest.add(
        OpenInterest("gate", symbol, moment, float(number + 1), 1.0)
        for number, moment in enumerate(moments)
    )
    hours = await store.open_interest.hourly("gate", symbol, noon, moments[-1])
    assert [record.open_interest_base for record in hours] == [1.0, 4.0, 6.0]
    latest = await store.open_interest.latest("gate", symbol, moments[4])
    assert latest is not None
    assert latest.snapshot_at == moments[4]
    assert await store.open_interest.latest("okx", symbol, moments[4]) is None
    await store.open_interest.thin(moments[4])
    left = await store.open_interest.series("gate", symbol, noon, moments[-1])
    assert [record.snapshot_at for record in left] == [moments[n] for n in (0, 3, 4, 5, 6)]

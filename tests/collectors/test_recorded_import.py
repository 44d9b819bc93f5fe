"""Recorded series into the store: figures of the real recording, traps, and refusals."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock
from bot.collectors.recorded import import_recorded
from bot.errors import SettingsError
from bot.model.series import FeedKind, Origin, Series
from bot.store.store import open_store

BTC = "BTC/USDT:USDT"
HOUR = timedelta(hours=1)
CRASH = datetime(2024, 8, 5, 13, tzinfo=UTC)
START = datetime(2024, 8, 5, tzinfo=UTC)

LIQUIDATIONS = "time,exchange,symbol,timeframe,long_base,short_base,long_notional,short_notional\n"
CANDLES = "time,exchange,symbol,timeframe,open,high,low,close,volume\n"
OPEN_INTEREST = "time,exchange,symbol,open_interest_base,open_interest_notional\n"
FUNDING = "time,exchange,symbol,funding_rate,interval_hours\n"


@pytest.fixture
async def past(database_url):
    """Return an open store, and a clock at 2024-08-05 13:00."""
    clock = Clock.starting_at(CRASH)
    async with open_store(database_url, clock) as store:
        yield store, clock


def at(hours: int) -> str:
    return (START + hours * HOUR).isoformat().replace("+00:00", "Z")


@pytest.mark.recorded
async def test_the_crash_of_august_2024(past, recorded_data):
    store, clock = past
    folder = recorded_data / "episodes" / "2024-08-05"
    lines = []
    summary = await import_recorded(folder, store, clock, progress=lambda f: lines.append(str(f)))
    hours = await store.liquidations.hours(CRASH - 24 * HOUR, CRASH, assets=["BTC"])
    assert sum(hour.long_notional for hour in hours) >= 55.8e6
    assert sum(hour.short_notional for hour in hours) >= 17.9e6
    assert {(hour.exchange, hour.kind) for hour in hours} == {("binance", FeedKind.SAMPLED)}
    bars = await store.candles.bars("binance", BTC, "1h", CRASH - 25 * HOUR, CRASH + HOUR)
    assert len(bars) == 25
    assert bars[-1].close / bars[0].close - 1 == pytest.approx(-0.184, abs=0.001)
    assert {candle.origin for candle in bars} == {Origin.RECORDED}
    values = await store.open_interest.series("binance", BTC, CRASH - 24 * HOUR, CRASH)
    assert (values[0].snapshot_at, values[-1].snapshot_at) == (CRASH - 24 * HOUR, CRASH)
    first, last = values[0], values[-1]
    assert last.open_interest_base / first.open_interest_base - 1 == pytest.approx(
        -0.138, abs=0.002
    )
    latest = await store.latest_data()
    assert latest is not None
    assert latest <= clock.now()
    assert summary.not_yet_known > 3_000
    assert any(line.startswith("candles.csv: ") and "not yet known" in line for line in lines)
    month = await store.coverage.coverage(
        Series.LIQUIDATIONS, CRASH - 720 * HOUR, CRASH, symbols=[BTC]
    )
    gaps = await store.coverage.gaps("binance", BTC, Series.LIQUIDATIONS, CRASH - 720 * HOUR, CRASH)
    unknown = sum((gap.end - gap.start for gap in gaps), timedelta())
    assert gaps
    assert month[0].minutes_collected == 720 * 60 - unknown / timedelta(minutes=1)


@pytest.mark.recorded
async def test_importing_twice_or_later_changes_only_what_is_new(past, recorded_data):
    store, clock = past
    folder = recorded_data / "episodes" / "2024-08-05"

    async def state():
        return (
            await store.liquidations.buckets(START - 480 * HOUR, CRASH),
            await store.coverage.gaps(
                "binance", BTC, Series.LIQUIDATIONS, START - 999 * HOUR, CRASH
            ),
        )

    once = await import_recorded(folder, store, clock, series=[Series.LIQUIDATIONS])
    before = await state()
    again = await import_recorded(folder, store, clock, series=[Series.LIQUIDATIONS])
    assert (once, before) == (again, await state())
    assert [file.series for file in once.files] == [Series.LIQUIDATIONS]
    assert await store.candles.bounds("binance", BTC, "1h") is None
    later = await import_recorded(folder, store, Clock.starting_at(CRASH + 24 * HOUR))
    assert later.stored > once.stored


@pytest.mark.recorded
@pytest.mark.parametrize("episode", ["2025-04-07", "2026-02-05"])
async def test_the_other_recordings_are_readable(past, recorded_data, episode):
    store, clock = past
    summary = await import_recorded(recorded_data / "episodes" / episode, store, clock)
    assert summary.stored == 0
    assert summary.not_yet_known > 10_000


async def test_an_empty_cell_is_a_gap_and_zero_is_zero(past, tmp_path):
    store, clock = past
    row = "binance,BTC/USDT:USDT,1h"
    (tmp_path / "liquidations.csv").write_text(
        LIQUIDATIONS
        + f"{at(0)},{row},1,0,60000,0\n"
        + f"{at(1)},{row},,,,\n"
        + f"{at(2)},{row},0,0,0,0\n"
        + f"{at(4)},{row},0,2,0,120000\n"
    )
    summary = await import_recorded(tmp_path, store, clock)
    assert (summary.stored, summary.files[0].unknown) == (3, 1)
    gaps = await store.coverage.gaps("binance", BTC, Series.LIQUIDATIONS, START, CRASH)
    assert [(gap.start, gap.end) for gap in gaps] == [
        (START + HOUR, START + 2 * HOUR),
        (START + 3 * HOUR, START + 4 * HOUR),
    ]
    hours = await store.liquidations.hours(START, START + 5 * HOUR)
    assert [(h.start - START) // HOUR for h in hours] == [0, 2, 4]
    assert [(h.long_notional, h.short_notional) for h in hours] == [
        (60_000, 0),
        (0, 0),
        (0, 120_000),
    ]


async def test_a_bar_is_known_when_it_is_over(past, tmp_path):
    store, clock = past
    row = "binance,BTC/USDT:USDT"
    bars = "".join(f"{at(hours)},{row},1h,10,12,9,11,5\n" for hours in (11, 12, 13))
    with gzip.open(tmp_path / "candles.csv.gz", "wt") as file:
        file.write(CANDLES + bars)
    values = "".join(f"{at(hours)},{row},100,1100\n" for hours in (11, 12, 13))
    (tmp_path / "open_interest.csv").write_text(OPEN_INTEREST + values)
    (tmp_path / "funding.csv").write_text(FUNDING + f"{at(8)},{row},0,8\n{at(16)},{row},0.0001,8\n")
    summary = await import_recorded(tmp_path, store, clock)
    counts = [(file.file, file.stored, file.not_yet_known) for file in summary.files]
    assert counts == [("candles.csv.gz", 2, 1), ("open_interest.csv", 2, 1), ("funding.csv", 1, 1)]
    assert await store.open_interest.bounds("binance", BTC) == (CRASH - HOUR, CRASH)
    assert await store.candles.bounds("binance", BTC, "1h") == (CRASH - 2 * HOUR, CRASH - HOUR)


GOOD = f"{at(0)},binance,BTC/USDT:USDT,1h,10,12,9,11,5\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "candles.csv",
            "time,exchange,symbol\n",
            ["line 1", "column timeframe", "accepted: time,"],
        ),
        ("candles.csv", CANDLES + GOOD + "a,b\n", ["line 3", "2 cells", "accepted: 9"]),
        ("candles.csv", CANDLES + GOOD * 2, ["line 3", "second row"]),
        (
            "candles.csv",
            CANDLES + GOOD.replace("Z", ""),
            ["line 2", "column time", "accepted: 2024"],
        ),
        (
            "candles.csv",
            CANDLES + GOOD.replace("1h", "2h"),
            ["column timeframe", "1m, 5m, 15m, 1h"],
        ),
        (
            "candles.csv",
            CANDLES + GOOD.replace("00:00:00", "00:30:00"),
            ["column time", "no start"],
        ),
        (
            "candles.csv",
            CANDLES + GOOD.replace("10,12", "nan,12"),
            ["column open", "'nan'", "number"],
        ),
        ("candles.csv", CANDLES + GOOD.replace("10,12", "ten,12"), ["column open", "'ten'"]),
        ("candles.csv", CANDLES + GOOD.replace(",9,", ",-9,"), ["column low", "not negative"]),
        ("candles.csv", CANDLES + GOOD.replace(",9,", ",0,"), ["column low", "above zero"]),
        ("candles.csv", CANDLES + GOOD.replace(",9,", ",10.5,"), ["column low", "above open"]),
        ("candles.csv", CANDLES + GOOD.replace(",12,", ",10.5,"), ["column high", "below open"]),
        (
            "candles.csv",
            CANDLES + GOOD.replace("binance", "Binance!"),
            ["column exchange", "binance"],
        ),
        ("candles.csv", CANDLES + GOOD.replace("BTC/USDT:USDT", "BTCUSDT"), ["column symbol"]),
        ("funding.csv", FUNDING + f"{at(0)},binance,{BTC},-0.1,0\n", ["column interval_hours"]),
        ("candles.csv", CANDLES + "\0", ["line 2"]),
        ("candles.csv.gz", "no gzip", ["candles.csv.gz", "cannot be read"]),
        ("other.csv", "", ["nothing to import", "candles.csv", "liquidations.csv"]),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(past, tmp_path, name, text, words):
    store, clock = past
    if name != "other.csv":
        good = f"{at(0)},binance,{BTC},1,1,60000,60000\n"
        (tmp_path / "liquidations.csv").write_text(LIQUIDATIONS + good.replace(",1,1,", ",1h,1,1,"))
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError) as caught:
        await import_recorded(tmp_path, store, clock)
    line = str(caught.value)
    assert all(word in line for word in words), line
    assert "\n" not in line
    assert await store.latest_data() is None


async def test_a_folder_that_is_not_there(past, tmp_path):
    store, clock = past
    with pytest.raises(SettingsError, match="no such folder"):
        await import_recorded(tmp_path / "absent", store, clock)

"""Recorded folders load as their description says, and say what is wrong with them."""

import gzip
import tomllib

import pytest

from bot.clock import format_time, parse_time, to_ms
from sandbox.episodes.episode import HOUR_MS, Listing
from sandbox.episodes.loading import load_episode

DESCRIPTION = """
name = "tiny"
start = 2026-01-01T00:00:00Z
end = 2026-01-01T02:00:00Z
"""
HEADER = "time,exchange,symbol,timeframe,open,high,low,close,volume\n"
HOUR = "2026-01-01T00:00:00Z,binance,BTC/USDT:USDT,1h,10,12,9,11,5\n"
FUNDING = (
    "time,exchange,symbol,funding_rate,interval_hours\n"
    "2026-01-01T00:00:00Z,binance,BTC/USDT:USDT,nan,8\n"
)
BTC = Listing("binance", "BTC/USDT:USDT")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "EPISODE.toml").write_text(DESCRIPTION)
    (tmp_path / "candles.csv").write_text(HEADER + HOUR)
    return tmp_path


def test_smallest_folder_loads(folder):
    episode = load_episode(folder)
    assert episode.name == "tiny"
    assert format_time(episode.opens_at) == "2026-01-01T02:00:00Z"
    assert [bar.close for bar in episode.candles[BTC]] == [11.0]
    assert episode.liquidations == {}


def test_empty_cells_stay_unknown(folder):
    (folder / "liquidations.csv").write_text(
        "time,exchange,symbol,timeframe,long_base,short_base,long_notional,short_notional\n"
        "2026-01-01T00:00:00Z,binance,BTC/USDT:USDT,1h,,0,,0\n"
    )
    (row,) = load_episode(folder).liquidations[BTC]
    assert row.long_base is None
    assert row.long_notional is None
    assert row.short_base == 0


def test_hours_are_built_from_finer_bars_where_those_are_complete(folder):
    quarter = "2026-01-01T{}Z,binance,XRP/USDT:USDT,{},{},1\n"
    rows = [quarter.format(f"00:{m:02}:00", "5m", f"1,{m + 2},1,2") for m in range(0, 30, 5)]
    rows += [quarter.format(f"00:{m}:00", "15m", "2,3,0.5,1") for m in (30, 45)]
    rows += [quarter.format("01:00:00", "15m", "1,1,1,1")]
    with gzip.open(folder / "candles.csv.gz", "wt") as stream:
        stream.write(HEADER + "".join(rows))
    (bar,) = load_episode(folder).candles[Listing("binance", "XRP/USDT:USDT")]
    assert bar[1:] == (1.0, 27.0, 0.5, 1.0, 8.0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("EPISODE.toml", None, "EPISODE.toml is missing"),
        ("EPISODE.toml", "name = ", r"EPISODE\.toml: "),
        ("EPISODE.toml", 'name = "x"', "`start` must be a time"),
        ("EPISODE.toml", DESCRIPTION.replace("name", "title"), "`name` is missing"),
        ("candles.csv", None, "no candles"),
        ("candles.csv", HEADER, "no candles"),
        ("candles.csv", HEADER.replace("symbol,", "") + HOUR, "column 'symbol' is missing"),
        ("candles.csv", HEADER + HOUR.replace(",12,", ",high,"), "line 2: could not convert"),
        ("candles.csv", HEADER + HOUR.replace(",12,", ",8,"), "line 2: high and low"),
        ("candles.csv", HEADER + HOUR.replace("00Z", "00"), "line 2: .* no time zone"),
        ("candles.csv", HEADER + HOUR.replace("1h", "7h"), "line 2: timeframe '7h'"),
        ("candles.csv", HEADER + "2026-01-01T00:00:00Z,binance\n", "line 2: "),
        ("funding.csv.gz", "no gzip", r"funding\.csv\.gz, line 0: "),
        (
            "funding.csv",
            FUNDING,
            "line 2: funding_rate is nan",
        ),
    ],
)
def test_what_is_wrong_is_named(folder, name, text, message):
    path = folder / name
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_episode(folder)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="nowhere: not an episode"):
        load_episode(tmp_path / "nowhere")


def figures(folder):
    return tomllib.loads((folder / "EPISODE.toml").read_text("utf-8"))


@pytest.mark.recorded
def test_august_2024_gives_the_figures_of_its_description(recorded_data):
    folder = recorded_data / "episodes" / "2024-08-05"
    episode = load_episode(folder)
    description = figures(folder)
    assert format_time(episode.opens_at) == "2024-08-05T13:00:00Z"
    for row in description["worst_24h"]:
        listing = Listing(row["exchange"], row["symbol"])
        closed = episode.candles_at(listing, to_ms(row["close_time"]))
        closed = [bar for bar in closed if bar.start_ms + HOUR_MS <= to_ms(row["close_time"])]
        change = 100 * (closed[-1].close / closed[-25].close - 1)
        assert change == pytest.approx(row["return_pct"], abs=0.0001)
    for row in description["oi_change"]:
        listing = Listing(row["exchange"], row["symbol"])
        end_ms = to_ms(row["worst24h_to_bar"]) + HOUR_MS
        values = {v.known_ms: v for v in episode.open_interest_at(listing, end_ms)}
        last = values[end_ms].open_interest_base
        first = values[to_ms(row["worst24h_from_bar"]) + HOUR_MS].open_interest_base
        assert last is not None
        assert first is not None
        change = 100 * (last / first - 1)
        assert change == pytest.approx(row["worst24h_base_change_pct"], abs=0.0001)


@pytest.mark.recorded
def test_august_2024_liquidation_days_add_up(recorded_data):
    folder = recorded_data / "episodes" / "2024-08-05"
    episode = load_episode(folder)
    for row in figures(folder)["liquidation_days"]:
        begin = to_ms(parse_time(f"{row['day']}T00:00:00Z"))
        rows = episode.liquidations[Listing(row["exchange"], row["symbol"])]
        day = [item for item in rows if 0 <= item.start_ms - begin < 24 * HOUR_MS]
        assert sum(r.long_notional or 0 for r in day) == pytest.approx(row["long_notional"])
        assert sum(r.short_base or 0 for r in day) == pytest.approx(row["short_base"])


@pytest.mark.recorded
def test_other_recordings_load(recorded_data):
    tariffs = load_episode(recorded_data / "episodes" / "2025-04-07")
    # BNB and XRP perpetuals were recorded in 5 minutes only.
    bnb = tariffs.candles[Listing("binance", "BNB/USDT:USDT")]
    assert bnb[1].start_ms - bnb[0].start_ms == HOUR_MS
    assert len(bnb) > 900
    assert Listing("binance", "XRP/USDT") in tariffs.candles
    assert tariffs.open_interest == {}
    # The worst 24 hours close at 06:55 there.
    assert format_time(tariffs.opens_at) == "2025-04-07T07:00:00Z"
    winter = load_episode(recorded_data / "episodes" / "2026-02-05")
    assert {listing.exchange for listing in winter.candles} == {
        "binance",
        "bybit",
        "okx",
        "krakenfutures",
    }
    assert {row.timeframe_ms for rows in winter.liquidations.values() for row in rows} == {
        24 * HOUR_MS
    }

"""Unmodified ccxt takes the answers of the Binance server over real HTTP."""

import itertools

import ccxt.async_support as ccxt
import pytest

from sandbox.episodes.episode import DAY_MS, HOUR_MS, Listing
from sandbox.episodes.loading import load_episode

BTC = "BTC/USDT:USDT"
FIVE = [f"{asset}/USDT:USDT" for asset in ("BTC", "ETH", "SOL", "XRP", "BNB")]


async def test_markets_hold_the_five_and_the_odd_ones(world):
    client = await world.client("binanceusdm")
    markets = await client.load_markets()
    plain = [name for name, m in markets.items() if m["info"]["contractType"] == "PERPETUAL"]
    assert sorted(plain) == sorted(FIVE)
    assert markets["XAU/USDT:USDT"]["info"]["contractType"] == "TRADIFI_PERPETUAL"
    assert markets["BTC/USDT:USDT-260327"]["future"]
    assert set(world.binance.requests) == {"/fapi.binance.com/fapi/v1/exchangeInfo"}


async def test_spot_markets_are_a_second_request(world):
    client = await world.client("binance", fetchMarkets={"types": ["spot", "linear"]})
    await client.load_markets()
    assert set(world.binance.requests) == {
        "/api.binance.com/api/v3/exchangeInfo",
        "/fapi.binance.com/fapi/v1/exchangeInfo",
    }


async def test_all_market_types_load_with_an_empty_coin_margined_side(world):
    client = await world.client("binance")
    markets = await client.load_markets()
    assert not any(market["inverse"] for market in markets.values())
    assert await client.fetch_tickers(params={"subType": "inverse", "type": "swap"}) == {}


async def test_candles_page_without_gap_from_120_days_back(world):
    client = await world.client("binanceusdm")
    now = world.clock.now_ms()
    since = (now - 120 * DAY_MS) // HOUR_MS * HOUR_MS
    rows: list[list[float]] = []
    while since <= now:
        page = await client.fetch_ohlcv(BTC, "1h", since=since, limit=1500)
        rows += page
        since = int(page[-1][0]) + HOUR_MS
    assert len(rows) == 120 * 24 + 1
    assert {after[0] - before[0] for before, after in itertools.pairwise(rows)} == {HOUR_MS}
    assert rows[-2][4] == 67_570.0


async def test_running_candle_knows_only_its_opening(world):
    client = await world.client("binanceusdm")
    closed, running = await client.fetch_ohlcv(BTC, "1h", limit=2)
    assert running[0] == world.episode.opens_ms
    assert running[1:] == [closed[4]] * 4 + [0.0]


async def test_longer_candles_join_the_hours(world):
    client = await world.client("binanceusdm")
    hours = await client.fetch_ohlcv(BTC, "1h", since=world.episode.opens_ms - 12 * HOUR_MS)
    (*_, today) = await client.fetch_ohlcv(BTC, "1d", limit=1)
    assert today[0] == world.episode.opens_ms - 12 * HOUR_MS
    assert today[1] == hours[0][1]
    assert today[2] == max(hour[2] for hour in hours)
    assert today[3] == min(hour[3] for hour in hours)
    assert today[5] == pytest.approx(sum(hour[5] for hour in hours), abs=0.001)


async def test_candles_end_at_end_time_when_no_start_is_given(world):
    client = await world.client("binanceusdm")
    until = world.episode.opens_ms - 3 * HOUR_MS
    rows = await client.fetch_ohlcv(BTC, "1h", limit=2, params={"until": until})
    assert [row[0] for row in rows] == [until - HOUR_MS, until]


async def test_open_interest_history_is_stamped_when_it_was_true(world):
    client = await world.client("binanceusdm")
    opens = world.episode.opens_ms
    rows = await client.fetch_open_interest_history(BTC, "1h", opens - 25 * HOUR_MS, 500)
    assert len(rows) == 26
    assert rows[-1]["timestamp"] == opens
    last = world.episode.open_interest_at(Listing("binance", BTC), opens)[-1]
    assert rows[-1]["openInterestAmount"] == last.open_interest_base
    assert rows[-1]["openInterestValue"] == last.open_interest_notional
    now = await client.fetch_open_interest(BTC)
    assert now["openInterestAmount"] == last.open_interest_base


async def test_open_interest_history_refuses_a_start_older_than_30_days(world):
    client = await world.client("binanceusdm")
    inside = world.clock.now_ms() - 30 * DAY_MS + 60_000
    rows = await client.fetch_open_interest_history(BTC, "1h", inside, 500)
    assert len(rows) == 500
    with pytest.raises(ccxt.BadRequest, match="-1130"):
        await client.fetch_open_interest_history(BTC, "1h", inside - 120_000, 500)


async def test_open_interest_history_gives_the_latest_of_a_wide_window(world):
    client = await world.client("binanceusdm")
    opens = world.episode.opens_ms
    rows = await client.fetch_open_interest_history(
        BTC, "1h", opens - 100 * HOUR_MS, 10, {"until": opens - 50 * HOUR_MS}
    )
    assert [row["timestamp"] for row in rows] == [
        opens - hours * HOUR_MS for hours in range(59, 49, -1)
    ]


async def test_settled_funding_has_the_jitter_of_the_real_stamps(world):
    client = await world.client("binanceusdm")
    rows = await client.fetch_funding_rate_history(BTC, since=world.episode.opens_ms - 30 * DAY_MS)
    assert len(rows) == 90
    offsets = {row["timestamp"] % (8 * HOUR_MS) for row in rows}
    assert len(offsets) > 1
    assert max(offsets) <= 10


async def test_tickers_and_mark_prices_agree_with_the_figures(world):
    client = await world.client("binanceusdm")
    tickers = await client.fetch_tickers(FIVE)
    changes = [round(tickers[symbol]["percentage"], 2) for symbol in FIVE]
    assert changes == [-1.13, -1.98, -3.14, -2.13, -0.11]
    assert tickers[BTC]["last"] == 67_570.0
    marks = await client.fetch_mark_prices(FIVE)
    assert marks[BTC]["markPrice"] == 67_570.0
    assert set(await client.fetch_tickers()) > set(FIVE)
    assert (await client.fetch_last_prices(FIVE))[BTC]["price"] == 67_570.0


async def test_time_is_the_clocks(world):
    client = await world.client("binanceusdm")
    assert abs(await client.fetch_time() - world.clock.now_ms()) < 2_000


async def test_used_weight_grows_and_its_budget_ends(world):
    client = await world.client("binanceusdm")
    await client.load_markets()
    first = int(client.last_response_headers["X-MBX-USED-WEIGHT-1M"])
    await client.fetch_tickers()
    assert int(client.last_response_headers["X-MBX-USED-WEIGHT-1M"]) == first + 40
    for _ in range((2_400 - first) // 40 - 1):
        await client.fetch_tickers()
    with pytest.raises(ccxt.DDoSProtection):
        await client.fetch_tickers()
    assert 0 < int(client.last_response_headers["Retry-After"]) <= 61


@pytest.mark.parametrize(
    ("call", "values", "code"),
    [
        ("fapiPublicGetKlines", {"symbol": "NOPEUSDT", "interval": "1h"}, "-1121"),
        ("fapiPublicGetKlines", {"symbol": "BTCUSDT"}, "-1102"),
        ("fapiPublicGetKlines", {"symbol": "BTCUSDT", "interval": "7h"}, "-1120"),
        ("fapiPublicGetKlines", {"symbol": "BTCUSDT", "interval": "1h", "limit": 1501}, "-1130"),
        ("fapiPublicGetKlines", {"symbol": "BTCUSDT", "interval": "1h", "startTime": "x"}, "-1130"),
        (
            "fapiPublicGetKlines",
            {"symbol": "BTCUSDT", "interval": "1h", "startTime": 2, "endTime": 1},
            "-1023",
        ),
        ("fapiPublicGetOpenInterest", {"symbol": "XAUUSDT"}, "-1121"),
        ("fapiDataGetOpenInterestHist", {"symbol": "BTCUSDT", "period": "3h"}, "-1130"),
        ("fapiPublicGetDepth", {"symbol": "BTCUSDT"}, "-5000"),
    ],
)
async def test_bad_requests_are_refused_in_binances_words(world, call, values, code):
    client = await world.client("binanceusdm")
    with pytest.raises(ccxt.ExchangeError, match=code):
        await getattr(client, call)(values)


@pytest.mark.recorded
async def test_recorded_market_lists_what_was_recorded(recorded_data, start_world):
    episode = load_episode(recorded_data / "episodes" / "2024-08-05")
    async with start_world(episode, episode.opens_ms + 5_000) as world:
        client = await world.client("binance", fetchMarkets={"types": ["spot", "linear"]})
        markets = await client.load_markets()
        assert "XRP/USDT" in markets
        assert "XRP/USDT:USDT" not in markets
        bnb = "BNB/USDT:USDT"
        assert await client.fetch_open_interest_history(bnb, "1h") == []
        with pytest.raises(ccxt.ExchangeError, match="-4108"):
            await client.fetch_open_interest(bnb)
        (spot, _) = await client.fetch_ohlcv("XRP/USDT", "1h", limit=2)
        assert spot[4] == 0.4407
        gate = await world.client("gate", fetchMarkets={"types": ["swap"]})
        assert await gate.load_markets() == {}

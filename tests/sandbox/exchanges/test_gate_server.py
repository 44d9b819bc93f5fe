"""Unmodified ccxt takes the answers of the Gate server over real HTTP."""

import ccxt.async_support as ccxt
import pytest

from sandbox.episodes.episode import DAY_MS, HOUR_MS, Listing

BTC = "BTC/USDT:USDT"


async def swap_client(world):
    return await world.client("gate", fetchMarkets={"types": ["swap"]}, defaultType="swap")


async def statistics(client, start_ms, **values):
    return await client.publicFuturesGetSettleContractStats(
        {"settle": "usdt", "contract": "BTC_USDT", "interval": "1h", "from": start_ms // 1000}
        | values
    )


async def test_markets_load_with_everything_ccxt_asks_for(world):
    client = await world.client("gate")
    markets = await client.load_markets()
    assert len(markets) == 5
    sizes = {market["base"]: market["contractSize"] for market in markets.values()}
    assert sizes == {"BTC": 0.0001, "ETH": 0.01, "SOL": 1.0, "XRP": 10.0, "BNB": 0.001}


async def test_statistics_hold_the_published_liquidations(world):
    client = await swap_client(world)
    opens = world.episode.opens_ms
    rows = await statistics(client, opens - 720 * HOUR_MS, limit=1000)
    closed = [row for row in rows if int(row["time"]) * 1000 < opens]
    assert len(closed) == 720
    longs = [float(row["long_liq_usd"]) for row in closed]
    both = [float(row["long_liq_usd"]) + float(row["short_liq_usd"]) for row in closed]
    assert 237.0e6 <= sum(longs[-24:]) < 237.1e6
    assert 2.16e9 <= sum(both[-168:]) < 2.17e9
    assert 4.4e9 <= sum(both) < 4.5e9


async def test_sizes_are_contracts_and_amounts_are_coins(world):
    client = await swap_client(world)
    (row,) = await statistics(client, world.episode.opens_ms - HOUR_MS, limit=1)
    amount = float(row["long_liq_amount"])
    assert float(row["long_liq_size"]) == pytest.approx(amount / 0.0001, abs=1)
    assert float(row["long_liq_usd"]) == pytest.approx(amount * 67_570, rel=0.02)
    usd, contracts = float(row["open_interest_usd"]), float(row["open_interest"])
    assert usd == pytest.approx(contracts * 0.0001 * float(row["mark_price"]), rel=1e-6)


async def test_open_interest_of_a_bar_is_the_value_at_its_end(world):
    client = await swap_client(world)
    opens = world.episode.opens_ms
    rows = await client.fetch_open_interest_history(BTC, "1h", opens - 2 * HOUR_MS, 10)
    assert [row["timestamp"] for row in rows] == [opens - 2 * HOUR_MS, opens - HOUR_MS, opens]
    known = world.episode.open_interest_at(Listing("gate", BTC), opens)
    assert rows[1]["openInterestValue"] == known[-1].open_interest_notional
    assert rows[2]["openInterestValue"] == known[-1].open_interest_notional


async def test_the_running_bar_has_no_liquidations_yet(world):
    client = await swap_client(world)
    (*_, running) = await statistics(client, world.episode.opens_ms)
    assert int(running["time"]) * 1000 == world.episode.opens_ms
    assert float(running["long_liq_usd"]) == 0


async def test_daily_statistics_are_the_sum_of_their_hours(world):
    client = await swap_client(world)
    midnight = world.episode.opens_ms - 36 * HOUR_MS
    hours = await statistics(client, midnight, limit=24)
    (day,) = await statistics(client, midnight, interval="1d", limit=1)
    total = sum(float(row["long_liq_usd"]) for row in hours)
    assert float(day["long_liq_usd"]) == pytest.approx(total, abs=0.05)
    assert day["open_interest"] == hours[-1]["open_interest"]


async def test_candles_tickers_and_funding(world):
    client = await swap_client(world)
    opens = world.episode.opens_ms
    rows = await client.fetch_ohlcv(BTC, "1h", since=opens - 120 * DAY_MS)
    assert len(rows) == 1999
    assert rows[0][0] == opens - 120 * DAY_MS
    latest = await client.fetch_ohlcv(BTC, "1h", limit=3)
    assert [row[0] for row in latest] == [opens - 2 * HOUR_MS, opens - HOUR_MS, opens]
    assert latest[-2][4] == 67_570.0
    tickers = await client.fetch_tickers([BTC])
    assert tickers[BTC]["last"] == 67_570.0
    assert tickers[BTC]["percentage"] == -1.13
    rates = await client.fetch_funding_rate_history(BTC, since=opens - DAY_MS)
    assert len(rates) == 3
    assert await client.fetch_time() >= opens


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"contract": "NOPE_USDT"}, ccxt.BadSymbol),
        ({"interval": "3h"}, ccxt.BadRequest),
        ({"limit": 1001}, ccxt.BadRequest),
        ({"from": 20, "to": 10}, ccxt.BadRequest),
        ({"contract": ""}, ccxt.ArgumentsRequired),
    ],
)
async def test_bad_requests_are_refused_in_gates_words(world, values, error):
    client = await swap_client(world)
    with pytest.raises(error):
        await statistics(client, world.episode.opens_ms, **values)

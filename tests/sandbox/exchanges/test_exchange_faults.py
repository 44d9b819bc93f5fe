"""Each fault reaches ccxt as the failure that it stands for, and ends when it is cleared."""

import asyncio
import math

import aiohttp
import ccxt.async_support as ccxt
import pytest

from sandbox.exchanges.faults import Fault

BTC = "BTC/USDT:USDT"


async def loaded(world):
    client = await world.client("binanceusdm")
    await client.load_markets()
    return client


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DOWN, ccxt.NetworkError),
        (Fault.BANNED, ccxt.DDoSProtection),
        (Fault.LIMITED, ccxt.DDoSProtection),
        (Fault.BROKEN, ccxt.ExchangeNotAvailable),
    ],
)
async def test_refusals_raise_in_ccxt_and_end_when_cleared(world, fault, error):
    client = await loaded(world)
    world.binance.faults.set(fault)
    with pytest.raises(error):
        await client.fetch_ohlcv(BTC, "1h", limit=2)
    world.binance.faults.clear()
    assert len(await client.fetch_ohlcv(BTC, "1h", limit=2)) == 2


@pytest.mark.parametrize(("fault", "status"), [(Fault.BANNED, 418), (Fault.LIMITED, 429)])
async def test_limits_say_when_to_come_back(world, fault, status):
    world.gate.faults.set(fault, retry_after=7)
    url = f"{world.url}/api.gateio.ws/api/v4/futures/usdt/contracts"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == status
        assert answer.headers["Retry-After"] == "7"


async def test_gate_and_binance_fail_apart(world):
    world.gate.faults.set(Fault.DOWN)
    gate = await world.client("gate", fetchMarkets={"types": ["swap"]})
    with pytest.raises(ccxt.NetworkError):
        await gate.load_markets()
    assert await (await loaded(world)).fetch_ohlcv(BTC, "1h", limit=2)


async def test_hung_answers_only_after_it_is_cleared(world):
    client = await loaded(world)
    world.binance.faults.set(Fault.HUNG)
    asked = asyncio.create_task(client.fetch_ohlcv(BTC, "1h", limit=2))
    await asyncio.sleep(0.3)
    assert not asked.done()
    world.binance.faults.clear()
    assert len(await asked) == 2


async def test_hung_times_out_in_ccxt(world):
    client = await loaded(world)
    client.timeout = 200
    world.binance.faults.set(Fault.HUNG)
    with pytest.raises(ccxt.RequestTimeout):
        await client.fetch_ohlcv(BTC, "1h", limit=2)


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED])
async def test_unreadable_answers_carry_no_price(world, fault):
    client = await loaded(world)
    world.binance.faults.set(fault)
    # ccxt raises nothing here: whoever takes its answer has to look at it.
    ticker = await client.fetch_ticker(BTC)
    assert ticker["last"] is None


async def test_nan_reaches_the_numbers_and_not_the_times(world):
    client = await loaded(world)
    world.binance.faults.set(Fault.NAN)
    rows = await client.fapiPublicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "limit": 2})
    assert int(rows[1][0]) == world.episode.opens_ms
    assert all(math.isnan(float(price)) for price in rows[0][1:6])


async def test_a_fault_may_hold_for_one_path_only(world):
    client = await loaded(world)
    world.binance.faults.set(Fault.BROKEN, path_part="openInterestHist")
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await client.fetch_open_interest_history(BTC, "1h", limit=2)
    assert len(await client.fetch_ohlcv(BTC, "1h", limit=2)) == 2

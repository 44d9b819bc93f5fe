"""The door to ccxt: every error is translated, every fault survived, every URL rewritten."""

import asyncio
from datetime import timedelta

import ccxt.async_support as ccxt
import pytest

from bot.clock import Clock
from bot.collectors.exchange import open_exchanges
from bot.collectors.failures import SlowDownError, TransientError, host_in, one_line, retry_after
from bot.collectors.registry import adapters
from bot.errors import OutsideError
from bot.outside import Outside
from sandbox.exchanges.faults import Fault


def every_error(base=ccxt.BaseError):
    yield base
    for kind in base.__subclasses__():
        yield from every_error(kind)


ALL_ERRORS = sorted(set(every_error()), key=lambda kind: kind.__name__)
BARE_ERRORS = [ValueError("nan"), TypeError("None"), KeyError("last"), AttributeError("split")]


def test_ccxt_has_the_errors_that_are_tested():
    assert len(ALL_ERRORS) > 30
    assert ccxt.RateLimitExceeded in ALL_ERRORS


@pytest.mark.parametrize("error", [*[kind("words") for kind in ALL_ERRORS], *BARE_ERRORS], ids=repr)
async def test_every_error_becomes_one_line_with_the_host(world, error):
    async with world.exchange("binance") as exchange:

        async def fail():
            raise error

        exchange._client.fetch_status = fail
        with pytest.raises(OutsideError) as caught:
            await exchange.call("fetch_status")
        assert str(caught.value).startswith("binance (fapi.binance.com): ")
        assert "\n" not in str(caught.value)
        slow = isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded)
        assert isinstance(caught.value, SlowDownError) is slow


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.DOWN, "isconnected"),
        (Fault.HUNG, "no answer in time"),
        (Fault.BROKEN, "503"),
        (Fault.HTML, "not JSON"),
        (Fault.TRUNCATED, "not JSON"),
    ],
)
async def test_a_fault_is_tried_twice_then_named(world, fault, words):
    async with world.exchange("binance", answer_seconds=0.3) as exchange:
        await exchange.load_markets(["BTC"])
        world.requests()
        world.binance.faults.set(fault)
        with pytest.raises(TransientError) as caught:
            await exchange.call("fetch_ohlcv", "BTC/USDT:USDT", "1h", None, 10)
        assert words in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)
        # aiohttp by itself asks once more when a kept connection turns out to be dead
        assert world.requests()["klines"] in (range(2, 5) if fault is Fault.DOWN else (2,))
        world.binance.faults.clear()
        assert await exchange.call("fetch_ohlcv", "BTC/USDT:USDT", "1h", None, 10)


@pytest.mark.parametrize("name", ["binance", "gate"])
@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED, Fault.DOWN, Fault.BROKEN])
async def test_markets_that_cannot_be_read_are_a_failure_not_an_empty_exchange(world, name, fault):
    getattr(world, name).faults.set(fault)
    async with world.exchange(name) as exchange:
        with pytest.raises(OutsideError, match=exchange.adapter.host):
            await exchange.load_markets(["BTC"])
        assert not exchange.is_reached


@pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.BANNED])
@pytest.mark.parametrize("name", ["binance", "gate"])
async def test_an_exchange_that_asks_for_it_is_left_alone_as_long_as_it_says(world, name, fault):
    server = getattr(world, name)
    async with world.exchange(name) as exchange:
        await exchange.load_markets(["BTC"])
        server.faults.set(fault, path_part="tickers" if name == "gate" else "24hr", retry_after=30)
        with pytest.raises(SlowDownError, match="30 s"):
            await exchange.call("fetch_tickers", ["BTC/USDT:USDT"])
        server.faults.clear()
        world.requests()
        with pytest.raises(SlowDownError, match="not asked again before"):
            await exchange.call("fetch_ohlcv", "BTC/USDT:USDT")
        assert not world.requests()
        exchange._pause_until = world.clock.now() - timedelta(seconds=1)
        assert await exchange.call("fetch_tickers", ["BTC/USDT:USDT"])


async def test_a_refused_connection_names_the_real_host():
    nobody = Outside("http://127.0.0.1:1")
    async with open_exchanges(adapters(["gate"]), nobody, Clock()) as (gate,):
        with pytest.raises(OutsideError, match=r"^gate \(api\.gateio\.ws\): .*onnect"):
            await gate.load_markets(["BTC"])


@pytest.mark.parametrize("name", ["binance", "gate"])
async def test_every_address_leads_to_the_sandbox_and_the_clock_is_ours(world, name):
    def strings(value):
        if isinstance(value, str):
            return [value]
        return [text for item in value.values() for text in strings(item)]

    async with world.exchange(name) as exchange:
        client = exchange._client
        assert all(url.startswith(world.url) for url in strings(client.urls["api"]))
        assert abs(client.milliseconds() - world.clock.now_ms()) < 1_000
        assert client.enableRateLimit


async def test_instruments_are_crypto_perpetuals_and_nothing_else_is_kept(world):
    async with world.exchange("binance") as exchange:
        await exchange.load_markets(["BTC", "XAU", "NOPE"])
        assert [item.symbol for item in exchange.instruments] == ["BTC/USDT:USDT"]
        assert list(exchange._client.markets) == ["BTC/USDT:USDT"]
    async with world.exchange("gate") as exchange:
        await exchange.load_markets(["BTC", "ETH"])
        assert [item.contract_size for item in exchange.instruments] == [0.0001, 0.01]


async def test_spot_is_asked_for_only_when_a_perpetual_is_missing(world):
    async with world.exchange("binance") as exchange:
        await exchange.load_markets(["BTC", "ETH"])
        assert not [path for path in world.binance.requests if "api/v3" in path]


async def test_the_session_is_closed_when_cancelled(world):
    world.binance.faults.set(Fault.HUNG)
    opened = []

    async def hang():
        async with world.exchange("binance", answer_seconds=60) as exchange:
            opened.append(exchange)
            await exchange.load_markets(["BTC"])

    task = asyncio.create_task(hang())
    while not world.binance.requests:  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)
    task.cancel()
    async with asyncio.timeout(30):  # the answer would be waited for twice as long
        await asyncio.wait([task])
    assert task.cancelled()
    assert opened[0]._client.session is None


def test_hosts_and_reasons_are_read_from_texts():
    assert host_in("GET https://fapi.binance.com/fapi/v1/time") == "fapi.binance.com"
    assert host_in("GET http://127.0.0.1:8000/api.gateio.ws/api/v4") == "api.gateio.ws"
    assert host_in("no address") is None
    error = ValueError("first\nsecond https://x.example/path?a=b third")
    assert one_line(error) == "first second third"
    assert one_line(ValueError()) == "ValueError"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), (" 7 ", 7), ("0", 1), ("soon", None), ("-1", None)]
)
def test_retry_after_is_read_in_seconds(text, seconds):
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after({"retry-AFTER": text}) == wanted
    assert retry_after(None) is None

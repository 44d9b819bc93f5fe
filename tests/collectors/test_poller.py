"""Rounds over exchanges: none stops another, health says how each is doing, no end loses data."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.collectors.candles import collect_candles
from bot.collectors.rhythm import every, hourly, look_again_at, retry_at
from bot.errors import DatabaseError, NoExchangeError
from bot.store.store import open_store
from sandbox.exchanges.faults import Fault

BTC = "BTC/USDT:USDT"
NOON = datetime(2026, 2, 11, 12, tzinfo=UTC)


def failing(poller):
    return {(item.exchange, str(item.series)) for item in poller.health if item.is_failing}


async def eventually(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.BROKEN, Fault.HTML, Fault.LIMITED])
@pytest.mark.parametrize("name", ["binance", "gate"])
async def test_one_failing_exchange_does_not_stop_the_other(world, store, name, fault):
    getattr(world, name).faults.set(fault)
    async with world.poller(store, assets=["BTC"]) as poller:
        await poller.collect_once()
        assert failing(poller) == {(name, "markets")}
        other = [item for item in poller.health if item.exchange != name]
        assert all(item.last_success_at is not None for item in other)


@pytest.mark.parametrize(
    ("path_part", "series"),
    [
        ("klines", {"candles"}),
        ("openInterestHist", {"open_interest_history"}),
        ("fundingRate", {"funding"}),
        ("ticker/24hr", {"tickers"}),
    ],
)
@pytest.mark.parametrize("fault", [Fault.NAN, Fault.TRUNCATED, Fault.BROKEN])
async def test_one_failing_series_does_not_stop_another(world, store, path_part, series, fault):
    world.binance.faults.set(fault, path_part=path_part)
    async with world.poller(store, ["binance"], ["BTC"]) as poller:
        await poller.collect_once()
        troubled = {str(item.series) for item in poller.health if item.is_failing or item.refused}
        # history of open interest is checked against candles and refused without them
        dependent = {"open_interest_history"} if "candles" in series else set()
        assert series <= troubled <= series | dependent
        world.binance.faults.clear()
        for source in poller._sources:
            for job in source.jobs:
                job.health = type(job.health)(job.health.exchange, job.health.series)
        await poller.collect_once()
        assert failing(poller) == set()
        assert not any(item.refused for item in poller.health)


async def test_nothing_that_is_not_a_number_is_stored(world, store):
    world.binance.faults.set(Fault.NAN)
    world.gate.faults.set(Fault.NAN)
    async with world.poller(store, assets=["BTC"]) as poller:
        await poller.collect_once()
    assert await store.candles.bounds("binance", BTC, "1h") is None
    assert await store.tickers.newest() == []
    for exchange in ("binance", "gate"):
        assert await store.open_interest.bounds(exchange, BTC) is None


async def test_none_reached_names_every_host_and_why(world, store):
    world.binance.faults.set(Fault.BROKEN)
    world.gate.faults.set(Fault.HTML)
    async with world.poller(store, assets=["BTC"]) as poller:
        with pytest.raises(NoExchangeError) as caught:
            await poller.collect_once()
    line = str(caught.value)
    assert "fapi.binance.com" in line
    assert "503" in line
    assert "api.gateio.ws" in line
    assert "\n" not in line
    assert caught.value.exit_code == 3


async def test_running_survives_an_outage_and_recovers(world, store):
    world.binance.faults.set(Fault.BROKEN)
    async with world.poller(store, assets=["BTC"]) as poller:
        running = asyncio.create_task(poller.run())
        await asyncio.wait_for(poller.first_round_done.wait(), 60)
        assert failing(poller) == {("binance", "markets")}
        world.binance.faults.clear()
        await eventually(lambda: not failing(poller))
        await eventually(
            lambda: all(item.stored for item in poller.health if item.series != "markets")
        )
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_cancelling_in_the_first_round_leaves_what_was_written(world, database_url):
    async with open_store(database_url, world.clock) as store, world.poller(store) as poller:
        running = asyncio.create_task(poller.run())
        await asyncio.wait_for(poller.news.wait(), 60)
        world.binance.faults.set(Fault.HUNG)
        world.gate.faults.set(Fault.HUNG)
        await asyncio.sleep(0.2)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
    world.binance.faults.clear()
    world.gate.faults.clear()
    async with open_store(database_url, world.clock) as store, world.poller(store) as poller:
        await poller.collect_once()
        assert failing(poller) == set()
        end = NOON
        for asset in ("BTC", "ETH", "SOL", "XRP", "BNB"):
            symbol = f"{asset}/USDT:USDT"
            first = end - timedelta(days=120, hours=-1)
            assert len(await store.candles.closes("binance", symbol, "1h", first, end)) == 2880


async def test_news_name_what_has_come(world, store):
    async with world.poller(store, ["gate"], ["BTC"]) as poller:
        await poller.collect_once()
        assert await poller.news.wait() == {
            ("gate", "tickers"),
            ("gate", "open_interest"),
            ("gate", "liquidations"),
        }
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(poller.news.wait(), 0.05)


async def test_a_broken_database_ends_it_as_itself(world, store, monkeypatch):
    async def broken(_candles):
        raise DatabaseError("gone")

    monkeypatch.setattr(store.candles, "add", broken)
    async with world.poller(store, assets=["BTC"]) as poller:
        with pytest.raises(DatabaseError, match="gone"):
            await poller.collect_once()
        with pytest.raises(DatabaseError, match="gone"):
            await poller.run()


async def test_a_bug_in_one_series_stops_no_other(world, store, monkeypatch):
    async def broken(_records):
        raise RuntimeError("a bug")

    monkeypatch.setattr(store.funding, "add", broken)
    async with world.poller(store, ["binance"], ["BTC"]) as poller:
        await poller.collect_once()
        (health,) = [item for item in poller.health if item.is_failing]
        assert health.last_error == "binance: RuntimeError in funding"
        assert await store.candles.bounds("binance", BTC, "1h") is not None


async def test_one_instrument_that_fails_stops_no_other(world, store):
    async with world.exchange("binance") as exchange:
        await exchange.load_markets(["BTC", "ETH"])
        true_call = exchange.call
        calls: Counter[str] = Counter()

        async def call(method, symbol, *rest):
            calls[symbol] += 1
            if symbol == BTC:
                raise RuntimeError("a bug")
            return await true_call(method, symbol, *rest)

        exchange.call = call
        with pytest.raises(RuntimeError):
            await collect_candles(exchange, store)
    assert calls["ETH/USDT:USDT"] == 3
    assert await store.candles.bounds("binance", "ETH/USDT:USDT", "1h") is not None


@pytest.mark.parametrize(
    ("second", "due"), [(0, 10), (9, 10), (10, 3610), (11, 3610), (3599, 3610)]
)
def test_hours_are_asked_for_just_after_they_close(second, due):
    assert hourly(NOON + timedelta(seconds=second)) == NOON + timedelta(seconds=due)


def test_retries_grow_to_a_limit_that_recovers_within_30_seconds():
    waits = [(retry_at(NOON, failures) - NOON).total_seconds() for failures in (1, 2, 3, 50)]
    assert waits == [5, 10, 20, 20]


def test_what_is_late_is_looked_for_more_and_more_rarely_until_it_is_due_anyway():
    due = NOON + timedelta(minutes=5)
    waits = [(look_again_at(NOON, tries, due) - NOON).total_seconds() for tries in (1, 2, 3, 4, 9)]
    assert waits == [30, 60, 120, 240, 300]
    assert every(timedelta(seconds=30))(NOON) == NOON + timedelta(seconds=30)

"""A running world of exchanges, and unmodified ccxt clients that talk to it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt
import pytest
from aiohttp import web

from bot.clock import Clock, from_ms
from sandbox.episodes.episode import Episode
from sandbox.episodes.wednesday import wednesday_episode
from sandbox.exchanges.binance import BinanceServer
from sandbox.exchanges.gate import GateServer


@dataclass
class World:
    episode: Episode
    clock: Clock
    url: str
    binance: BinanceServer
    gate: GateServer
    clients: list[Any]

    async def client(self, name: str, **options: Any) -> Any:
        """Return ccxt's client `name`, as the bot sets it up, closed with the world."""
        client = getattr(ccxt, name)({"options": options, "timeout": 2_000})
        client.urls["api"] = rewritten(client.urls["api"], self.url)
        client.milliseconds = self.clock.now_ms
        client.enableRateLimit = False
        self.clients.append(client)
        return client


def rewritten(value: Any, url: str) -> Any:
    if isinstance(value, dict):
        return {key: rewritten(item, url) for key, item in value.items()}
    parts = urlsplit(value)
    return f"{url}/{parts.netloc}{parts.path}"


@asynccontextmanager
async def running(episode: Episode, now_ms: int):
    clock = Clock.starting_at(from_ms(now_ms))
    binance, gate = BinanceServer(episode, clock), GateServer(episode, clock)
    app = web.Application()
    binance.mount(app)
    gate.mount(app)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    clients: list[Any] = []
    try:
        yield World(episode, clock, url, binance, gate, clients)
    finally:
        await asyncio.gather(*(client.close() for client in clients))
        await runner.cleanup()


@pytest.fixture(scope="session")
def wednesday() -> Episode:
    return wednesday_episode()


@pytest.fixture
async def world(wednesday):
    async with running(wednesday, wednesday.opens_ms + 10_000) as started:
        yield started


@pytest.fixture
def start_world():
    """Return the way to start a world on another episode or at another moment."""
    return running

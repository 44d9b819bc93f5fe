"""A world of exchanges on loopback, a migrated store, and the real collectors between them."""

from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import stamina
from aiohttp import web

from bot.clock import Clock, from_ms
from bot.collectors.exchange import open_exchanges
from bot.collectors.poller import open_poller
from bot.collectors.registry import adapters
from bot.outside import Outside
from bot.store.schema import migrate
from bot.store.store import open_store
from sandbox.episodes.episode import Episode
from sandbox.episodes.wednesday import wednesday_episode
from sandbox.exchanges.binance import BinanceServer
from sandbox.exchanges.gate import GateServer

ASSETS = ("BTC", "ETH", "SOL", "XRP", "BNB")


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=2):
        yield


@dataclass
class World:
    clock: Clock
    url: str
    binance: BinanceServer
    gate: GateServer

    @property
    def outside(self) -> Outside:
        return Outside(self.url)

    def requests(self) -> Counter[str]:
        """Return how often each last part of a path was asked for, and forget them."""
        asked: Counter[str] = Counter()
        for server in (self.binance, self.gate):
            for path, count in server.requests.items():
                asked[path.rsplit("/", 1)[-1]] += count
            server.requests.clear()
        return asked

    @asynccontextmanager
    async def exchange(self, name: str, answer_seconds: float = 5.0):
        """Open the exchange `name` of this world."""
        chosen = adapters([name])
        async with open_exchanges(chosen, self.outside, self.clock, answer_seconds) as (exchange,):
            yield exchange

    def poller(self, store, exchanges=("binance", "gate"), assets=ASSETS):
        """Open a poller on this world."""
        return open_poller(exchanges, assets, store, self.outside, self.clock)


@asynccontextmanager
async def serving(mount):
    """Serve what `mount` adds to an application; the URL of the server."""
    app = web.Application()
    mount(app)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _world(episode: Episode, start: datetime):
    clock = Clock.starting_at(start)
    binance, gate = BinanceServer(episode, clock), GateServer(episode, clock)

    def mount(app: web.Application) -> None:
        binance.mount(app)
        gate.mount(app)

    async with serving(mount) as url:
        yield World(clock, url, binance, gate)


@pytest.fixture(scope="session")
def wednesday() -> Episode:
    return wednesday_episode()


@pytest.fixture
async def world(wednesday):
    async with _world(wednesday, from_ms(wednesday.opens_ms + 10_000)) as started:
        yield started


@pytest.fixture
def start_world():
    """Return the way to start a world on another episode or at another moment."""
    return _world


@pytest.fixture
async def database_url(tmp_path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path}/undertow.db"
    await migrate(url)
    return url


@pytest.fixture
async def store(database_url, world):
    async with open_store(database_url, world.clock) as opened:
        yield opened


@pytest.fixture
def serve():
    """Return the way to serve routes of a test's own."""
    return serving


@pytest.fixture
def routes_of():
    """Return what mounts fixed JSON answers by path."""

    def routes(answers: dict[str, Any]):
        def mount(app: web.Application) -> None:
            for path, value in answers.items():
                app.router.add_get(path, _answer(value))

        return mount

    return routes


def _answer(value: Any):
    async def handle(request: web.Request) -> web.Response:
        return web.json_response(value(request) if callable(value) else value)

    return handle

"""A whole outside world on one loopback port: exchanges fed by an episode, and Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.clock import Clock
from sandbox.discord.server import DiscordServer
from sandbox.episodes.episode import Episode
from sandbox.exchanges.binance import BinanceServer
from sandbox.exchanges.gate import GateServer


@dataclass(frozen=True)
class OutsideWorld:
    """The running sandbox: what the bot's loopback setting points at."""

    url: str
    clock: Clock
    episode: Episode
    discord: DiscordServer
    binance: BinanceServer
    gate: GateServer


@asynccontextmanager
async def open_world(
    episode: Episode, clock: Clock, token: str, *, openapi: Path | None = None
) -> AsyncIterator[OutsideWorld]:
    """Serve the episode's exchanges and Discord on a free loopback port until the block ends."""
    discord = DiscordServer(token, openapi=openapi)
    binance, gate = BinanceServer(episode, clock), GateServer(episode, clock)
    async with served(discord, binance, gate) as url:
        yield OutsideWorld(url, clock, episode, discord, binance, gate)


@asynccontextmanager
async def served(
    discord: DiscordServer, *exchanges: BinanceServer | GateServer
) -> AsyncIterator[str]:
    """Serve a Discord, and exchanges beside it, on a free loopback port; yield its URL."""
    app = web.Application()
    address: list[str] = []
    discord.mount(app, lambda: address[0])
    for exchange in exchanges:
        exchange.mount(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield address[0]
    finally:
        await runner.cleanup()

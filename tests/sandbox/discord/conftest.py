"""A sandboxed Discord on a real socket, and real discord.py clients that talk to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import discord
import pytest
import yarl
from aiohttp import web
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord.server import DiscordServer
from sandbox.discord.timings import Timings

TOKEN = "sandbox-token"  # noqa: S105 (of the sandbox)
Build = Callable[[app_commands.CommandTree], object]


class Bot(discord.AutoShardedClient):
    """A bot of a few lines, with the commands that `build` adds."""

    def __init__(self, build: Build, **settings) -> None:
        intents = discord.Intents(guilds=True)
        super().__init__(intents=intents, guild_ready_timeout=0.05, **settings)
        self.tree = app_commands.CommandTree(self)
        self.is_ready_now = asyncio.Event()
        self.resumes = 0
        build(self.tree)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: discord.py would wait five seconds before any but the first."""

    async def on_ready(self) -> None:
        self.is_ready_now.set()

    async def on_shard_resumed(self, _: int) -> None:
        self.resumes += 1


@asynccontextmanager
async def running(bot: Bot, token: str = TOKEN) -> AsyncIterator[Bot]:
    """Run a bot until the block ends; its failure to start is raised."""
    async with bot:
        task = asyncio.create_task(bot.start(token))
        ready = asyncio.create_task(bot.is_ready_now.wait())
        try:
            await asyncio.wait({task, ready}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            assert ready.done(), "the bot did not get ready"
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            task.cancel()
            with suppress(asyncio.CancelledError, discord.DiscordException):
                await task


@pytest.fixture
def start(monkeypatch):
    @asynccontextmanager
    async def started(**settings) -> AsyncIterator[DiscordServer]:
        settings.setdefault("timings", Timings(identify_spacing=0.0))
        server = DiscordServer(TOKEN, **settings)
        app = web.Application()
        address = ""
        server.mount(app, lambda: address)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        address = f"http://127.0.0.1:{port}"
        monkeypatch.setattr(Route, "BASE", f"{address}/discord.com/api/v10")
        gateway = yarl.URL(f"ws://127.0.0.1:{port}/gateway.discord.gg/")
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        try:
            yield server
        finally:
            await runner.cleanup()

    return started


@pytest.fixture
def run():
    """Return a context manager: `run(build)` is a running bot with the commands `build` adds."""

    def run_bot(build: Build, token: str = TOKEN, **settings):
        return running(Bot(build, **settings), token)

    return run_bot


@pytest.fixture
def token():
    return TOKEN

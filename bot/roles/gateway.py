"""The gateway: answers on Discord from published reports; everything below the line of DESIGN."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import discord

from bot.answers.desk import Desk
from bot.answers.published import PublishedReports
from bot.answers.replies import Replies
from bot.client import Undertow, log_in, redirect_discord, stay_connected
from bot.clock import Clock
from bot.log import logger
from bot.metrics import served_metrics
from bot.outside import Outside
from bot.roles.lifetime import run_until
from bot.roles.supervisor import Supervisor
from bot.settings import Role, Settings
from bot.store.store import open_store
from bot.wording.catalogue import DEFAULT_LANGUAGE

_log = logger(__name__)

_CLOSE_SECONDS = 1.0
_LOGIN_PAUSE = 5.0
_AWAY = (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError)


async def run_gateway(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Answer on Discord until `stop` is set, with the collector as a child in the role `all`."""
    token = settings.required_token()
    redirect_discord(Outside(settings.loopback_url))
    async with AsyncExitStack() as stack:
        metrics = stack.enter_context(served_metrics(settings.metrics_port_of(Role.GATEWAY)))
        store = await stack.enter_async_context(open_store(settings.database_url, clock))
        await store.refuse_earlier_clock(clock)
        published = PublishedReports(store, clock, metrics)
        await published.refresh()
        published.render_all(DEFAULT_LANGUAGE)
        replies = Replies(Desk(store, published, clock), metrics)
        client = Undertow(store, replies, settings.all_assets, settings.shards)
        stack.push_async_callback(_close, client)
        gc.collect()
        gc.freeze()  # a full collection over the imports would hold the loop for 70–130 ms
        parts = [published.keep_fresh(), _connect(client, token)]
        if settings.role is Role.ALL:
            parts.append(Supervisor(settings, store, clock, metrics).keep_alive())
        await run_until(stop, *parts)


async def _connect(client: Undertow, token: str) -> None:
    """Log in and stay connected, however long Discord is away; TokenError if it refuses."""
    await _outlast(lambda: log_in(client, token))
    await _outlast(lambda: stay_connected(client))


async def _outlast(attempt: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await attempt()
        except _AWAY as error:
            _log.warning("Discord cannot be reached, trying again", problem=str(error))
            await asyncio.sleep(_LOGIN_PAUSE)
        else:
            return


async def _close(client: Undertow) -> None:
    try:
        await asyncio.wait_for(client.close(), _CLOSE_SECONDS)
    except TimeoutError:
        _log.warning("Discord did not close the connection in time")

"""A whole Discord on loopback, for unmodified bots."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.discord.asked import Asked
from sandbox.discord.calls import Call, Reply, RestRoute
from sandbox.discord.channels import Channels
from sandbox.discord.commands import Commands
from sandbox.discord.faults import Faults
from sandbox.discord.gateway import RESUME_HOST, Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.messages import MessageWriter
from sandbox.discord.options import OptionValue, UnaskableError, resolved_options
from sandbox.discord.payloads import (
    APPLICATION_COMMAND,
    GUILD_INSTALL,
    IN_BOT_DM,
    IN_GUILD,
    Context,
    Place,
    command_payload,
    place_of,
)
from sandbox.discord.rate_limits import RateLimits
from sandbox.discord.records import RecordedRequest, Records, Violation
from sandbox.discord.rest import Rest
from sandbox.discord.schema import BodySchemas
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.timings import Timings
from sandbox.discord.world import Guild, User, World

GATEWAY_HOST = "gateway.discord.gg"
IDENTIFIES_A_DAY = 1_000
DAY_MS = 86_400_000


class DiscordServer:
    """Discord's REST interface and gateway; `ask` plays the people who use the bot.

    With `openapi` every request body is also validated against Discord's own document. What breaks
    a rule is in `violations`; when `strict` it is refused as well, as the real one would.
    """

    def __init__(
        self,
        token: str,
        *,
        openapi: Path | None = None,
        strict: bool = True,
        world: World | None = None,
        timings: Timings | None = None,
    ) -> None:
        self.world = world or World.example()
        self.timings = timings or Timings()
        self.records = Records()
        self.schemas = BodySchemas(openapi) if openapi is not None else None
        self._snowflakes = Snowflakes()
        writer = MessageWriter(self._snowflakes, self.world.bot)
        self.gateway = Gateway(token, self.world, self.records, self.timings)
        self.faults = Faults(self.gateway)
        self.commands = Commands(self.world, self._snowflakes, self.records)
        self.channels = Channels(self.world, writer, self.timings)
        self._interactions = Interactions(self.world.application_id, writer, self.timings)
        self._rest = Rest(token, self.records, self.faults, self.schemas, strict)
        self._base_url: Callable[[], str] = str

    def mount(self, app: web.Application, base_url: Callable[[], str] | str) -> None:
        """Add every route under its host; `base_url` is `http://127.0.0.1:PORT`, known by then."""
        self._base_url = base_url if callable(base_url) else lambda: base_url
        for host in (GATEWAY_HOST, RESUME_HOST):
            app.router.add_get(f"/{host}", self.gateway.serve)
            app.router.add_get(f"/{host}/", self.gateway.serve)
        routes = [*self._own_routes(), *self.commands.routes(), *self.channels.routes()]
        self._rest.mount(app, routes + self._interactions.routes())
        app.on_shutdown.append(self._shut_down)

    @property
    def violations(self) -> list[Violation]:
        """Every rule broken so far, in order."""
        return self.records.violations

    @property
    def requests(self) -> deque[RecordedRequest]:
        """The last requests, in order."""
        return self.records.requests

    @property
    def sync_count(self) -> int:
        """How often commands were registered."""
        return self.records.sync_count

    @property
    def identify_count(self) -> int:
        """How many sessions were started, resumed ones not counted."""
        return self.records.identify_count

    @property
    def rate_limits(self) -> RateLimits:
        """The REST interface's rate limits."""
        return self._rest.rate_limits

    async def until_ready(self, timeout_seconds: float = 30.0) -> None:
        """Return once a bot has registered commands and listens; TimeoutError when none does."""
        async with asyncio.timeout(timeout_seconds):
            await self.commands.synced.wait()
            await self.gateway.identified.wait()

    async def ask(
        self,
        command: str,
        options: Mapping[str, OptionValue] | None = None,
        *,
        context: Context = "guild",
        user: User | None = None,
        guild: Guild | None = None,
        locale: str = "en-US",
        guild_locale: str | None = None,
        timeout_seconds: float = 15.0,
    ) -> Asked:
        """Use a chat command (`"market"`, or `"group sub"`) and return once it is answered.

        Returns earlier, with `error` set, when Discord would tell the person that nothing came.
        Raises UnaskableError for what a client would not let a person send.
        """
        place = place_of(context, self.world, user or self.world.person, guild, guild_locale)
        data = self._command_data(command, options or {}, place)
        payload = command_payload(
            APPLICATION_COMMAND,
            self.world,
            place,
            locale=locale,
            data=data,
            interaction_id=self._snowflakes.next(),
        )
        asked = Asked(payload, time.monotonic())
        self._interactions.add(asked)
        if await self.gateway.dispatch("INTERACTION_CREATE", payload, place.guild_id):
            await asked.settle(self.timings.response_window, timeout_seconds)
        else:
            asked.error = "the application is not connected"
        return asked

    def _command_data(
        self, command: str, options: Mapping[str, OptionValue], place: Place
    ) -> dict[str, Any]:
        name, *path = command.split()
        definition = self.commands.find(name, place.guild_id)
        if definition is None or not _is_offered(definition, place):
            raise UnaskableError(f"no command {name!r} here")
        data = {
            "id": definition["id"],
            "name": name,
            "type": definition["type"],
            "options": resolved_options(definition, path, options),
        }
        own = definition.get("guild_id")
        return data if own is None else data | {"guild_id": own}

    def _own_routes(self) -> list[RestRoute]:
        return [
            RestRoute("GET", "/gateway", self._gateway_url, needs_token=False),
            RestRoute("GET", "/gateway/bot", self._gateway_bot),
            RestRoute("GET", "/users/@me", lambda _: Reply(200, self._me())),
            RestRoute(
                "GET",
                "/oauth2/applications/@me",
                lambda _: Reply(200, self.world.application_payload()),
            ),
            RestRoute(
                "GET", "/applications/@me", lambda _: Reply(200, self.world.application_payload())
            ),
        ]

    def _me(self) -> dict[str, Any]:
        return self.world.bot.payload() | {"verified": True, "mfa_enabled": True, "locale": "en-US"}

    def _gateway_url(self, _: Call) -> Reply:
        return Reply(200, {"url": self._gateway_address()})

    def _gateway_address(self) -> str:
        return f"{self._base_url().replace('http', 'ws', 1)}/{GATEWAY_HOST}/"

    def _gateway_bot(self, _: Call) -> Reply:
        limit = {
            "total": IDENTIFIES_A_DAY,
            "remaining": max(0, IDENTIFIES_A_DAY - self.identify_count),
            "reset_after": DAY_MS,
            "max_concurrency": self.gateway.max_concurrency,
        }
        answer = {
            "url": self._gateway_address(),
            "shards": self.gateway.shards,
            "session_start_limit": limit,
        }
        return Reply(200, answer)

    async def _shut_down(self, _: web.Application) -> None:
        self.faults.release()
        await self.gateway.close_sockets(1001)


def _is_offered(definition: Mapping[str, Any], place: Place) -> bool:
    """Return whether a client shows the command in this place."""
    if "guild_id" in definition:
        return True
    if not place.installs & set(definition["integration_types"]):
        return False
    contexts = definition["contexts"]
    if contexts is not None:
        return place.context in contexts
    if GUILD_INSTALL not in definition["integration_types"]:
        return True
    return place.context == IN_GUILD or (place.context == IN_BOT_DM and definition["dm_permission"])

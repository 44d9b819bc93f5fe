"""The discord.py client: loads cogs, syncs commands when they changed, last line of errors."""

import gc
import hashlib
import json
import pkgutil
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers.replies import Interaction, Replies
from bot.errors import SettingsError, TokenError
from bot.log import logger
from bot.outside import Outside
from bot.settings import Shards
from bot.store.store import Store

_log = logger(__name__)

_SYNCED = "synced_commands"
_COGS = "cogs"
_TOKEN_REFUSED = 4004
_SHARDS_REFUSED = (4010, 4011)
_PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True
)


class Undertow(commands.AutoShardedBot):
    """The bot on Discord; `assets` are those that its commands know."""

    def __init__(
        self,
        store: Store,
        replies: Replies,
        assets: tuple[str, ...],
        shards: Shards | None,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=30,
            **_sharding(shards),
        )
        self.replies = replies
        self.assets = assets
        self._store = store
        self.tree.error(self._answer_error)

    async def setup_hook(self) -> None:
        """Load every cog, then sync the commands if their definition changed."""
        for module in pkgutil.iter_modules(__import__(_COGS).__path__, f"{_COGS}."):
            if module.name not in self.extensions:  # as after a login that Discord broke off
                await self.load_extension(module.name)
        await self._sync_when_changed()

    async def on_ready(self) -> None:
        """Log that commands are answered now; what is loaded by now is never collected again."""
        gc.freeze()  # a full collection over cogs and guilds would hold the loop
        _log.info("ready", user=str(self.user), guilds=len(self.guilds), shards=self.shard_count)

    async def _sync_when_changed(self) -> None:
        definition = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([str(self.application_id), definition], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if await self._store.state.get(_SYNCED) == digest:
            return
        await self.tree.sync()
        await self._store.state.set(_SYNCED, digest)
        _log.info("commands synced", count=len(definition))

    async def _answer_error(
        self, interaction: Interaction, error: app_commands.AppCommandError
    ) -> None:
        cause = error.__cause__
        original = error if not isinstance(cause, Exception) else cause
        await self.replies.failure(interaction, original)


def _sharding(shards: Shards | None) -> dict[str, Any]:
    """Return nothing for as many shards as Discord recommends, all in this process."""
    return {} if shards is None else {"shard_count": shards.count, "shard_ids": shards.ids}


def redirect_discord(outside: Outside) -> None:
    """Point discord.py at the outside world, which may be a sandbox on loopback.

    discord.py has no public option for this: the two class attributes are the seam.
    """
    discord.http.Route.BASE = outside.url("https://discord.com/api/v10")
    gateway: Any = discord.gateway.DiscordWebSocket
    gateway.DEFAULT_GATEWAY = type(gateway.DEFAULT_GATEWAY)(
        outside.url("wss://gateway.discord.gg/")
    )


async def log_in(client: Undertow, token: str) -> None:
    """Log in to Discord's REST interface; TokenError when the token is refused."""
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise _token_error()  # it cannot stand in a header, so Discord could not even be asked
    try:
        await client.login(token)
    except discord.LoginFailure as error:
        raise _token_error() from error
    except BaseException:
        await client.http.close()  # another login opens another session and connector
        client.http.connector = discord.utils.MISSING
        raise


async def stay_connected(client: Undertow) -> None:
    """Stay on Discord's gateway; TokenError or SettingsError when it refuses for good."""
    try:
        await client.connect(reconnect=True)
    except discord.ConnectionClosed as error:
        if error.code == _TOKEN_REFUSED:
            raise _token_error() from error
        if error.code in _SHARDS_REFUSED:
            raise SettingsError("UNDERTOW_SHARDS: Discord refuses these shards") from error
        raise


def _token_error() -> TokenError:
    return TokenError("DISCORD_TOKEN: Discord refuses this token")


def invitation_url(client_id: int) -> str:
    """Return the link that invites the bot with the four permissions it needs."""
    return discord.utils.oauth_url(
        client_id, permissions=_PERMISSIONS, scopes=("bot", "applications.commands")
    )

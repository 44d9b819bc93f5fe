"""Routes of guilds and channels, and the messages the bot posts by itself."""

import time
from collections import OrderedDict

from sandbox.discord import errors
from sandbox.discord.calls import Call, Reply, RestRoute
from sandbox.discord.errors import Problem
from sandbox.discord.messages import Message, MessageShelf, MessageWriter
from sandbox.discord.rate_limits import Allowance
from sandbox.discord.rules import is_empty, message_problems, text_problems
from sandbox.discord.timings import Timings
from sandbox.discord.world import ATTACH_FILES, SEND_MESSAGES, VIEW_CHANNEL, Channel, Guild, World

CHANNEL = "/channels/{channel_id}"
MESSAGES = f"{CHANNEL}/messages"
ONE_MESSAGE = f"{MESSAGES}/{{message_id}}"
NONCE_LIMIT = 25


class Channels:
    """Guilds, channels and what was posted there."""

    def __init__(self, world: World, writer: MessageWriter, timings: Timings) -> None:
        self._world = world
        self._writer = writer
        self._timings = timings
        self._shelf = MessageShelf()
        self._nonces: OrderedDict[tuple[int, str], tuple[float, Message]] = OrderedDict()

    def routes(self) -> list[RestRoute]:
        """Return the routes of guilds, channels and their messages."""
        posting = Allowance(5, 5.0)
        return [
            RestRoute("GET", "/guilds/{guild_id}", self._guild),
            RestRoute("GET", "/guilds/{guild_id}/channels", self._guild_channels),
            RestRoute("GET", CHANNEL, self._channel),
            RestRoute("POST", MESSAGES, self._post, _problems, True, posting),
            RestRoute("GET", ONE_MESSAGE, self._get),
            RestRoute("PATCH", ONE_MESSAGE, self._edit, _problems, True, posting),
            RestRoute("DELETE", ONE_MESSAGE, self._delete, None, True, posting),
        ]

    def messages(self, channel_id: int) -> list[Message]:
        """Return what stands in a channel, oldest first."""
        return [one for one in self._shelf if one.payload["channel_id"] == str(channel_id)]

    def _guild(self, call: Call) -> Reply:
        return Reply(200, self._known_guild(call).payload())

    def _guild_channels(self, call: Call) -> Reply:
        guild = self._known_guild(call)
        return Reply(200, [one.payload(guild.id, n) for n, one in enumerate(guild.channels)])

    def _known_guild(self, call: Call) -> Guild:
        guild = self._world.guilds.get(call.number("guild_id"))
        if guild is None:
            raise errors.unknown_guild()
        return guild

    def _channel(self, call: Call) -> Reply:
        guild, channel = self._visible(call)
        return Reply(200, channel.payload(guild.id, guild.channels.index(channel)))

    def _visible(self, call: Call, permissions: int = 0) -> tuple[Guild, Channel]:
        found = self._world.channel(call.number("channel_id"))
        if found is None:
            raise errors.unknown_channel()
        allowed = found[1].app_permissions
        if not allowed & VIEW_CHANNEL:
            raise errors.missing_access()
        if permissions & ~allowed:
            raise errors.missing_permissions()
        return found

    def _post(self, call: Call) -> Reply:
        _, channel = self._visible(call, SEND_MESSAGES | (ATTACH_FILES if call.files else 0))
        if is_empty(call.body, bool(call.files)):
            raise errors.empty_message()
        nonce = call.body.get("nonce")
        known = self._remembered(channel.id, nonce) if call.body.get("enforce_nonce") else None
        if known is not None:
            return Reply(200, known.payload)
        extra = {} if nonce is None else {"nonce": nonce}
        message = self._writer.create(channel.id, call.body, call.files, **extra)
        self._shelf.put(message)
        if nonce is not None:
            self._nonces[channel.id, str(nonce)] = (time.monotonic(), message)
        return Reply(200, message.payload)

    def _remembered(self, channel_id: int, nonce: object) -> Message | None:
        oldest_kept = time.monotonic() - self._timings.nonce_memory
        while self._nonces and next(iter(self._nonces.values()))[0] < oldest_kept:
            self._nonces.popitem(last=False)
        found = self._nonces.get((channel_id, str(nonce)))
        return None if found is None else found[1]

    def _get(self, call: Call) -> Reply:
        return Reply(200, self._found(call).payload)

    def _edit(self, call: Call) -> Reply:
        message = self._found(call)
        if is_empty(message.payload | call.body, bool(call.files)):
            raise errors.empty_message()
        self._writer.edit(message, call.body, call.files)
        return Reply(200, message.payload)

    def _delete(self, call: Call) -> Reply:
        self._shelf.remove(self._found(call).id)
        return Reply(204)

    def _found(self, call: Call) -> Message:
        _, channel = self._visible(call)
        message = self._shelf.get(call.number("message_id"))
        if message is None or message.payload["channel_id"] != str(channel.id):
            raise errors.unknown_message()
        return message


def _problems(call: Call) -> list[Problem]:
    if not isinstance(call.body, dict):
        return [Problem("", "MODEL_TYPE_CONVERT", "Only dictionaries may be used")]
    problems = message_problems(call.body)
    if isinstance(call.body.get("nonce"), str):
        problems += text_problems(call.body, "nonce", NONCE_LIMIT)
    return problems

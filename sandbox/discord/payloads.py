"""What an interaction carries from each of the places where a person can ask."""

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.discord.messages import Payload
from sandbox.discord.reading import FILE_LIMIT
from sandbox.discord.world import (
    ATTACH_FILES,
    EMBED_LINKS,
    MEMBER_PERMISSIONS,
    MENTION_EVERYONE,
    USE_EXTERNAL_EMOJIS,
    Guild,
    User,
    World,
)

Context = Literal["guild", "dm", "user_install", "user_install_guild"]
APPLICATION_COMMAND, COMMAND_AUTOCOMPLETE = 2, 4
GUILD_INSTALL, USER_INSTALL = 0, 1
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2
PRIVATE_PERMISSIONS = ATTACH_FILES | EMBED_LINKS | MENTION_EVERYONE
DM, GROUP_DM = 1, 3
STRANGE_GUILD_ID = 290_000_000_000 << 22


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person asks: the interaction's fields that depend on it.

    `guild_id` is None outside servers; `installs` are the ways of installing that apply here.
    """

    fields: Payload
    guild_id: int | None
    context: int
    installs: frozenset[int]


def place_of(
    context: Context, world: World, user: User, guild: Guild | None, guild_locale: str | None
) -> Place:
    """Return the place for a context; without a guild the first of the world is used.

    `user_install` is a private channel with somebody else, `user_install_guild` a server that has
    not invited the bot: in both, only the asker installed the application.
    """
    match context:
        case "guild":
            return _guild(user, guild or next(iter(world.guilds.values())), guild_locale)
        case "dm":
            return _direct(world, user)
        case "user_install":
            return _private(user)
        case "user_install_guild":
            return _strange_guild(user, guild_locale)


def command_payload(
    kind: int, world: World, place: Place, *, locale: str, data: Payload, interaction_id: int
) -> Payload:
    """Return the whole interaction of a command, as INTERACTION_CREATE carries it."""
    return {
        "id": str(interaction_id),
        "application_id": str(world.application_id),
        "type": kind,
        "token": secrets.token_urlsafe(96),
        "version": 1,
        "locale": locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": FILE_LIMIT,
        "context": place.context,
        "data": data,
        **place.fields,
    }


def _guild(user: User, guild: Guild, guild_locale: str | None) -> Place:
    channel = guild.channels[0]
    channel_payload = channel.payload(guild.id) | {"permissions": str(MEMBER_PERMISSIONS)}
    fields = _in_guild(user, guild, channel_payload, guild_locale)
    fields["app_permissions"] = str(channel.app_permissions)
    fields["authorizing_integration_owners"] = {"0": str(guild.id)}
    return Place(fields, guild.id, IN_GUILD, frozenset({GUILD_INSTALL, USER_INSTALL}))


def _in_guild(
    user: User, guild: Guild, channel_payload: Payload, guild_locale: str | None
) -> Payload:
    return {
        "guild_id": str(guild.id),
        "guild": guild.partial_payload() | {"locale": guild_locale or guild.preferred_locale},
        "guild_locale": guild_locale or guild.preferred_locale,
        "channel_id": channel_payload["id"],
        "channel": channel_payload,
        "member": user.member_payload() | {"permissions": str(MEMBER_PERMISSIONS)},
    }


def _strange_guild(user: User, guild_locale: str | None) -> Place:
    guild = Guild(STRANGE_GUILD_ID, "A server without the bot", [], user.id)
    channel_payload = {
        "id": str(STRANGE_GUILD_ID + 1),
        "type": 0,
        "guild_id": str(STRANGE_GUILD_ID),
        "name": "elsewhere",
        "position": 0,
        "permission_overwrites": [],
        "topic": None,
        "nsfw": False,
        "last_message_id": None,
        "parent_id": None,
        "rate_limit_per_user": 0,
        "flags": 0,
        "permissions": str(MEMBER_PERMISSIONS),
    }
    fields = _in_guild(user, guild, channel_payload, guild_locale)
    fields["app_permissions"] = str(PRIVATE_PERMISSIONS)
    fields["authorizing_integration_owners"] = {"1": str(user.id)}
    return Place(fields, STRANGE_GUILD_ID, IN_GUILD, frozenset({USER_INSTALL}))


def _direct(world: World, user: User) -> Place:
    channel = _channel(user.id + 1, DM, [world.bot])
    fields = {
        "channel_id": channel["id"],
        "channel": channel,
        "user": user.payload(),
        "app_permissions": str(PRIVATE_PERMISSIONS | USE_EXTERNAL_EMOJIS),
        "authorizing_integration_owners": {"0": "0", "1": str(user.id)},
    }
    return Place(fields, None, IN_BOT_DM, frozenset({GUILD_INSTALL, USER_INSTALL}))


def _private(user: User) -> Place:
    friend = User(user.id + 7, "friend")
    channel = _channel(user.id + 2, GROUP_DM, [user, friend])
    channel |= {"name": None, "icon": None, "owner_id": str(friend.id)}
    fields = {
        "channel_id": channel["id"],
        "channel": channel,
        "user": user.payload(),
        "app_permissions": str(PRIVATE_PERMISSIONS),
        "authorizing_integration_owners": {"1": str(user.id)},
    }
    return Place(fields, None, IN_PRIVATE_CHANNEL, frozenset({USER_INSTALL}))


def _channel(channel_id: int, kind: int, recipients: list[User]) -> dict[str, Any]:
    return {
        "id": str(channel_id),
        "type": kind,
        "flags": 0,
        "last_message_id": None,
        "recipients": [user.payload() for user in recipients],
    }

"""Who and what exists on the sandbox's Discord: users, channels, guilds, the application."""

from dataclasses import dataclass, field
from typing import Any, Self

VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
USE_APPLICATION_COMMANDS = 1 << 31
INVITED_WITH = VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES
MEMBER_PERMISSIONS = INVITED_WITH | USE_EXTERNAL_EMOJIS | USE_APPLICATION_COMMANDS
JOINED_AT = "2024-01-01T00:00:00.000000+00:00"


@dataclass(frozen=True, slots=True)
class User:
    """An account, a person's or a bot's."""

    id: int
    name: str
    is_bot: bool = False

    def payload(self) -> dict[str, Any]:
        """Return the user object that Discord sends."""
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": None if self.is_bot else self.name.title(),
            "discriminator": "0",
            "avatar": None,
            "avatar_decoration_data": None,
            "clan": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
            "bot": self.is_bot,
        }

    def member_payload(self) -> dict[str, Any]:
        """Return the guild member object of this user."""
        return {
            "user": self.payload(),
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [],
            "joined_at": JOINED_AT,
            "premium_since": None,
            "communication_disabled_until": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }


@dataclass(slots=True)
class Channel:
    """A text channel; `app_permissions` may be changed to take rights from the bot."""

    id: int
    name: str
    app_permissions: int = INVITED_WITH

    def payload(self, guild_id: int, position: int = 0) -> dict[str, Any]:
        """Return the channel object that Discord sends."""
        return {
            "id": str(self.id),
            "type": 0,
            "guild_id": str(guild_id),
            "name": self.name,
            "position": position,
            "permission_overwrites": [],
            "topic": None,
            "nsfw": False,
            "last_message_id": None,
            "last_pin_timestamp": None,
            "parent_id": None,
            "rate_limit_per_user": 0,
            "flags": 0,
        }


@dataclass(slots=True)
class Guild:
    """A server that the bot was invited to."""

    id: int
    name: str
    channels: list[Channel]
    owner_id: int
    preferred_locale: str = "en-US"
    features: list[str] = field(default_factory=list)

    def partial_payload(self) -> dict[str, Any]:
        """Return the part of a guild that an interaction carries."""
        return {"id": str(self.id), "locale": self.preferred_locale, "features": self.features}

    def payload(self) -> dict[str, Any]:
        """Return the guild object that REST sends."""
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "owner_id": str(self.owner_id),
            "region": "deprecated",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 1,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "roles": [_everyone(self.id)],
            "emojis": [],
            "stickers": [],
            "features": self.features,
            "mfa_level": 0,
            "application_id": None,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "max_members": 500_000,
            "max_presences": None,
            "vanity_url_code": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": False,
            "preferred_locale": self.preferred_locale,
            "nsfw_level": 0,
            "nsfw": False,
            "home_header": None,
            "widget_enabled": False,
            "widget_channel_id": None,
            "max_video_channel_users": 25,
            "max_stage_video_channel_users": 50,
            "incidents_data": None,
        }

    def create_payload(self, bot: User) -> dict[str, Any]:
        """Return what GUILD_CREATE carries for a bot with the guilds intent alone."""
        return self.payload() | {
            "joined_at": JOINED_AT,
            "large": False,
            "unavailable": False,
            "member_count": 2,
            "voice_states": [],
            "members": [bot.member_payload()],
            "channels": [
                channel.payload(self.id, place) for place, channel in enumerate(self.channels)
            ],
            "threads": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


def _everyone(guild_id: int) -> dict[str, Any]:
    return {
        "id": str(guild_id),
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0,
        "permissions": str(MEMBER_PERMISSIONS),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


@dataclass(slots=True)
class World:
    """The application under test, the guilds that have it, and one person who asks."""

    bot: User
    person: User
    guilds: dict[int, Guild]

    @classmethod
    def example(cls, guilds: int = 1) -> Self:
        """Return a world with this many guilds of one channel each, spread over all shards."""
        bot = User(1_100_000_000_000_000_001, "undertow", is_bot=True)
        person = User(1_100_000_000_000_000_101, "newcomer")
        made = {}
        for number in range(guilds):
            guild_id = (300_000_000_000 + number) << 22
            channel = Channel(guild_id + 1, "markets")
            made[guild_id] = Guild(guild_id, f"Traders {number}", [channel], person.id)
        return cls(bot, person, made)

    @property
    def application_id(self) -> int:
        """The application's id, which for applications of today is the bot user's."""
        return self.bot.id

    def channel(self, channel_id: int) -> tuple[Guild, Channel] | None:
        """Return the guild channel with this id and its guild, or None."""
        for guild in self.guilds.values():
            for channel in guild.channels:
                if channel.id == channel_id:
                    return guild, channel
        return None

    def partial_application(self) -> dict[str, Any]:
        """Return what READY says about the application."""
        return {"id": str(self.application_id), "flags": 0}

    def application_payload(self) -> dict[str, Any]:
        """Return the answer to `/oauth2/applications/@me`."""
        return {
            "id": str(self.application_id),
            "name": self.bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "type": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "flags": 0,
            "flags_new": "0",
            "hook": True,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
            "approximate_user_authorization_count": 0,
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": self.person.payload(),
            "approximate_guild_count": len(self.guilds),
            "approximate_user_install_count": 1,
            "integration_types_config": {"0": {}, "1": {}},
            "team": None,
        }

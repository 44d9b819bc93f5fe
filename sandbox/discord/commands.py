"""The application's commands: where a bot registers them and where the asker looks them up."""

import asyncio
import json
from typing import Any

from sandbox.discord import errors
from sandbox.discord.calls import Call, Reply, RestRoute
from sandbox.discord.command_rules import CHAT_INPUT, commands_problems
from sandbox.discord.errors import Problem
from sandbox.discord.rate_limits import Allowance
from sandbox.discord.records import Records
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.world import World

GLOBAL = "/applications/{application_id}/commands"
OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"

Definition = dict[str, Any]


class Commands:
    """Registered commands by guild; None stands for those that are everywhere."""

    def __init__(self, world: World, snowflakes: Snowflakes, records: Records) -> None:
        self._world = world
        self._snowflakes = snowflakes
        self._records = records
        self.synced = asyncio.Event()
        self._registered: dict[int | None, list[Definition]] = {}

    def routes(self) -> list[RestRoute]:
        """Return the routes of commands."""
        routes = []
        for template in (GLOBAL, OF_GUILD):
            routes += [
                RestRoute("GET", template, self._list),
                RestRoute("PUT", template, self._overwrite, _problems, True, Allowance(20, 20.0)),
                RestRoute("GET", f"{template}/{{command_id}}", self._one),
                RestRoute("DELETE", f"{template}/{{command_id}}", self._delete),
            ]
        return routes

    def registered(self, guild_id: int | None = None) -> list[Definition]:
        """Return the commands of a guild alone, or without one those that are everywhere."""
        return list(self._registered.get(guild_id, []))

    def find(self, name: str, guild_id: int | None) -> Definition | None:
        """Return the chat command that a person in this guild would see under a name, or None."""
        own = self._registered.get(guild_id, []) if guild_id is not None else []
        for definition in [*own, *self._registered.get(None, [])]:
            if definition["name"] == name and definition["type"] == CHAT_INPUT:
                return definition
        return None

    def _list(self, call: Call) -> Reply:
        found = self.registered(self._guild(call))
        if call.query.get("with_localizations") in {"1", "true"}:
            return Reply(200, found)
        hidden = {"name_localizations", "description_localizations"}
        return Reply(200, [{k: v for k, v in one.items() if k not in hidden} for one in found])

    def _one(self, call: Call) -> Reply:
        return Reply(200, self._get(call))

    def _delete(self, call: Call) -> Reply:
        self._registered[self._guild(call)].remove(self._get(call))
        return Reply(204)

    def _get(self, call: Call) -> Definition:
        for definition in self._registered.get(self._guild(call), []):
            if definition["id"] == call.parameters["command_id"]:
                return definition
        raise errors.unknown_command()

    def _overwrite(self, call: Call) -> Reply:
        guild_id = self._guild(call)
        before = {(one["type"], one["name"]): one for one in self._registered.get(guild_id, [])}
        self._records.sync_count += 1
        self.synced.set()
        self._registered[guild_id] = [
            self._stored(body, guild_id, before) for body in call.body or []
        ]
        return Reply(200, self.registered(guild_id))

    def _stored(
        self,
        body: Definition,
        guild_id: int | None,
        before: dict[tuple[int, str], Definition],
    ) -> Definition:
        """Return the command as kept: same name, same id; same content, same version."""
        made = self._normalised(body, guild_id)
        old = before.get((made["type"], made["name"]))
        made["id"] = str(self._snowflakes.next()) if old is None else old["id"]
        unchanged = old is not None and _content(old) == _content(made)
        made["version"] = str(self._snowflakes.next())
        if old is not None and unchanged:
            made["version"] = old["version"]
        return made

    def _normalised(self, body: Definition, guild_id: int | None) -> Definition:
        permissions = body.get("default_member_permissions")
        made: Definition = {
            "application_id": str(self._world.application_id),
            "type": body.get("type") or CHAT_INPUT,
            "name": body["name"],
            "name_localizations": body.get("name_localizations"),
            "description": body.get("description") or "",
            "description_localizations": body.get("description_localizations"),
            "default_member_permissions": None if permissions is None else str(permissions),
            "nsfw": bool(body.get("nsfw")),
            "options": body.get("options") or [],
        }
        if guild_id is not None:
            return made | {"guild_id": str(guild_id)}
        return made | {
            "dm_permission": body.get("dm_permission") is not False,
            "contexts": body.get("contexts"),
            "integration_types": body.get("integration_types") or [0],
        }

    def _guild(self, call: Call) -> int | None:
        if call.number("application_id") != self._world.application_id:
            raise errors.DiscordError(403, 20012, "You are not authorized to perform this action")
        if "guild_id" not in call.parameters:
            return None
        guild_id = call.number("guild_id")
        if guild_id not in self._world.guilds:
            raise errors.missing_access()
        return guild_id


def _content(definition: Definition) -> str:
    kept = {key: value for key, value in definition.items() if key not in {"id", "version"}}
    return json.dumps(kept, sort_keys=True)


def _problems(call: Call) -> list[Problem]:
    if call.body is None:
        return []
    if not isinstance(call.body, list) or not all(isinstance(one, dict) for one in call.body):
        return [Problem("", "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")]
    return commands_problems(call.body)

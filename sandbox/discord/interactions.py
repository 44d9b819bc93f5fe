"""The REST side of interactions: callbacks, edits, follow-ups, and the rules of their time."""

from collections import OrderedDict
from typing import Any, NoReturn

from sandbox.discord import asked as kinds
from sandbox.discord import errors
from sandbox.discord.asked import Asked, Response
from sandbox.discord.calls import Answer, Call, Check, Reply, RestRoute
from sandbox.discord.errors import DiscordError, Problem
from sandbox.discord.messages import (
    CHAT_INPUT_COMMAND_MESSAGE,
    EPHEMERAL,
    LOADING,
    Message,
    MessageWriter,
)
from sandbox.discord.rate_limits import Allowance
from sandbox.discord.rules import autocomplete_problems, is_empty, message_problems
from sandbox.discord.timings import Timings

INTERACTIONS_KEPT = 12_000
USER_INSTALL_FOLLOW_UPS = 5
ALLOWED_CALLBACKS = {2: {4, 5, 9, 12}, 3: {4, 5, 6, 7, 9, 12}, 4: {8}, 5: {4, 5, 6, 7, 12}}
CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
MESSAGE_ROUTES = (f"{WEBHOOK}/messages/@original", f"{WEBHOOK}/messages/{{message_id}}")
PER_TOKEN = Allowance(5, 2.0)


class Interactions:
    """Every interaction that can still be answered, by its token."""

    def __init__(self, application_id: int, writer: MessageWriter, timings: Timings) -> None:
        self._application_id = application_id
        self._writer = writer
        self._timings = timings
        self._asked: OrderedDict[str, Asked] = OrderedDict()

    def add(self, asked: Asked) -> None:
        """Make an interaction answerable."""
        self._asked[asked.token] = asked
        if len(self._asked) > INTERACTIONS_KEPT:
            self._asked.popitem(last=False)

    def routes(self) -> list[RestRoute]:
        """Return the routes that need no bot token: the interaction's own token is in the path."""

        def route(
            method: str, template: str, answer: Answer, check: Check | None = None
        ) -> RestRoute:
            return RestRoute(method, template, answer, check, False, PER_TOKEN)

        routes = [
            route("POST", CALLBACK, self._callback, _callback_problems),
            route("POST", WEBHOOK, self._follow_up, _message_problems),
        ]
        for template in MESSAGE_ROUTES:
            routes += [
                route("GET", template, self._get),
                route("PATCH", template, self._edit, _message_problems),
                route("DELETE", template, self._delete),
            ]
        return routes

    def _callback(self, call: Call) -> Reply:
        asked = self._asked.get(call.parameters["interaction_token"])
        if asked is None or asked.id != call.number("interaction_id"):
            raise errors.unknown_interaction()
        self._check_first_and_in_time(asked, call)
        kind, data = call.body["type"], call.body.get("data") or {}
        message = self._callback_message(asked, kind, data, call)
        asked.acknowledge(kind, Response("callback", call.arrived_at, call.body, message))
        if call.query.get("with_response") not in {"1", "true"}:
            return Reply(204)
        return Reply(200, _callback_payload(asked, kind, message))

    def _check_first_and_in_time(self, asked: Asked, call: Call) -> None:
        if asked.callback_type is not None:
            _refuse(asked, call, errors.already_acknowledged())
        if call.arrived_at - asked.dispatched_at > self._timings.response_window:
            _refuse(asked, call, errors.unknown_interaction())
        kind = call.body["type"]
        if kind not in ALLOWED_CALLBACKS[asked.interaction["type"]]:
            message = f"Value {kind} is not a callback for this interaction."
            problem = Problem("type", "INTERACTION_CALLBACK_TYPE_INVALID", message)
            _refuse(asked, call, errors.invalid_form_body([problem]))

    def _callback_message(
        self, asked: Asked, kind: int, data: dict[str, Any], call: Call
    ) -> Message | None:
        if kind == kinds.MESSAGE:
            return self._create(asked, data, call)
        if kind == kinds.DEFERRED_MESSAGE:
            message = self._create(asked, {"flags": data.get("flags")}, call)
            message.payload["flags"] |= LOADING
            return message
        return None

    def _create(self, asked: Asked, body: dict[str, Any], call: Call) -> Message:
        interaction = asked.interaction
        user = interaction.get("user") or interaction["member"]["user"]
        metadata = {
            "id": interaction["id"],
            "type": interaction["type"],
            "user": user,
            "authorizing_integration_owners": interaction["authorizing_integration_owners"],
        }
        return self._writer.create(
            int(interaction["channel_id"]),
            body,
            call.files,
            type=CHAT_INPUT_COMMAND_MESSAGE,
            webhook_id=str(self._application_id),
            application_id=str(self._application_id),
            interaction_metadata=metadata,
        )

    def _get(self, call: Call) -> Reply:
        _, message = self._found(call)
        return Reply(200, message.payload)

    def _edit(self, call: Call) -> Reply:
        asked, message = self._found(call)
        if is_empty(message.payload | call.body, bool(call.files)):
            _refuse(asked, call, errors.empty_message())
        self._writer.edit(message, call.body, call.files)
        asked.edited(Response("edit", call.arrived_at, call.body, message))
        return Reply(200, message.payload)

    def _delete(self, call: Call) -> Reply:
        asked, message = self._found(call)
        asked.deleted(Response("delete", call.arrived_at, None, message), message.id)
        return Reply(204)

    def _follow_up(self, call: Call) -> Reply:
        asked = self._open(call)
        if is_empty(call.body, bool(call.files)):
            _refuse(asked, call, errors.empty_message())
        original = asked.original
        if original is not None and original.is_loading:
            # The first follow-up takes the place of "… is thinking", and its visibility.
            self._writer.edit(original, call.body, call.files)
            asked.edited(Response("follow_up", call.arrived_at, call.body, original))
            return Reply(200, original.payload)
        return self._new_follow_up(asked, call)

    def _new_follow_up(self, asked: Asked, call: Call) -> Reply:
        spent = asked.follow_up_count >= USER_INSTALL_FOLLOW_UPS
        if asked.is_user_installed_only and spent:
            _refuse(asked, call, errors.too_many_follow_ups())
        message = self._create(asked, call.body, call)
        asked.followed_up(Response("follow_up", call.arrived_at, call.body, message))
        return Reply(200, message.payload) if call.query.get("wait") != "0" else Reply(204)

    def _open(self, call: Call) -> Asked:
        """Return a webhook route's interaction: it must be answered and younger than 15 min."""
        asked = self._asked.get(call.parameters["webhook_token"])
        is_ours = call.number("webhook_id") == self._application_id
        if asked is None or not is_ours or asked.callback_type is None:
            raise errors.unknown_webhook()
        if call.arrived_at - asked.dispatched_at > self._timings.token_lifetime:
            _refuse(asked, call, errors.invalid_webhook_token())
        return asked

    def _found(self, call: Call) -> tuple[Asked, Message]:
        asked = self._open(call)
        message = asked.find(call.parameters.get("message_id", "@original"))
        if message is None:
            raise errors.unknown_message()
        return asked, message


def _refuse(asked: Asked, call: Call, error: DiscordError) -> NoReturn:
    kind = "callback" if call.template == CALLBACK else "follow_up"
    asked.refused.append(Response(kind, call.arrived_at, call.body, error=error))
    raise error


def _callback_payload(asked: Asked, kind: int, message: Message | None) -> dict[str, Any]:
    interaction: dict[str, Any] = {
        "id": str(asked.id),
        "type": asked.interaction["type"],
        "channel_id": asked.interaction["channel_id"],
    }
    if message is None:
        return {"interaction": interaction, "resource": {"type": kind}}
    flags = message.payload["flags"]
    interaction |= {
        "response_message_id": message.payload["id"],
        "response_message_loading": bool(flags & LOADING),
        "response_message_ephemeral": bool(flags & EPHEMERAL),
    }
    return {"interaction": interaction, "resource": {"type": kind, "message": message.payload}}


def _callback_problems(call: Call) -> list[Problem]:
    if not isinstance(call.body, dict) or not isinstance(call.body.get("type"), int):
        return [Problem("type", "BASE_TYPE_REQUIRED", "This field is required")]
    data = call.body.get("data") or {}
    if call.body["type"] == kinds.AUTOCOMPLETE:
        return autocomplete_problems(data)
    if call.body["type"] != kinds.MESSAGE:
        return []
    if is_empty(data, bool(call.files)):
        return [Problem("data", "INTERACTION_EMPTY_MESSAGE", "Cannot send an empty message")]
    found = message_problems(data)
    return [Problem(f"data.{one.path}", one.code, one.message) for one in found]


def _message_problems(call: Call) -> list[Problem]:
    if not isinstance(call.body, dict):
        return [Problem("", "MODEL_TYPE_CONVERT", "Only dictionaries may be used")]
    return message_problems(call.body)

"""Discord's error answers, with its own codes and wording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a body: where (`embeds.0.title`), Discord's code and its wording."""

    path: str
    code: str
    message: str


class DiscordError(Exception):
    """An answer that refuses a request: HTTP status, Discord's code, message and problems."""

    def __init__(
        self, status: int, code: int, message: str, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.problems = tuple(problems)

    def payload(self) -> dict[str, Any]:
        """Return the JSON body of the answer."""
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.problems:
            body["errors"] = _nested(self.problems)
        return body


def _nested(problems: Sequence[Problem]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for problem in problems:
        node = root
        for key in filter(None, problem.path.split(".")):
            node = node.setdefault(key, {})
        errors = node.setdefault("_errors", [])
        errors.append({"code": problem.code, "message": problem.message})
    return root


def invalid_form_body(problems: Sequence[Problem]) -> DiscordError:
    """Return 400, 50035 with every problem under its path."""
    return DiscordError(400, 50035, "Invalid Form Body", problems)


def unauthorized() -> DiscordError:
    """Return 401, the answer to a wrong token."""
    return DiscordError(401, 0, "401: Unauthorized")


def not_found() -> DiscordError:
    """Return 404, the answer to a route that does not exist."""
    return DiscordError(404, 0, "404: Not Found")


def invalid_json() -> DiscordError:
    """Return 400, 50109, the answer to a body that is no JSON."""
    return DiscordError(400, 50109, "The request body contains invalid JSON.")


def empty_message() -> DiscordError:
    """Return 400, 50006, the answer to a message that would show nothing."""
    return DiscordError(400, 50006, "Cannot send an empty message")


def file_too_large() -> DiscordError:
    """Return 413, 40005, the answer to a file above the limit."""
    return DiscordError(413, 40005, "Request entity too large")


def unknown_interaction() -> DiscordError:
    """Return 404, 10062: never existed, or its 3 seconds are over."""
    return DiscordError(404, 10062, "Unknown interaction")


def already_acknowledged() -> DiscordError:
    """Return 400, 40060, the answer to a second callback."""
    return DiscordError(400, 40060, "Interaction has already been acknowledged.")


def unknown_webhook() -> DiscordError:
    """Return 404, 10015, also the answer to a follow-up before the first response."""
    return DiscordError(404, 10015, "Unknown Webhook")


def invalid_webhook_token() -> DiscordError:
    """Return 401, 50027, the answer once the 15 minutes of an interaction are over."""
    return DiscordError(401, 50027, "Invalid Webhook Token")


def too_many_follow_ups() -> DiscordError:
    """Return 400, 40094: a user-installed app may follow up five times."""
    message = "This interaction has reached its maximum number of follow up messages"
    return DiscordError(400, 40094, message)


def unknown_message() -> DiscordError:
    """Return 404, 10008."""
    return DiscordError(404, 10008, "Unknown Message")


def unknown_channel() -> DiscordError:
    """Return 404, 10003."""
    return DiscordError(404, 10003, "Unknown Channel")


def unknown_guild() -> DiscordError:
    """Return 404, 10004."""
    return DiscordError(404, 10004, "Unknown Guild")


def unknown_command() -> DiscordError:
    """Return 404, 10063."""
    return DiscordError(404, 10063, "Unknown application command")


def missing_access() -> DiscordError:
    """Return 403, 50001: the bot may not see this channel or guild."""
    return DiscordError(403, 50001, "Missing Access")


def missing_permissions() -> DiscordError:
    """Return 403, 50013: the bot sees the channel but may not do this."""
    return DiscordError(403, 50013, "Missing Permissions")

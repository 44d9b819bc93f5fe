"""Rules for the definitions of application commands."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.discord.errors import Problem
from sandbox.discord.rules import count_problems, text_problems

CHAT_INPUT = 1
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
NAME_LIMIT = 32
DESCRIPTION_LIMIT = 100
OPTIONS_LIMIT = 25
CHOICES_LIMIT = 25
COMMAND_LIMIT = 8_000
COMMANDS_BY_TYPE = {1: 100, 2: 15, 3: 15}
NAME_CODE = "APPLICATION_COMMAND_INVALID_NAME"

Body = Mapping[str, Any]


def commands_problems(commands: Sequence[Body]) -> list[Problem]:
    """Return everything in a bulk of command definitions that Discord would refuse."""
    problems: list[Problem] = []
    seen: set[tuple[int, object]] = set()
    for place, command in enumerate(commands):
        problems += _command(command, str(place))
        key = (command.get("type") or CHAT_INPUT, command.get("name"))
        if key in seen:
            message = "Application command names must be unique"
            problems.append(
                Problem(f"{place}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
            )
        seen.add(key)
    return problems + list(_counts(commands))


def is_command_name(name: str) -> bool:
    """Return whether a chat command or option may have this name (lower case)."""
    return 1 <= len(name) <= NAME_LIMIT and name == name.lower() and all(map(_allowed, name))


def command_length(command: Body) -> int:
    """Return the characters that count towards 8,000: names, descriptions, values, nested too.

    Of a text and its localizations the longest counts.
    """
    length = _longest(command, "name") + _longest(command, "description")
    value = command.get("value")
    length += len(value) if isinstance(value, str) else 0
    nested = [*(command.get("options") or []), *(command.get("choices") or [])]
    return length + sum(map(command_length, nested))


def _allowed(character: str) -> bool:
    # Letters and digits of every script, and the marks without which Devanagari and Thai have none.
    marks = "\u0900" <= character <= "\u097f" or "\u0e00" <= character <= "\u0e7f"
    return character in "-_'" or marks or unicodedata.category(character)[0] in "LN"


def _longest(body: Body, key: str) -> int:
    texts = [body.get(key), *(body.get(f"{key}_localizations") or {}).values()]
    return max((len(text) for text in texts if isinstance(text, str)), default=0)


def _counts(commands: Sequence[Body]) -> Iterator[Problem]:
    for kind, limit in COMMANDS_BY_TYPE.items():
        of_kind = [command for command in commands if (command.get("type") or CHAT_INPUT) == kind]
        yield from count_problems(of_kind, limit, "")


def _command(command: Body, path: str) -> Iterator[Problem]:
    if (command.get("type") or CHAT_INPUT) == CHAT_INPUT:
        yield from _named(command, path)
        yield from _options(command.get("options") or [], f"{path}.options")
    else:
        yield from text_problems(command, "name", NAME_LIMIT, f"{path}.", required=True)
        if command.get("description"):
            message = "Context menu commands cannot have a description"
            code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION"
            yield Problem(f"{path}.description", code, message)
    if command_length(command) > COMMAND_LIMIT:
        message = f"Command exceeds maximum size ({COMMAND_LIMIT})"
        yield Problem(path, "APPLICATION_COMMAND_TOO_LARGE", message)


def _named(body: Body, path: str) -> Iterator[Problem]:
    names = {"name": body.get("name"), **(body.get("name_localizations") or {})}
    for key, name in names.items():
        if not isinstance(name, str) or not is_command_name(name):
            at = "name" if key == "name" else f"name_localizations.{key}"
            yield Problem(f"{path}.{at}", NAME_CODE, "Command name is invalid")
    yield from text_problems(body, "description", DESCRIPTION_LIMIT, f"{path}.", required=True)
    localized = body.get("description_localizations") or {}
    for locale in localized:
        at = f"{path}.description_localizations."
        yield from text_problems(localized, locale, DESCRIPTION_LIMIT, at, required=True)


def _options(options: Sequence[Body], path: str) -> Iterator[Problem]:
    yield from count_problems(options, OPTIONS_LIMIT, path)
    names: set[object] = set()
    optional_before = False
    for place, option in enumerate(options):
        at = f"{path}.{place}"
        yield from _option(option, at)
        if option.get("name") in names:
            message = "Option names must be unique"
            yield Problem(f"{at}.name", "APPLICATION_COMMAND_OPTIONS_NAME_UNIQUE", message)
        names.add(option.get("name"))
        if option.get("required") and optional_before:
            message = "Required options must be placed before non-required options"
            yield Problem(at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_before = optional_before or not option.get("required")


def _option(option: Body, path: str) -> Iterator[Problem]:
    yield from _named(option, path)
    if option.get("type") in {SUBCOMMAND, SUBCOMMAND_GROUP}:
        yield from _options(option.get("options") or [], f"{path}.options")
        return
    choices = option.get("choices") or []
    yield from count_problems(choices, CHOICES_LIMIT, f"{path}.choices")
    if choices and option.get("autocomplete"):
        message = "Options with choices cannot have autocomplete"
        yield Problem(path, "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES", message)
    for place, choice in enumerate(choices):
        at = f"{path}.choices.{place}."
        yield from text_problems(choice, "name", 100, at, required=True)
        if isinstance(choice.get("value"), str):
            yield from text_problems(choice, "value", 100, at)

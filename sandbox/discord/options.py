"""What a person's Discord client makes of typed options before it sends a command."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.discord.command_rules import SUBCOMMAND, SUBCOMMAND_GROUP

STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10
TYPES: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    NUMBER: (int, float),
}

OptionValue = str | int | float | bool
Definition = Mapping[str, Any]


class UnaskableError(Exception):
    """The person's client would not send this: unknown command or option, or a wrong value."""


def resolved_options(
    definition: Definition, path: Sequence[str], given: Mapping[str, OptionValue]
) -> list[dict[str, Any]]:
    """Return the options of the interaction's data; `path` holds the names of subcommands.

    Raises UnaskableError where the client would show red instead of sending.
    """
    if not path:
        return _values(definition.get("options") or [], given)
    for option in definition.get("options") or []:
        if option["name"] == path[0] and option["type"] in {SUBCOMMAND, SUBCOMMAND_GROUP}:
            nested = resolved_options(option, path[1:], given)
            return [{"type": option["type"], "name": option["name"], "options": nested}]
    raise UnaskableError(f"{definition['name']!r} has no subcommand {path[0]!r}")


def _values(
    options: Sequence[Definition], given: Mapping[str, OptionValue]
) -> list[dict[str, Any]]:
    if any(option["type"] in {SUBCOMMAND, SUBCOMMAND_GROUP} for option in options):
        raise UnaskableError("choose a subcommand")
    known = {option["name"]: option for option in options}
    if unknown := given.keys() - known.keys():
        raise UnaskableError(f"unknown options: {', '.join(sorted(unknown))}")
    for name, option in known.items():
        if option.get("required") and name not in given:
            raise UnaskableError(f"option {name!r} is required")
    return [_value(known[name], value) for name, value in given.items()]


def _value(option: Definition, value: OptionValue) -> dict[str, Any]:
    name, kind = option["name"], option["type"]
    if kind not in TYPES:
        raise UnaskableError(f"option {name!r}: the sandbox cannot pick values of type {kind} yet")
    is_boolean = isinstance(value, bool)
    if not isinstance(value, TYPES[kind]) or is_boolean != (kind == BOOLEAN):
        raise UnaskableError(f"option {name!r} does not take {value!r}")
    choices = option.get("choices") or []
    if choices and value not in [choice["value"] for choice in choices]:
        raise UnaskableError(f"option {name!r} has no choice {value!r}")
    _within(option, value)
    return {"type": kind, "name": name, "value": value}


def _within(option: Definition, value: OptionValue) -> None:
    size = len(value) if isinstance(value, str) else value
    kind = "length" if isinstance(value, str) else "value"
    least, most = option.get(f"min_{kind}"), option.get(f"max_{kind}")
    if least is not None and size < least:
        raise UnaskableError(f"option {option['name']!r}: {value!r} is below {least}")
    if most is not None and size > most:
        raise UnaskableError(f"option {option['name']!r}: {value!r} is above {most}")

"""Rules for buttons, menus and the layout components that carry them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.discord.errors import Problem

ACTION_ROW = 1
BUTTON = 2
STRING_SELECT = 3
SELECTS = frozenset({3, 5, 6, 7, 8})
LINK, PREMIUM = 5, 6

ROWS_LIMIT = 5
COMPONENTS_LIMIT = 40
BUTTONS_LIMIT = 5
LABEL_LIMIT = 80
CUSTOM_ID_LIMIT = 100
OPTIONS_LIMIT = 25
PLACEHOLDER_LIMIT = 150

Body = Mapping[str, Any]


def component_problems(components: Sequence[Body]) -> list[Problem]:
    """Return what is wrong with a message's components, repeated custom ids included."""
    everything = list(walk(components, "components"))
    problems: list[Problem] = []
    if all(component.get("type") == ACTION_ROW for component in components):
        problems += _too_many(components, ROWS_LIMIT, "components")
    problems += _too_many(everything, COMPONENTS_LIMIT, "components")
    for path, component in everything:
        problems += _single(path, component)
    return problems + list(_repeated(everything))


def walk(components: Sequence[Body], path: str) -> Iterator[tuple[str, Body]]:
    """Yield every component, nested ones too, with its path."""
    for place, component in enumerate(components):
        at = f"{path}.{place}"
        yield at, component
        yield from walk(component.get("components") or [], f"{at}.components")
        if accessory := component.get("accessory"):
            yield f"{at}.accessory", accessory


def _single(path: str, component: Body) -> Iterator[Problem]:
    kind = component.get("type")
    if kind == ACTION_ROW:
        yield from _row(path, component)
    elif kind == BUTTON:
        yield from _button(path, component)
    elif kind in SELECTS:
        yield from _select(path, component)


def _row(path: str, row: Body) -> Iterator[Problem]:
    children = row.get("components") or []
    if not children:
        yield Problem(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5")
    yield from _too_many(children, BUTTONS_LIMIT, f"{path}.components")
    if len(children) > 1 and any(child.get("type") in SELECTS for child in children):
        message = "The specified component exceeds the maximum width"
        yield Problem(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)


def _button(path: str, button: Body) -> Iterator[Problem]:
    yield from _too_long(button, "label", LABEL_LIMIT, path)
    style = button.get("style")
    if style == LINK:
        if not button.get("url"):
            yield Problem(f"{path}.url", "BASE_TYPE_REQUIRED", "A url is required")
    elif style != PREMIUM:
        yield from _custom_id(path, button)
    if style != PREMIUM and not (button.get("label") or button.get("emoji")):
        yield Problem(path, "BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji")


def _select(path: str, select: Body) -> Iterator[Problem]:
    yield from _custom_id(path, select)
    yield from _too_long(select, "placeholder", PLACEHOLDER_LIMIT, path)
    if select.get("type") != STRING_SELECT:
        return
    options = select.get("options") or []
    if not 1 <= len(options) <= OPTIONS_LIMIT:
        message = "Must be between 1 and 25 in length."
        yield Problem(f"{path}.options", "BASE_TYPE_BAD_LENGTH", message)
    for place, option in enumerate(options):
        for key in ("label", "value", "description"):
            yield from _too_long(option, key, 100, f"{path}.options.{place}")
    values = Counter(option.get("value") for option in options)
    if any(count > 1 for count in values.values()):
        message = "The specified option value is already used"
        yield Problem(f"{path}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)


def _custom_id(path: str, component: Body) -> Iterator[Problem]:
    if not component.get("custom_id"):
        yield Problem(f"{path}.custom_id", "BASE_TYPE_REQUIRED", "A custom id is required")
    yield from _too_long(component, "custom_id", CUSTOM_ID_LIMIT, path)


def _repeated(everything: Sequence[tuple[str, Body]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, component in everything:
        custom_id = component.get("custom_id")
        if custom_id is None:
            continue
        if custom_id in seen:
            message = "Component custom id cannot be duplicated"
            yield Problem(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        seen.add(custom_id)


def _too_many(items: Sequence[Any], limit: int, path: str) -> Iterator[Problem]:
    if len(items) > limit:
        yield Problem(path, "BASE_TYPE_BAD_LENGTH", f"Must be {limit} or fewer in length.")


def _too_long(body: Body, key: str, limit: int, path: str) -> Iterator[Problem]:
    value = body.get(key)
    if isinstance(value, str) and len(value) > limit:
        yield Problem(
            f"{path}.{key}", "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."
        )

"""Adapters by plain name: every module in `exchanges/` is one.

The settings cannot look here, so `model.instruments.EXCHANGES` names the same; a test compares.
"""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from bot.collectors import exchanges
from bot.collectors.adapter import Adapter
from bot.errors import SettingsError


def known_exchanges() -> list[str]:
    """Return the plain names of all exchanges that are built, in order."""
    return sorted(module.name for module in iter_modules(exchanges.__path__))


def adapters(names: Iterable[str]) -> list[Adapter]:
    """Return one adapter for each plain name; SettingsError for a name that is not built."""
    return [_adapter(name) for name in names]


def _adapter(name: str) -> Adapter:
    known = known_exchanges()
    if name not in known:
        accepted = ", ".join(known)
        raise SettingsError(f"UNDERTOW_EXCHANGES: unknown exchange {name!r}; accepted: {accepted}")
    made: Adapter = import_module(f"{exchanges.__name__}.{name}").ADAPTER
    return made

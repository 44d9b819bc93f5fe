"""What one collection of one series came to, added up over instruments."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from msgspec import Struct

from bot.errors import OutsideError
from bot.model.instruments import Instrument

Progress = Callable[[str, int], None]
"""Told the symbol that is done and how many records it brought."""


class Outcome(Struct, frozen=True):
    """Records stored, lines about those refused, and whether the newest due one has come."""

    stored: int = 0
    refused: tuple[str, ...] = ()
    is_complete: bool = True

    def __add__(self, other: "Outcome") -> "Outcome":
        """Return both together."""
        return Outcome(
            self.stored + other.stored,
            (*self.refused, *other.refused),
            self.is_complete and other.is_complete,
        )


def silent(_symbol: str, _stored: int) -> None:
    """Tell nobody."""


async def for_each(
    instruments: Iterable[Instrument],
    collect: Callable[[Instrument], Coroutine[Any, Any, Outcome]],
    progress: Progress = silent,
) -> Outcome:
    """Return the sum over the instruments, collected side by side.

    One that fails stops no other; its OutsideError is raised once all are done.
    """

    async def one(instrument: Instrument) -> Outcome:
        outcome = await collect(instrument)
        progress(instrument.symbol, outcome.stored)
        return outcome

    results = await asyncio.gather(*map(one, instruments), return_exceptions=True)
    total = Outcome()
    failures = []
    for result in results:
        if isinstance(result, Outcome):
            total += result
        else:
            failures.append(result)
    _raise_worst(failures)
    return total


def _raise_worst(failures: list[BaseException]) -> None:
    """Raise an error of our own making before one of the outside, which is expected to happen."""
    for failure in sorted(failures, key=lambda failure: isinstance(failure, OutsideError)):
        raise failure

"""Rounds over all exchanges, side by side: one that fails or hangs stops no other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from msgspec import Struct

from bot.clock import Clock
from bot.collectors.exchange import open_exchanges
from bot.collectors.health import SourceHealth
from bot.collectors.registry import adapters
from bot.collectors.source import MARKETS, Source
from bot.errors import NoExchangeError
from bot.outside import Outside
from bot.store.store import Store

LONGEST_WAIT = 1.0


class Progress(Struct, frozen=True):
    """One step of collecting: this symbol's series is stored, so many records."""

    exchange: str
    series: str
    symbol: str
    stored: int

    def __str__(self) -> str:
        return f"{self.exchange} {self.series} {self.symbol}: {self.stored}"


class News:
    """Which series have new records since somebody asked last."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._series: set[tuple[str, str]] = set()

    def announce(self, exchange: str, series: str, _stored: int) -> None:
        """Tell those who wait that this series of this exchange has new records."""
        self._series.add((exchange, series))
        self._event.set()

    async def wait(self) -> frozenset[tuple[str, str]]:
        """Return the (exchange, series) with new records, as soon as there are any."""
        await self._event.wait()
        self._event.clear()
        series, self._series = frozenset(self._series), set()
        return series


class Poller:
    """Collects from every exchange until cancelled; what is stored is whole at any moment."""

    def __init__(self, sources: list[Source], clock: Clock) -> None:
        self.news = News()
        self.first_round_done = asyncio.Event()
        self._sources = sources
        self._clock = clock

    @property
    def health(self) -> list[SourceHealth]:
        """The state of every series of every exchange."""
        return [health for source in self._sources for health in source.health]

    async def run(self, progress: Callable[[Progress], None] | None = None) -> None:
        """Collect for ever; `progress` hears of the first round. DatabaseError ends it."""
        async with _together() as group:
            firsts = [group.create_task(self._round(s, progress)) for s in self._sources]
            for source, first in zip(self._sources, firsts, strict=True):
                group.create_task(self._go_on(source, first))
            await asyncio.wait(firsts)
            self.first_round_done.set()

    async def collect_once(self, progress: Callable[[Progress], None] | None = None) -> None:
        """Collect one round; NoExchangeError with hosts and reasons when none was reached."""
        async with _together() as group:
            for source in self._sources:
                group.create_task(self._round(source, progress))
        self.first_round_done.set()
        self.require_one()

    def require_one(self) -> None:
        """Raise NoExchangeError, with every host and reason, when no exchange was reached."""
        if any(source.exchange.is_reached for source in self._sources):
            return
        failures = [h.last_error or "not asked yet" for h in self.health if h.series == MARKETS]
        raise NoExchangeError(f"no exchange could be reached: {'; '.join(failures)}")

    async def _round(
        self, source: Source, progress: Callable[[Progress], None] | None = None
    ) -> None:
        def tell(series: str, symbol: str, stored: int) -> None:
            if progress is not None:
                progress(Progress(source.exchange.name, series, symbol, stored))

        await source.run_due(self.news.announce, tell)

    async def _go_on(self, source: Source, first: asyncio.Task[None]) -> None:
        await first
        while True:
            wait = (source.next_due - self._clock.now()).total_seconds()
            await self._clock.sleep(min(max(wait, 0.05), LONGEST_WAIT))
            await self._round(source)


@asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """Open a task group whose first failure is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


def _first(failure: BaseException) -> BaseException:
    return _first(failure.exceptions[0]) if isinstance(failure, BaseExceptionGroup) else failure


@asynccontextmanager
async def open_poller(
    exchanges: Iterable[str], assets: Iterable[str], store: Store, outside: Outside, clock: Clock
) -> AsyncIterator[Poller]:
    """Open the exchanges of these plain names and a poller over them; all closed in the end.

    SettingsError for an exchange that is not built.
    """
    wanted = tuple(assets)
    async with open_exchanges(adapters(exchanges), outside, clock) as opened:
        yield Poller([Source(exchange, store, wanted) for exchange in opened], clock)

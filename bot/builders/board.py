"""What stands: which reports are kept ready, when they are rebuilt, and requests for others."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.builders.inputs import Inputs
from bot.builders.loading import Universe, load_inputs
from bot.builders.market import market_report
from bot.clock import Clock
from bot.errors import DatabaseError
from bot.log import logger
from bot.metrics import Metrics
from bot.model.report import MARKET, Report, ReportKey
from bot.model.windows import Window
from bot.store.requests import RequestState
from bot.store.store import Store

_log = logger(__name__)

REBUILD_PAUSE = timedelta(seconds=60)
REBUILD_AT_LEAST = timedelta(minutes=5)
REQUEST_PAUSE = timedelta(seconds=0.5)
PRUNE_PAUSE = timedelta(hours=1)
SNAPSHOTS_KEPT = timedelta(days=1)

_BUILDERS: dict[str, Callable[[Inputs, Window, str], Report]] = {MARKET: market_report}


def standing_keys(universe: Universe) -> list[ReportKey]:
    """Return the reports that are always ready: the market × windows, each asset × 24 h."""
    market = [ReportKey(MARKET, MARKET, window.value) for window in Window]
    return market + [ReportKey(MARKET, asset, Window.DAY.value) for asset in universe.assets]


def build(key: ReportKey, inputs: Inputs) -> Report:
    """Return the report of `key`; KeyError for a kind or an asset that there is none of."""
    if key.asset != MARKET and key.asset not in inputs.assets:
        raise KeyError(key.asset)
    return _BUILDERS[key.report](inputs, Window(key.window), key.asset)


class Board:
    """Rebuilds and publishes the standing reports, and answers requests for others."""

    def __init__(self, store: Store, universe: Universe, clock: Clock, metrics: Metrics) -> None:
        self._store = store
        self._universe = universe
        self._clock = clock
        self._metrics = metrics
        self._inputs: Inputs | None = None
        self._changed = asyncio.Event()

    def note_new_data(self) -> None:
        """Tell the board that a series has new values."""
        self._changed.set()

    async def rebuild(self) -> int:
        """Build every standing report from the store, publish them, return their version.

        A report that cannot be built keeps its last version, and the others are published.
        """
        started = self._clock.monotonic()
        self._inputs = await load_inputs(self._store, self._universe, self._clock.now())
        reports = await self._built(self._inputs)
        version = await self._store.publications.publish(reports)
        seconds = self._clock.monotonic() - started
        self._metrics.rebuilt(seconds)
        _log.info(
            "reports published", version=version, count=len(reports), seconds=round(seconds, 3)
        )
        return version

    async def keep_standing(self, *, until_first: asyncio.Event) -> None:
        """Rebuild when data arrived, at most once a minute, and at least every five minutes.

        `until_first` ends the first pause early: then the first round of collecting is complete.
        """
        while True:
            self._changed.clear()
            is_first_round = not until_first.is_set()
            await self._survive(self.rebuild())
            if is_first_round:
                await _wait(until_first, REBUILD_PAUSE)
            else:
                await self._clock.sleep(REBUILD_PAUSE.total_seconds())
                await _wait(self._changed, REBUILD_AT_LEAST - REBUILD_PAUSE)

    async def keep_answering(self) -> None:
        """Answer requests for reports that do not stand, as they come."""
        while True:
            await self._survive(self.answer_requests())
            await self._clock.sleep(REQUEST_PAUSE.total_seconds())

    async def keep_pruning(self) -> None:
        """Drop, once an hour, old versions of reports and snapshots that no window stands on."""
        while True:
            now = self._clock.now()
            await self._survive(self._store.publications.prune(now))
            await self._survive(self._store.open_interest.thin(now - SNAPSHOTS_KEPT))
            await self._clock.sleep(PRUNE_PAUSE.total_seconds())

    async def answer_requests(self) -> None:
        """Build and publish what the open requests ask for."""
        for request in await self._store.requests.open(self._clock.now()):
            if self._inputs is None:
                return
            state = RequestState.ANSWERED
            try:
                report = build(request.key, self._inputs)
                await self._store.publications.publish([(request.key, report)])
            except DatabaseError:
                raise
            except Exception:  # noqa: BLE001 - one report that cannot be built must not be retried
                _log.exception("request failed", key=str(request.key))
                state = RequestState.FAILED
            await self._store.requests.answered(request.id, state)

    async def _built(self, inputs: Inputs) -> list[tuple[ReportKey, Report]]:
        reports = []
        for key in standing_keys(self._universe):
            try:
                reports.append((key, build(key, inputs)))
            except Exception:  # noqa: BLE001 - one report must not keep the others from publication
                _log.exception("a report cannot be built", key=str(key))
            await asyncio.sleep(0)  # signs of life go on between two reports
        return reports

    async def _survive(self, work: Awaitable[object]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - one failed round must not end the board
            _log.exception("a round of the board failed")


async def _wait(event: asyncio.Event, limit: timedelta) -> None:
    try:
        await asyncio.wait_for(event.wait(), limit.total_seconds())
    except TimeoutError:
        return

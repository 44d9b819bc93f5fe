"""The collector: fetches, computes and publishes; everything above the line of DESIGN."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.builders.board import Board
from bot.builders.loading import Universe
from bot.clock import Clock
from bot.collectors.poller import Poller, Progress, open_poller
from bot.log import logger
from bot.metrics import Metrics
from bot.outside import Outside
from bot.roles.lifetime import run_until
from bot.settings import Role, Settings
from bot.store.store import Store, open_store

_log = logger(__name__)

SIGN_PAUSE = 3.0
FIRST_ROUND_PATIENCE = 20.0
PROGRESS_PAUSE = 1.0


@dataclass(frozen=True)
class Collector:
    """The open resources of the role."""

    store: Store
    poller: Poller
    board: Board
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Collect and publish until `stop` is set; DatabaseError ends it."""
        progress = _Reporter(self)
        await run_until(
            stop,
            self.poller.run(progress.step),
            self._keep_board(),
            self._pass_on_news(),
            self.board.keep_answering(),
            self.board.keep_pruning(),
            self._give_signs(progress),
        )

    async def _keep_board(self) -> None:
        """Publish after the first round, or after 20 s what there is by then."""
        first_round = self.poller.first_round_done
        try:
            await asyncio.wait_for(first_round.wait(), FIRST_ROUND_PATIENCE)
        except TimeoutError:
            _log.warning("the first round takes long; reports start with what there is")
        await self.board.keep_standing(until_first=first_round)

    async def _pass_on_news(self) -> None:
        while True:
            await self.poller.news.wait()
            self.board.note_new_data()

    async def _give_signs(self, progress: "_Reporter") -> None:
        while True:
            await self.store.signs.give(Role.COLLECTOR, progress.note)
            await self.clock.sleep(SIGN_PAUSE)


class _Reporter:
    """Tells the log, at most once a second, how far the first round is."""

    def __init__(self, collector: Collector) -> None:
        self._clock = collector.clock
        self._next = 0.0
        self._records = 0
        self.note = ""

    def step(self, progress: Progress) -> None:
        """Take one finished step."""
        self._records += progress.stored
        self.note = str(progress)
        now = self._clock.monotonic()
        if progress.stored and now >= self._next:
            self._next = now + PROGRESS_PAUSE
            _log.info("fetching history", records=self._records, last=self.note)


def universe(settings: Settings) -> Universe:
    """Return what the reports are about: the altcoins default to every asset but BTC."""
    others = tuple(asset for asset in settings.assets if asset != "BTC")
    return Universe(settings.all_assets, settings.altcoins or others, settings.exchanges)


@asynccontextmanager
async def open_collector(
    settings: Settings, clock: Clock, metrics: Metrics
) -> AsyncIterator[Collector]:
    """Open everything that collecting needs on a migrated store; all closed in the end."""
    outside = Outside(settings.loopback_url)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings.database_url, clock))
        await store.refuse_earlier_clock(clock)
        about = universe(settings)
        poller = await stack.enter_async_context(
            open_poller(settings.exchanges, about.assets, store, outside, clock)
        )
        yield Collector(store, poller, Board(store, about, clock, metrics), clock)

"""One exchange's jobs: each series at its own rhythm, none stopping another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.collectors.candles import collect_candles
from bot.collectors.exchange import Exchange
from bot.collectors.funding import collect_funding
from bot.collectors.health import SourceHealth
from bot.collectors.liquidations import collect_liquidations
from bot.collectors.open_interest import collect_open_interest_history, collect_open_interest_now
from bot.collectors.outcome import Outcome, Progress
from bot.collectors.rhythm import Rhythm, every, hourly, look_again_at, retry_at
from bot.collectors.tickers import collect_tickers
from bot.errors import DatabaseError, OutsideError
from bot.log import logger
from bot.model.series import Series, Ticker
from bot.store.store import Store

MARKETS = "markets"
OPEN_INTEREST_HISTORY = "open_interest_history"

Collect = Callable[[Progress], Awaitable[Outcome]]
CollectHourly = Callable[[Exchange, Store, Progress], Awaitable[Outcome]]
Announce = Callable[[str, str, int], None]
"""Told the exchange, the series and how many records were stored."""
Tell = Callable[[str, str, int], None]
"""Told the series, the symbol and how many records were stored."""

_log = logger(__name__)


@dataclass(slots=True)
class Job:
    """One series of one exchange: how it is collected, how often, and how it is doing."""

    name: str
    collect: Collect
    rhythm: Rhythm
    health: SourceHealth
    looks: int = 0
    refused: tuple[str, ...] = ()

    def is_due(self, now: datetime) -> bool:
        """Return True when it has never run or its next try has come."""
        return self.health.next_try_at is None or self.health.next_try_at <= now


class Source:
    """One exchange and its jobs: markets first, then chains of jobs that build on one another.

    Chains run side by side, so that one that hangs holds up no series but its own.
    """

    def __init__(self, exchange: Exchange, store: Store, assets: tuple[str, ...]) -> None:
        self.exchange = exchange
        self._store = store
        self._assets = assets
        self._tickers: dict[str, Ticker] = {}
        self._markets = self._job(MARKETS, self._collect_markets, every(timedelta(hours=12)))
        self._chains = self._series_chains()

    @property
    def jobs(self) -> list[Job]:
        """All jobs, in the order in which they run."""
        return [self._markets, *(job for chain in self._chains for job in chain)]

    @property
    def health(self) -> list[SourceHealth]:
        """The state of every job, in the order in which they run."""
        return [job.health for job in self.jobs]

    @property
    def next_due(self) -> datetime:
        """When the next job is due."""
        if not self.exchange.is_reached:
            return self._markets.health.next_try_at or self.exchange.clock.now()
        now = self.exchange.clock.now()
        return min(job.health.next_try_at or now for job in self.jobs)

    async def run_due(self, announce: Announce, progress: Tell) -> None:
        """Run every job that is due; without markets nothing else can be asked for."""
        await self._run_in_turn([self._markets], announce, progress)
        if not self.exchange.is_reached:
            return
        async with asyncio.TaskGroup() as group:
            for jobs in self._chains:
                group.create_task(self._run_in_turn(jobs, announce, progress))

    async def _run_in_turn(self, jobs: list[Job], announce: Announce, progress: Tell) -> None:
        for job in jobs:
            if job.is_due(self.exchange.clock.now()):
                stored = await self._run(job, progress)
                if stored:
                    announce(self.exchange.name, job.name, stored)

    async def _run(self, job: Job, progress: Tell) -> int:
        try:
            outcome = await job.collect(lambda symbol, stored: progress(job.name, symbol, stored))
        except OutsideError as error:
            self._failed(job, str(error))
            return 0
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of one round
            # One round of a poller: a bug in one series must not stop the other series.
            _log.exception("collecting_broke", exchange=self.exchange.name, series=job.name)
            self._failed(job, f"{self.exchange.name}: {type(error).__name__} in {job.name}")
            return 0
        self._succeeded(job, outcome)
        return outcome.stored

    def _failed(self, job: Job, line: str) -> None:
        now, failures = self.exchange.clock.now(), job.health.failures + 1
        if failures == 1 or line != job.health.last_error:
            _log.warning("collecting_failed", series=job.name, reason=line)
        job.health = replace(
            job.health,
            last_error=line,
            failed_at=now,
            failures=failures,
            next_try_at=retry_at(now, failures),
        )

    def _succeeded(self, job: Job, outcome: Outcome) -> None:
        now = self.exchange.clock.now()
        job.looks = 0 if outcome.is_complete else job.looks + 1
        due = job.rhythm(now)
        if outcome.refused and outcome.refused != job.refused:
            _log.warning(
                "records_refused",
                exchange=self.exchange.name,
                series=job.name,
                count=len(outcome.refused),
                first=outcome.refused[0],
            )
        job.refused = outcome.refused
        job.health = replace(
            job.health,
            last_success_at=now,
            last_error=None,
            failures=0,
            next_try_at=due if outcome.is_complete else look_again_at(now, job.looks, due),
            stored=job.health.stored + outcome.stored,
            refused=len(outcome.refused),
        )

    def _job(self, name: str, collect: Collect, rhythm: Rhythm) -> Job:
        return Job(name, collect, rhythm, SourceHealth(self.exchange.name, name))

    def _series_chains(self) -> list[list[Job]]:
        """Return the jobs of the served series; a job uses what those before it in its chain have.

        Present open interest is priced by tickers, its history is checked against candles.
        """
        serves = self.exchange.adapter.serves
        chains = [
            [
                (Series.TICKERS, self._tickers_job()),
                (Series.OPEN_INTEREST, self._open_interest_job()),
            ],
            [(Series.CANDLES, self._hourly_job(Series.CANDLES, collect_candles))],
            [(Series.FUNDING, self._hourly_job(Series.FUNDING, collect_funding))],
            [(Series.LIQUIDATIONS, self._hourly_job(Series.LIQUIDATIONS, collect_liquidations))],
        ]
        history = self._hourly_job(OPEN_INTEREST_HISTORY, collect_open_interest_history)
        if Series.CANDLES in serves:  # elsewhere history comes with the liquidations
            chains[1].append((Series.OPEN_INTEREST, history))
        return [[job for series, job in chain if series in serves] for chain in chains]

    def _tickers_job(self) -> Job:
        rhythm = every(timedelta(seconds=30))
        return self._job(Series.TICKERS, self._collect_tickers, rhythm)

    def _open_interest_job(self) -> Job:
        rhythm = every(timedelta(minutes=2))
        return self._job(Series.OPEN_INTEREST, self._collect_open_interest, rhythm)

    def _hourly_job(self, name: str, collect: CollectHourly) -> Job:
        return self._job(
            name, lambda progress: collect(self.exchange, self._store, progress), hourly
        )

    async def _collect_markets(self, _progress: Progress) -> Outcome:
        await self.exchange.load_markets(self._assets)
        listed = {instrument.asset for instrument in self.exchange.instruments}
        absent = [asset for asset in self._assets if asset not in listed]
        if absent:
            _log.info("assets_not_listed", exchange=self.exchange.name, assets=",".join(absent))
        return Outcome()

    async def _collect_tickers(self, _progress: Progress) -> Outcome:
        outcome, self._tickers = await collect_tickers(self.exchange, self._store)
        return outcome

    async def _collect_open_interest(self, _progress: Progress) -> Outcome:
        return await collect_open_interest_now(self.exchange, self._store, self._tickers)

"""The store: one member per subject, all on one open database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import case, func, literal, select, union_all

from bot.clock import Clock, format_time, from_ms
from bot.errors import SettingsError
from bot.model.series import TIMEFRAMES, FundingRate, OpenInterest
from bot.store import tables
from bot.store.candles import Candles
from bot.store.coverage import Coverages
from bot.store.database import Database, open_database
from bot.store.funding import funding_points
from bot.store.liquidations import Liquidations
from bot.store.open_interest import open_interest_points
from bot.store.points import Points
from bot.store.publications import Publications
from bot.store.requests import Requests
from bot.store.signs import Signs
from bot.store.state import State
from bot.store.tickers import Tickers

# What an exchange stamps may be ahead of this machine's clock by as much as that.
_CLOCK_TOLERANCE = timedelta(minutes=1)


class Store:
    """Everything that is stored, by subject."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self.candles = Candles(database)
        self.open_interest: Points[OpenInterest] = open_interest_points(database)
        self.funding: Points[FundingRate] = funding_points(database)
        self.liquidations = Liquidations(database)
        self.coverage = Coverages(database)
        self.tickers = Tickers(database)
        self.publications = Publications(database, clock)
        self.requests = Requests(database, clock)
        self.signs = Signs(database, clock)
        self.state = State(database)

    async def changed(self) -> bool:
        """Return whether another process may have published since this was asked last."""
        return await self._database.changed()

    async def latest_data(self) -> datetime | None:
        """Return the latest moment that stored data or reports speak of, None when there is none.

        Liquidations are represented by their collected spans.
        """
        candles = tables.candles
        length = case(
            {name: length // timedelta(milliseconds=1) for name, length in TIMEFRAMES.items()},
            value=candles.c.timeframe,
            else_=literal(0),
        )
        moments = [
            func.max(candles.c.open_ms + length),
            func.max(tables.open_interest.c.snapshot_ms),
            func.max(tables.funding.c.settled_ms),
            func.max(tables.tickers.c.seen_ms),
            func.max(tables.spans.c.end_ms),
            func.max(tables.reports.c.as_of_ms),
        ]
        rows = await self._database.rows(union_all(*(select(moment) for moment in moments)))
        found = [row[0] for row in rows if row[0] is not None]
        return from_ms(max(found)) if found else None

    async def refuse_earlier_clock(self, clock: Clock) -> None:
        """Raise SettingsError when the clock shows a time before data that is already stored."""
        latest = await self.latest_data()
        now = clock.now()
        if latest is not None and latest > now + _CLOCK_TOLERANCE:
            raise SettingsError(
                f"UNDERTOW_CLOCK_START: the clock shows {format_time(now)}, but the database holds"
                f" data up to {format_time(latest)}; start later or choose another DATABASE_URL"
            )


@asynccontextmanager
async def open_store(url: str, clock: Clock) -> AsyncIterator[Store]:
    """Open the migrated store at `url` until the block ends; leaving it commits what is pending.

    SettingsError for a URL of another kind, DatabaseError when it cannot be reached.
    """
    async with open_database(url) as database:
        yield Store(database, clock)

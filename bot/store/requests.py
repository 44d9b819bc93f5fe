"""Requests for reports that are not standing: left by a gateway, answered by the collector."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock, from_ms, to_ms
from bot.model.report import ReportKey
from bot.store import tables
from bot.store.database import Database
from bot.store.upserts import insertion

_TABLE = tables.requests
_EXPIRY = timedelta(minutes=10)
_FORGOTTEN = timedelta(days=1)


class RequestState(StrEnum):
    """What became of a request."""

    OPEN = "open"
    ANSWERED = "answered"
    FAILED = "failed"
    EXPIRED = "expired"


class Request(Struct, frozen=True):
    """A report that somebody waits for."""

    id: int
    key: ReportKey
    requested_at: datetime


class Requests:
    """Keeps requests; there is at most one open request for each key, and it expires in 10 min."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._insertion = insertion(database.dialect, _TABLE).on_conflict_do_nothing()

    async def ask(self, key: ReportKey) -> int:
        """Return the id of the open request for the key, which is made when there is none."""
        return await self._database.write(lambda connection: self._ask(connection, key), 3)

    async def open(self, now: datetime) -> list[Request]:
        """Return the open requests that have not expired, oldest first."""
        statement = select(_TABLE).where(
            _TABLE.c.state == RequestState.OPEN, _TABLE.c.requested_ms > to_ms(now - _EXPIRY)
        )
        rows = await self._database.rows(statement.order_by(_TABLE.c.requested_ms, _TABLE.c.id))
        return [
            Request(row.id, ReportKey.parse(row.key), from_ms(row.requested_ms)) for row in rows
        ]

    async def answered(self, request_id: int, state: RequestState = RequestState.ANSWERED) -> None:
        """Close an open request: answered, or failed when there will be no answer."""
        statement = (
            update(_TABLE)
            .where(_TABLE.c.id == request_id, _TABLE.c.state == RequestState.OPEN)
            .values(state=state.value)
        )
        await self._database.execute(statement)

    async def state(self, request_id: int) -> RequestState | None:
        """Return what became of a request, None when it is not known (any more)."""
        row = await self._database.row(select(_TABLE).where(_TABLE.c.id == request_id))
        if row is None:
            return None
        has_expired = row.requested_ms <= to_ms(self._clock.now() - _EXPIRY)
        if row.state == RequestState.OPEN and has_expired:
            return RequestState.EXPIRED
        return RequestState(row.state)

    async def _ask(self, connection: AsyncConnection, key: ReportKey) -> int:
        now = self._clock.now()
        is_open = _TABLE.c.state == RequestState.OPEN
        await connection.execute(
            update(_TABLE)
            .where(is_open, _TABLE.c.requested_ms <= to_ms(now - _EXPIRY))
            .values(state=RequestState.EXPIRED.value)
        )
        await connection.execute(
            delete(_TABLE).where(_TABLE.c.requested_ms < to_ms(now - _FORGOTTEN), ~is_open)
        )
        row = {"key": str(key), "requested_ms": to_ms(now), "state": RequestState.OPEN.value}
        select_id = select(_TABLE.c.id).where(_TABLE.c.key == str(key), is_open)
        while True:
            await connection.execute(self._insertion, row)
            number = (await connection.execute(select_id)).scalar_one_or_none()
            # On PostgreSQL the row that was in the way may have been answered meanwhile.
            if number is not None:
                return int(number)

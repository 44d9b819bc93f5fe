"""Series of one value per moment and symbol: what open interest and funding have in common."""

from collections.abc import Callable, Iterable
from datetime import datetime
from math import isfinite
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Label, Row, Table, delete, func, select

from bot.clock import from_ms, to_ms
from bot.model.instruments import asset_of
from bot.store.database import Database
from bot.store.upserts import live_first, upsert

Record = TypeVar("Record")
Bounds = tuple[datetime, datetime]

_HOUR_MS = 3_600_000


class Points(Generic[Record]):
    """Adds and reads the records of one table; `encode` and `decode` translate single rows."""

    def __init__(
        self,
        database: Database,
        table: Table,
        time_column: str,
        encode: Callable[[Record], dict[str, Any]],
        decode: Callable[[Row[Any]], Record],
    ) -> None:
        self._database = database
        self._table = table
        self._time = table.c[time_column]
        self._encode = encode
        self._decode = decode
        self._upsert = upsert(database.dialect, table, live_first)

    async def add(self, records: Iterable[Record]) -> None:
        """Store the records; ValueError (and nothing stored) if a number is not finite.

        A record replaces that of the same key, except a recorded one a live one.
        """
        await self._database.add(self._upsert, [finite(self._encode(record)) for record in records])

    async def series(
        self, exchange: str, symbol: str, start: datetime, end: datetime
    ) -> list[Record]:
        """Return the records from `start` to `end`, both included, in order of time."""
        statement = select(self._table).where(
            self._table.c.exchange == exchange,
            self._table.c.symbol == symbol,
            self._time.between(to_ms(start), to_ms(end)),
        )
        return [
            self._decode(row) for row in await self._database.rows(statement.order_by(self._time))
        ]

    async def hourly(
        self, exchange: str, symbol: str, start: datetime, end: datetime
    ) -> list[Record]:
        """Return the records of whole hours from `start` to `end`, in order of time."""
        statement = select(self._table).where(
            self._table.c.exchange == exchange,
            self._table.c.symbol == symbol,
            self._time.between(to_ms(start), to_ms(end)),
            self._time % _HOUR_MS == 0,
        )
        rows = await self._database.rows(statement.order_by(self._time))
        return [self._decode(row) for row in rows]

    async def latest(self, exchange: str, symbol: str, now: datetime) -> Record | None:
        """Return the newest record up to `now`, None when there is none."""
        statement = select(self._table).where(
            self._table.c.exchange == exchange,
            self._table.c.symbol == symbol,
            self._time <= to_ms(now),
        )
        row = await self._database.row(statement.order_by(self._time.desc()).limit(1))
        return None if row is None else self._decode(row)

    async def thin(self, before: datetime) -> None:
        """Drop the records before a moment that lie on no whole hour: no window needs them."""
        statement = delete(self._table).where(
            self._time < to_ms(before), self._time % _HOUR_MS != 0
        )
        await self._database.execute(statement)

    async def bounds(self, exchange: str, symbol: str) -> Bounds | None:
        """Return the times of the first and the last record, None when there is none."""
        statement = select(*extremes(self._time)).where(
            self._table.c.exchange == exchange, self._table.c.symbol == symbol
        )
        return times(await self._database.row(statement))

    async def contracts(self, assets: Iterable[str] | None = None) -> list[tuple[str, str]]:
        """Return each (exchange, symbol) that has records, of these assets or of all, in order."""
        return await contracts(self._database, self._table, assets)


async def contracts(
    database: Database, table: Table, assets: Iterable[str] | None
) -> list[tuple[str, str]]:
    """Return each (exchange, symbol) in the table, of these assets or of all, in order."""
    statement = select(table.c.exchange, table.c.symbol).distinct()
    wanted = None if assets is None else set(assets)
    rows = await database.rows(statement.order_by(table.c.exchange, table.c.symbol))
    return [
        (row.exchange, row.symbol)
        for row in rows
        if wanted is None or asset_of(row.symbol) in wanted
    ]


def extremes(column: ColumnElement[int]) -> tuple[Label[int], Label[int]]:
    """Return what to select for `times`: the least and the greatest of a column."""
    return func.min(column).label("first_ms"), func.max(column).label("last_ms")


def times(row: Row[Any] | None) -> Bounds | None:
    """Return a row of `extremes` as datetimes, None when there was nothing."""
    if row is None or row.first_ms is None:
        return None
    return from_ms(row.first_ms), from_ms(row.last_ms)


def finite(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row; ValueError when one of its numbers is not finite (SQLite would lose it)."""
    for name, value in row.items():
        if isinstance(value, float) and not isfinite(value):
            raise ValueError(f"{name} is {value}: {row}")
    return row

"""Closed bars by exchange, symbol, timeframe and opening time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select

from bot.clock import from_ms, to_ms
from bot.model.series import TIMEFRAMES, Candle, Origin
from bot.store import tables
from bot.store.database import Database
from bot.store.points import Bounds, contracts, extremes, finite, times
from bot.store.upserts import live_first, upsert

_TABLE = tables.candles


class Candles:
    """Adds and reads bars; a bar's close is known at its opening time plus its timeframe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = upsert(database.dialect, _TABLE, live_first)

    async def add(self, candles: Iterable[Candle]) -> None:
        """Store the bars; ValueError (and nothing stored) if a number is not finite.

        A bar replaces that of the same key, except a recorded one a live one.
        """
        await self._database.add(self._upsert, [finite(_encode(candle)) for candle in candles])

    async def bars(
        self, exchange: str, symbol: str, timeframe: str, start: datetime, end: datetime
    ) -> list[Candle]:
        """Return the bars that open in [start, end), in order of time."""
        statement = select(_TABLE).where(
            _of(exchange, symbol, timeframe),
            _TABLE.c.open_ms >= to_ms(start),
            _TABLE.c.open_ms < to_ms(end),
        )
        rows = await self._database.rows(statement.order_by(_TABLE.c.open_ms))
        return [_decode(row) for row in rows]

    async def closes(
        self, exchange: str, symbol: str, timeframe: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """Return (close time, close) for close times from `start` to `end`, both included."""
        length = TIMEFRAMES[timeframe]
        opens = _TABLE.c.open_ms.between(to_ms(start - length), to_ms(end - length))
        statement = select(_TABLE.c.open_ms, _TABLE.c.close).where(
            _of(exchange, symbol, timeframe), opens
        )
        rows = await self._database.rows(statement.order_by(_TABLE.c.open_ms))
        return [(from_ms(row.open_ms) + length, row.close) for row in rows]

    async def bounds(self, exchange: str, symbol: str, timeframe: str) -> Bounds | None:
        """Return the opening times of the first and the last bar, None when there is none."""
        statement = select(*extremes(_TABLE.c.open_ms)).where(_of(exchange, symbol, timeframe))
        return times(await self._database.row(statement))

    async def contracts(self, assets: Iterable[str] | None = None) -> list[tuple[str, str]]:
        """Return each (exchange, symbol) that has bars, of these assets or of all, in order."""
        return await contracts(self._database, _TABLE, assets)


def _of(exchange: str, symbol: str, timeframe: str) -> ColumnElement[bool]:
    return and_(
        _TABLE.c.exchange == exchange,
        _TABLE.c.symbol == symbol,
        _TABLE.c.timeframe == timeframe,
    )


def _encode(candle: Candle) -> dict[str, Any]:
    return {
        "exchange": candle.exchange,
        "symbol": candle.symbol,
        "timeframe": candle.timeframe,
        "open_ms": to_ms(candle.open_time),
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
        "origin": candle.origin.value,
    }


def _decode(row: Row[Any]) -> Candle:
    return Candle(
        exchange=row.exchange,
        symbol=row.symbol,
        timeframe=row.timeframe,
        open_time=from_ms(row.open_ms),
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
        origin=Origin(row.origin),
    )

"""The latest ticker of each instrument."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select

from bot.clock import from_ms, to_ms
from bot.model.series import Ticker
from bot.store import tables
from bot.store.database import Database
from bot.store.points import finite
from bot.store.upserts import newer_first, upsert

_TABLE = tables.tickers


class Tickers:
    """Keeps the latest ticker of each instrument; an older one never replaces a newer one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = upsert(database.dialect, _TABLE, newer_first("seen_ms"))

    async def add(self, tickers: Iterable[Ticker]) -> None:
        """Store the tickers; ValueError (and nothing stored) if a number is not finite."""
        await self._database.add(self._upsert, [finite(_encode(ticker)) for ticker in tickers])

    async def newest(self) -> list[Ticker]:
        """Return the latest ticker of every instrument, by exchange and symbol."""
        statement = select(_TABLE).order_by(_TABLE.c.exchange, _TABLE.c.symbol)
        return [_decode(row) for row in await self._database.rows(statement)]


def _encode(ticker: Ticker) -> dict[str, Any]:
    return {
        "exchange": ticker.exchange,
        "symbol": ticker.symbol,
        "seen_ms": to_ms(ticker.seen_at),
        "last_price": ticker.last_price,
        "mark_price": ticker.mark_price,
    }


def _decode(row: Row[Any]) -> Ticker:
    return Ticker(
        exchange=row.exchange,
        symbol=row.symbol,
        seen_at=from_ms(row.seen_ms),
        last_price=row.last_price,
        mark_price=row.mark_price,
    )

"""Settled funding by exchange, symbol and settlement."""

from typing import Any

from sqlalchemy import Row

from bot.clock import from_ms, to_ms
from bot.model.series import FundingRate, Origin
from bot.store import tables
from bot.store.database import Database
from bot.store.points import Points


def funding_points(database: Database) -> Points[FundingRate]:
    """Return the stored settled funding; its records' moment is `settled_at`."""
    return Points(database, tables.funding, "settled_ms", _encode, _decode)


def _encode(record: FundingRate) -> dict[str, Any]:
    return {
        "exchange": record.exchange,
        "symbol": record.symbol,
        "settled_ms": to_ms(record.settled_at),
        "funding_rate": record.funding_rate,
        "interval_hours": record.interval_hours,
        "origin": record.origin.value,
    }


def _decode(row: Row[Any]) -> FundingRate:
    return FundingRate(
        exchange=row.exchange,
        symbol=row.symbol,
        settled_at=from_ms(row.settled_ms),
        funding_rate=row.funding_rate,
        interval_hours=row.interval_hours,
        origin=Origin(row.origin),
    )

"""Open interest by exchange, symbol and moment."""

from typing import Any

from sqlalchemy import Row

from bot.clock import from_ms, to_ms
from bot.model.series import OpenInterest, Origin
from bot.store import tables
from bot.store.database import Database
from bot.store.points import Points


def open_interest_points(database: Database) -> Points[OpenInterest]:
    """Return the stored open interest; its records' moment is `snapshot_at`."""
    return Points(database, tables.open_interest, "snapshot_ms", _encode, _decode)


def _encode(record: OpenInterest) -> dict[str, Any]:
    return {
        "exchange": record.exchange,
        "symbol": record.symbol,
        "snapshot_ms": to_ms(record.snapshot_at),
        "open_interest_base": record.open_interest_base,
        "open_interest_notional": record.open_interest_notional,
        "raw_amount": record.raw_amount,
        "raw_value": record.raw_value,
        "origin": record.origin.value,
    }


def _decode(row: Row[Any]) -> OpenInterest:
    return OpenInterest(
        exchange=row.exchange,
        symbol=row.symbol,
        snapshot_at=from_ms(row.snapshot_ms),
        open_interest_base=row.open_interest_base,
        open_interest_notional=row.open_interest_notional,
        raw_amount=row.raw_amount,
        raw_value=row.raw_value,
        origin=Origin(row.origin),
    )

"""Signs of life: when each role was seen last, and since when it runs."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select

from bot.clock import Clock, from_ms, to_ms
from bot.store import tables
from bot.store.database import Database
from bot.store.upserts import upsert

_TABLE = tables.signs


class Sign(Struct, frozen=True):
    """The last sign of life of a role, and what it said it was doing."""

    role: str
    seen_at: datetime
    started_at: datetime
    note: str


class Signs:
    """Gives and reads signs of life; `started_at` is when the store of the giver was opened."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._started_at = clock.now()
        self._upsert = upsert(database.dialect, _TABLE)

    async def give(self, role: str, note: str = "") -> None:
        """Store that the role is alive now."""
        row = {
            "role": role,
            "seen_ms": self._clock.now_ms(),
            "started_ms": to_ms(self._started_at),
            "note": note,
        }
        await self._database.add(self._upsert, [row])

    async def newest(self, role: str) -> Sign | None:
        """Return the role's last sign of life, None when there was none."""
        row = await self._database.row(select(_TABLE).where(_TABLE.c.role == role))
        if row is None:
            return None
        return Sign(role, from_ms(row.seen_ms), from_ms(row.started_ms), row.note)

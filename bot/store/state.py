"""Small facts that outlive a process, by name: such as which commands were synced."""

from sqlalchemy import select

from bot.store import tables
from bot.store.database import Database
from bot.store.upserts import upsert

_TABLE = tables.state


class State:
    """Keeps one text for each name."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = upsert(database.dialect, _TABLE)

    async def get(self, name: str) -> str | None:
        """Return the text stored under a name, None when there is none."""
        row = await self._database.row(select(_TABLE.c.value).where(_TABLE.c.name == name))
        return None if row is None else str(row.value)

    async def set(self, name: str, value: str) -> None:
        """Store the text under a name, in the place of what stood there."""
        await self._database.add(self._upsert, [{"name": name, "value": value}])

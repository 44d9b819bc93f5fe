"""What is known of each stream in a window: its collected spans without its gaps."""

from collections import defaultdict

from sqlalchemy import func, select

from bot.model.series import FeedKind, Series
from bot.store import tables
from bot.store.database import Database
from bot.store.spans import Stretch, within, without

# Exchange, symbol and kind: what a span is about, whether it was collected live or recorded.
Stream = tuple[str, str, FeedKind]

_SPANS = tables.spans
_GAPS = tables.gaps
_STREAM = (_SPANS.c.exchange, _SPANS.c.symbol, _SPANS.c.kind)


async def collected(
    database: Database, series: Series, start_ms: int, end_ms: int
) -> dict[Stream, list[Stretch]]:
    """Return the stretches of [start, end) that each stream of the series was collected for."""
    spans: dict[Stream, list[Stretch]] = defaultdict(list)
    holes: dict[Stream, list[Stretch]] = defaultdict(list)
    for table in (_SPANS, _GAPS):
        statement = select(table).where(
            table.c.series == series.value, table.c.start_ms < end_ms, table.c.end_ms > start_ms
        )
        for row in await database.rows(statement):
            stream = (row.exchange, row.symbol, FeedKind(row.kind))
            found = spans if table is _SPANS else holes
            found[stream].append((row.start_ms, row.end_ms))
    return {
        stream: within(without(stretches, holes[stream]), start_ms, end_ms)
        for stream, stretches in spans.items()
    }


async def first_starts(
    database: Database, series: Series, exchange: str | None = None
) -> dict[Stream, int]:
    """Return when each stream of the series was collected first, in Unix milliseconds."""
    statement = (
        select(*_STREAM, func.min(_SPANS.c.start_ms).label("first_ms"))
        .where(_SPANS.c.series == series.value)
        .group_by(*_STREAM)
    )
    if exchange is not None:
        statement = statement.where(_SPANS.c.exchange == exchange)
    rows = await database.rows(statement)
    return {(row.exchange, row.symbol, FeedKind(row.kind)): row.first_ms for row in rows}

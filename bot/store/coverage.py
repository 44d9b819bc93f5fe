"""What was collected of a series and what was missed: spans, gaps, and the coverage of a window."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import from_ms, to_ms
from bot.model.instruments import asset_of
from bot.model.report import Coverage
from bot.model.series import CollectedSpan, FeedKind, Gap, Origin, Series
from bot.store import tables
from bot.store.collected import Stream, collected, first_starts
from bot.store.database import Database
from bot.store.spans import Stretch, length
from bot.store.upserts import newer_first, upsert

_SPANS = tables.spans
_GAPS = tables.gaps
_MINUTE = 60_000
_RANK = {kind: rank for rank, kind in enumerate(FeedKind)}


class Coverages:
    """Keeps collected spans and gaps, and computes coverage from them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert_span = upsert(database.dialect, _SPANS, newer_first("end_ms"))
        self._upsert_gap = upsert(database.dialect, _GAPS)

    async def add_spans(self, spans: Iterable[CollectedSpan]) -> None:
        """Store collected spans; those of one series that overlap or touch become one."""
        rows = [_span_row(span) for span in spans if span.start < span.end]
        await self._database.write(lambda connection: self._merge(connection, rows), len(rows))

    async def add_gaps(self, gaps: Iterable[Gap]) -> None:
        """Store gaps; one that begins when a stored one did replaces it."""
        await self._database.add(self._upsert_gap, [_gap_row(gap) for gap in gaps])

    async def spans(
        self, exchange: str, symbol: str, series: Series, start: datetime, end: datetime
    ) -> list[CollectedSpan]:
        """Return the collected spans that overlap [start, end), whole, in order of time."""
        statement = select(_SPANS).where(
            _SPANS.c.exchange == exchange,
            _SPANS.c.symbol == symbol,
            _SPANS.c.series == series.value,
            _SPANS.c.start_ms < to_ms(end),
            _SPANS.c.end_ms > to_ms(start),
        )
        rows = await self._database.rows(statement.order_by(_SPANS.c.start_ms))
        return [
            CollectedSpan(
                exchange,
                symbol,
                series,
                FeedKind(row.kind),
                from_ms(row.start_ms),
                from_ms(row.end_ms),
                Origin(row.origin),
            )
            for row in rows
        ]

    async def gaps(
        self, exchange: str, symbol: str, series: Series, start: datetime, end: datetime
    ) -> list[Gap]:
        """Return the gaps that overlap [start, end), whole, in order of time."""
        statement = select(_GAPS).where(
            _GAPS.c.exchange == exchange,
            _GAPS.c.symbol == symbol,
            _GAPS.c.series == series.value,
            _GAPS.c.start_ms < to_ms(end),
            _GAPS.c.end_ms > to_ms(start),
        )
        rows = await self._database.rows(statement.order_by(_GAPS.c.start_ms))
        return [_gap(row) for row in rows]

    async def coverage(
        self,
        series: Series,
        start: datetime,
        end: datetime,
        *,
        assets: Iterable[str] | None = None,
        symbols: Iterable[str] | None = None,
        exchange: str | None = None,
    ) -> list[Coverage]:
        """Return the coverage of [start, end), one for each exchange and kind ever collected.

        Of several symbols it is the mean over the assets (or symbols) asked for, those that the
        exchange lacks counting as nothing, and within an asset over its collected symbols, in whole
        minutes rounded down; without either, over all symbols that the exchange has. `since` is
        the first moment from which every one of its symbols was collected.
        """
        begin, finish = to_ms(start), to_ms(end)
        firsts = _wanted(await first_starts(self._database, series, exchange), assets, symbols)
        known = await collected(self._database, series, begin, finish)
        asked = _asked(assets, symbols)
        sources = sorted({(stream[0], stream[2]) for stream in firsts}, key=_source_order)
        return [
            Coverage(
                exchange=place,
                kind=kind,
                minutes_collected=_minutes(_streams(firsts, place, kind), known, asked, assets),
                minutes_asked=(finish - begin) // _MINUTE,
                since=from_ms(max(_streams(firsts, place, kind).values())),
            )
            for place, kind in sources
        ]

    async def _merge(self, connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            near = [
                _SPANS.c[name] == row[name]
                for name in ("exchange", "symbol", "series", "kind", "origin")
            ]
            near += [_SPANS.c.start_ms <= row["end_ms"], _SPANS.c.end_ms >= row["start_ms"]]
            touching = select(_SPANS.c.start_ms, _SPANS.c.end_ms).where(*near)
            found = [tuple(found) for found in await connection.execute(touching)]
            start = min([row["start_ms"], *(first for first, _ in found)])
            end = max([row["end_ms"], *(last for _, last in found)])
            if found == [(start, end)]:
                continue
            await connection.execute(delete(_SPANS).where(*near, _SPANS.c.start_ms != start))
            merged = {**row, "start_ms": start, "end_ms": end}
            await connection.execute(self._upsert_span, merged)


def _asked(assets: Iterable[str] | None, symbols: Iterable[str] | None) -> set[str] | None:
    chosen = assets if assets is not None else symbols
    return None if chosen is None else set(chosen)


def _wanted(
    firsts: Mapping[Stream, int], assets: Iterable[str] | None, symbols: Iterable[str] | None
) -> dict[Stream, int]:
    asked = _asked(assets, symbols)
    return {
        stream: first
        for stream, first in firsts.items()
        if asked is None or _subject(stream, assets) in asked
    }


def _subject(stream: Stream, assets: Iterable[str] | None) -> str:
    return stream[1] if assets is None else asset_of(stream[1])


def _streams(firsts: Mapping[Stream, int], place: str, kind: FeedKind) -> dict[Stream, int]:
    return {
        stream: first for stream, first in firsts.items() if (stream[0], stream[2]) == (place, kind)
    }


def _minutes(
    streams: Iterable[Stream],
    known: Mapping[Stream, Sequence[Stretch]],
    asked: set[str] | None,
    assets: Iterable[str] | None,
) -> int:
    by_subject: dict[str, list[int]] = defaultdict(list)
    for stream in streams:
        by_subject[_subject(stream, assets)].append(length(known.get(stream, ())))
    means = [sum(lengths) // len(lengths) for lengths in by_subject.values()]
    return sum(means) // (len(means) if asked is None else len(asked)) // _MINUTE


def _source_order(source: tuple[str, FeedKind]) -> tuple[str, int]:
    return source[0], _RANK[source[1]]


def _span_row(span: CollectedSpan) -> dict[str, Any]:
    return {
        "exchange": span.exchange,
        "symbol": span.symbol,
        "series": span.series.value,
        "kind": span.kind.value,
        "origin": span.origin.value,
        "start_ms": to_ms(span.start),
        "end_ms": to_ms(span.end),
    }


def _gap(row: Row[Any]) -> Gap:
    return Gap(
        row.exchange,
        row.symbol,
        Series(row.series),
        FeedKind(row.kind),
        from_ms(row.start_ms),
        from_ms(row.end_ms),
        row.reason,
    )


def _gap_row(gap: Gap) -> dict[str, Any]:
    return {
        "exchange": gap.exchange,
        "symbol": gap.symbol,
        "series": gap.series.value,
        "kind": gap.kind.value,
        "start_ms": to_ms(gap.start),
        "end_ms": to_ms(gap.end),
        "reason": gap.reason,
    }

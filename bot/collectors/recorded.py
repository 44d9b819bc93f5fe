"""Recorded series into the store, under their own exchange and labelled recorded."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from bot.clock import Clock
from bot.collectors.recorded_tables import Row, Table, find_files, read_table
from bot.collectors.stretches import holes
from bot.model.series import (
    Candle,
    CollectedSpan,
    FeedKind,
    FundingRate,
    Gap,
    LiquidationBucket,
    OpenInterest,
    Origin,
    PositionSide,
    Series,
)
from bot.store.store import Store

RECORDED_KIND = FeedKind.SAMPLED
"""Recorded liquidations are what somebody saw of a feed: a lower bound, never complete."""

_RECORDED = Origin.RECORDED


class FileSummary(Struct, frozen=True):
    """What became of one file: rows stored, left out as not yet known, and of unknown value."""

    file: str
    series: Series
    stored: int
    not_yet_known: int
    unknown: int

    def __str__(self) -> str:
        left_out = [
            f"{count} {why}"
            for count, why in (
                (self.not_yet_known, "not yet known at the clock's time"),
                (self.unknown, "unknown"),
            )
            if count
        ]
        return f"{self.file}: {', '.join([f'{self.stored} stored', *left_out])}"


class ImportSummary(Struct, frozen=True):
    """What became of all files."""

    files: tuple[FileSummary, ...]

    @property
    def stored(self) -> int:
        """How many rows are in the store now."""
        return sum(file.stored for file in self.files)

    @property
    def not_yet_known(self) -> int:
        """How many rows were left out since the clock has not come to them."""
        return sum(file.not_yet_known for file in self.files)


async def import_recorded(
    folder: Path,
    store: Store,
    clock: Clock,
    *,
    series: Collection[Series] | None = None,
    progress: Callable[[FileSummary], None] | None = None,
) -> ImportSummary:
    """Store what the folder holds and the clock already knows; twice changes nothing.

    Everything is read and checked before anything is stored. SettingsError names what is wrong.
    """
    wanted = frozenset(Series if series is None else series)
    tables = await asyncio.to_thread(_read, folder, wanted)
    now = clock.now()
    files = []
    for path, table, rows in tables:
        known = [row for row in rows if row.known_at <= now]
        await _STORING[table.series](store, known)
        unknown = sum(row.known() is None for row in known)
        left_out = len(rows) - len(known)
        file = FileSummary(path.name, table.series, len(known) - unknown, left_out, unknown)
        files.append(file)
        if progress is not None:
            progress(file)
    return ImportSummary(tuple(files))


def _read(folder: Path, series: frozenset[Series]) -> list[tuple[Path, Table, list[Row]]]:
    return [(path, table, read_table(path, table)) for path, table in find_files(folder, series)]


async def _store_candles(store: Store, rows: Iterable[Row]) -> None:
    await store.candles.add(
        Candle(row.exchange, row.symbol, row.timeframe, row.time, **bar, origin=_RECORDED)
        for row in rows
        if (bar := row.known()) is not None
    )


async def _store_open_interest(store: Store, rows: Iterable[Row]) -> None:
    await store.open_interest.add(
        OpenInterest(row.exchange, row.symbol, row.known_at, **value, origin=_RECORDED)
        for row in rows
        if (value := row.known()) is not None
    )


async def _store_funding(store: Store, rows: Iterable[Row]) -> None:
    await store.funding.add(
        FundingRate(row.exchange, row.symbol, row.time, **payment, origin=_RECORDED)
        for row in rows
        if (payment := row.known()) is not None
    )


async def _store_liquidations(store: Store, rows: Iterable[Row]) -> None:
    """Store the sums; hours that are unknown or absent become gaps, zeros need no row."""
    streams: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    buckets: list[LiquidationBucket] = []
    for row in rows:
        streams[row.exchange, row.symbol, row.timeframe].append(row)
        buckets += _buckets(row)
    await store.liquidations.add(buckets)
    for stream in streams.values():
        gaps = list(_gaps(stream))
        # gaps first: a span without them would call unknown hours empty ones
        await store.coverage.add_gaps(gaps)
        await store.coverage.add_spans([_span(stream)])


def _buckets(row: Row) -> Iterator[LiquidationBucket]:
    for side in PositionSide:
        base, notional = row.numbers[f"{side}_base"], row.numbers[f"{side}_notional"]
        if base and notional:
            yield LiquidationBucket(
                row.exchange,
                row.symbol,
                row.timeframe,
                row.time,
                side,
                base,
                notional,
                RECORDED_KIND,
                _RECORDED,
            )


def _span(stream: list[Row]) -> CollectedSpan:
    start, end = _ends(stream)
    first = stream[0]
    return CollectedSpan(
        first.exchange,
        first.symbol,
        Series.LIQUIDATIONS,
        RECORDED_KIND,
        start,
        end,
        _RECORDED,
    )


def _gaps(stream: list[Row]) -> Iterator[Gap]:
    known = [row.time for row in stream if row.known() is not None]
    first = stream[0]
    for start, end in holes(_ends(stream), known, first.length):
        yield Gap(
            first.exchange,
            first.symbol,
            Series.LIQUIDATIONS,
            RECORDED_KIND,
            start,
            end,
            "unknown in the recorded data",
        )


def _ends(stream: list[Row]) -> tuple[datetime, datetime]:
    return min(row.time for row in stream), max(row.known_at for row in stream)


_STORING = {
    Series.CANDLES: _store_candles,
    Series.OPEN_INTEREST: _store_open_interest,
    Series.FUNDING: _store_funding,
    Series.LIQUIDATIONS: _store_liquidations,
}

"""Liquidations in bars by exchange, symbol and side, read so that nothing is counted twice."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, select

from bot.clock import from_ms, to_ms
from bot.model.instruments import asset_of
from bot.model.series import FeedKind, LiquidationBucket, Origin, PositionSide, Series
from bot.store import tables
from bot.store.collected import Stream, collected
from bot.store.counting import HOUR_MS, counted, length_ms
from bot.store.database import Database
from bot.store.points import contracts, finite
from bot.store.upserts import live_first, upsert

_TABLE = tables.liquidations


class LiquidationSum(Struct, frozen=True):
    """Liquidations of both sides that count, observed by one source in an hour."""

    exchange: str
    symbol: str
    kind: FeedKind
    start: datetime
    end: datetime
    long_base: float = 0.0
    short_base: float = 0.0
    long_notional: float = 0.0
    short_notional: float = 0.0


class Liquidations:
    """Adds and reads buckets; of each symbol on an exchange, one kind an hour counts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = upsert(database.dialect, _TABLE, live_first)

    async def add(self, buckets: Iterable[LiquidationBucket]) -> None:
        """Store the buckets; ValueError (and nothing stored) if a number is not finite.

        A bucket replaces that of the same key, except a recorded one a live one.
        """
        await self._database.add(self._upsert, [finite(_encode(bucket)) for bucket in buckets])

    async def buckets(
        self,
        start: datetime,
        end: datetime,
        *,
        assets: Iterable[str] | None = None,
        symbols: Iterable[str] | None = None,
    ) -> list[LiquidationBucket]:
        """Return the buckets wholly inside [start, end) that count, of these assets and symbols.

        In order of exchange, symbol, time and side; all assets and symbols when not given.
        """
        chosen = await self._symbols(assets, symbols)
        statement = select(_TABLE).where(
            _TABLE.c.symbol.in_(chosen),
            _TABLE.c.open_ms >= to_ms(start),
            _TABLE.c.open_ms < to_ms(end),
        )
        rows = await self._database.rows(statement)
        whole = [row for row in rows if row.open_ms + length_ms(row.timeframe) <= to_ms(end)]
        return counted(_decode(row) for row in whole)

    async def hours(
        self,
        start: datetime,
        end: datetime,
        *,
        assets: Iterable[str] | None = None,
        symbols: Iterable[str] | None = None,
    ) -> list[LiquidationSum]:
        """Return the known whole hours of [start, end) by exchange, symbol and hour.

        An hour without liquidations is there, as zero, when it was collected without a gap; an hour
        that is absent is unknown. Bars longer than an hour say nothing about their hours.
        """
        chosen = await self._symbols(assets, symbols)
        first, last = -(-to_ms(start) // HOUR_MS) * HOUR_MS, to_ms(end) // HOUR_MS * HOUR_MS
        by_hour: dict[tuple[Stream, int], list[LiquidationBucket]] = defaultdict(list)
        for bucket in await self.buckets(from_ms(first), from_ms(last), symbols=chosen):
            if length_ms(bucket.timeframe) <= HOUR_MS:
                hour = to_ms(bucket.open_time) // HOUR_MS * HOUR_MS
                by_hour[(bucket.exchange, bucket.symbol, bucket.kind), hour].append(bucket)
        seen = {(stream[:2], hour) for stream, hour in by_hour}
        known = await collected(self._database, Series.LIQUIDATIONS, first, last)
        for stream, hour in _whole_hours(known):
            if stream[1] in chosen and (stream[:2], hour) not in seen:
                seen.add((stream[:2], hour))
                by_hour[stream, hour] = []
        return [
            _sum(stream, from_ms(hour), from_ms(hour + HOUR_MS), by_hour[stream, hour])
            for stream, hour in sorted(by_hour)
        ]

    async def contracts(self, assets: Iterable[str] | None = None) -> list[tuple[str, str]]:
        """Return each (exchange, symbol) that has buckets, of these assets or of all, in order."""
        return await contracts(self._database, _TABLE, assets)

    async def _symbols(
        self, assets: Iterable[str] | None, symbols: Iterable[str] | None
    ) -> list[str]:
        if symbols is not None:
            return sorted(set(symbols))
        spans = select(tables.spans.c.symbol).where(
            tables.spans.c.series == Series.LIQUIDATIONS.value
        )
        rows = await self._database.rows(spans.union(select(_TABLE.c.symbol)))
        wanted = None if assets is None else set(assets)
        return sorted(row[0] for row in rows if wanted is None or asset_of(row[0]) in wanted)


def _whole_hours(known: dict[Stream, list[tuple[int, int]]]) -> list[tuple[Stream, int]]:
    rank = {kind: place for place, kind in enumerate(FeedKind)}
    return [
        (stream, hour)
        for stream in sorted(known, key=lambda stream: rank[stream[2]])
        for start, end in known[stream]
        for hour in range(-(-start // HOUR_MS) * HOUR_MS, end - HOUR_MS + 1, HOUR_MS)
    ]


def _sum(
    stream: Stream, start: datetime, end: datetime, buckets: Iterable[LiquidationBucket]
) -> LiquidationSum:
    base = dict.fromkeys(PositionSide, 0.0)
    notional = dict.fromkeys(PositionSide, 0.0)
    for bucket in buckets:
        base[bucket.liquidated_side] += bucket.base_amount
        notional[bucket.liquidated_side] += bucket.notional
    return LiquidationSum(
        *stream,
        start=start,
        end=end,
        long_base=base[PositionSide.LONG],
        short_base=base[PositionSide.SHORT],
        long_notional=notional[PositionSide.LONG],
        short_notional=notional[PositionSide.SHORT],
    )


def _encode(bucket: LiquidationBucket) -> dict[str, Any]:
    return {
        "exchange": bucket.exchange,
        "symbol": bucket.symbol,
        "timeframe": bucket.timeframe,
        "open_ms": to_ms(bucket.open_time),
        "liquidated_side": bucket.liquidated_side.value,
        "kind": bucket.kind.value,
        "base_amount": bucket.base_amount,
        "notional": bucket.notional,
        "origin": bucket.origin.value,
    }


def _decode(row: Row[Any]) -> LiquidationBucket:
    return LiquidationBucket(
        exchange=row.exchange,
        symbol=row.symbol,
        timeframe=row.timeframe,
        open_time=from_ms(row.open_ms),
        liquidated_side=PositionSide(row.liquidated_side),
        base_amount=row.base_amount,
        notional=row.notional,
        kind=FeedKind(row.kind),
        origin=Origin(row.origin),
    )

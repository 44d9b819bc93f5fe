"""Which liquidation buckets count, so that nothing is counted twice (pure)."""

from collections import defaultdict
from collections.abc import Iterable

from bot.clock import to_ms
from bot.model.series import TIMEFRAMES, FeedKind, LiquidationBucket

HOUR_MS = 3_600_000
_RANK = {kind: rank for rank, kind in enumerate(FeedKind)}
_LENGTH_MS = {name: int(length.total_seconds() * 1000) for name, length in TIMEFRAMES.items()}

# Everything that is counted or left out together: one instrument, kind, timeframe and start.
_Group = tuple[str, str, FeedKind, str, int]


def counted(buckets: Iterable[LiquidationBucket]) -> list[LiquidationBucket]:
    """Return the buckets that count, by exchange, symbol, time and side.

    In each hour of an exchange's symbol one kind counts: complete before aggregate before sampled.
    Of one kind the longest timeframe counts: it is the exchange's or our own sum of the shorter. A
    bar longer than an hour counts when none of its hours has counted already.
    """
    groups: dict[_Group, list[LiquidationBucket]] = defaultdict(list)
    for bucket in buckets:
        groups[_group(bucket)].append(bucket)
    taken: set[tuple[str, str, int]] = set()
    kept: list[LiquidationBucket] = []
    for group in sorted(groups, key=_order):
        hours = _hours(group)
        if taken.isdisjoint(hours):
            taken.update(hours)
            kept.extend(groups[group])
    return sorted(
        kept, key=lambda kept: (kept.exchange, kept.symbol, kept.open_time, kept.liquidated_side)
    )


def length_ms(timeframe: str) -> int:
    """Return a timeframe's length in milliseconds."""
    return _LENGTH_MS[timeframe]


def _group(bucket: LiquidationBucket) -> _Group:
    open_ms = to_ms(bucket.open_time)
    start = open_ms // HOUR_MS * HOUR_MS
    return bucket.exchange, bucket.symbol, bucket.kind, bucket.timeframe, start


def _order(group: _Group) -> tuple[int, int, _Group]:
    return _RANK[group[2]], -_LENGTH_MS[group[3]], group


def _hours(group: _Group) -> list[tuple[str, str, int]]:
    exchange, symbol, _, timeframe, start = group
    return [
        (exchange, symbol, start + offset) for offset in range(0, _LENGTH_MS[timeframe], HOUR_MS)
    ]

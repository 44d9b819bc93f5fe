"""What was asked of an exchange already, so that only the rest is asked for again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.clock import from_ms, to_ms
from bot.model.instruments import Instrument
from bot.model.series import CollectedSpan, FeedKind, Gap, Origin, Series
from bot.store.spans import without
from bot.store.store import Store

Stretch = tuple[datetime, datetime]

LATE = timedelta(days=1)
"""How long an exchange may take to publish what it has; what is older and absent stays absent."""


async def unasked(
    store: Store, instrument: Instrument, series: Series, start: datetime, end: datetime
) -> list[Stretch]:
    """Return the parts of [start, end) that this exchange has not yet answered for."""
    if start >= end:
        return []
    spans = await store.coverage.spans(instrument.exchange, instrument.symbol, series, start, end)
    answered = [
        (to_ms(span.start), to_ms(span.end)) for span in spans if span.origin is Origin.LIVE
    ]
    left = without([(to_ms(start), to_ms(end))], answered)
    return [(from_ms(first), from_ms(last)) for first, last in left]


def answered_span(
    asked: Stretch, bars: Sequence[datetime], step: timedelta, now: datetime
) -> Stretch | None:
    """Return how far the answer reaches: to its newest bar, or to what is too old to be late.

    `bars` are the starts of those in the answer. None when nothing can be said.
    """
    start, end = asked
    known_until = min(end, now - LATE)
    if bars:
        known_until = min(end, max(known_until, max(bars) + step))
    return (start, known_until) if known_until > start else None


def holes(span: Stretch, bars: Sequence[datetime], step: timedelta) -> list[Stretch]:
    """Return the parts of the span that no bar of length `step` covers."""
    covered = [(to_ms(bar), to_ms(bar + step)) for bar in bars]
    left = without([(to_ms(span[0]), to_ms(span[1]))], covered)
    return [(from_ms(first), from_ms(last)) for first, last in left]


async def note_answer(
    store: Store, instrument: Instrument, series: Series, kind: FeedKind, span: Stretch
) -> None:
    """Remember that the exchange has answered for this stretch."""
    whole = CollectedSpan(
        instrument.exchange, instrument.symbol, series, kind, span[0], span[1], Origin.LIVE
    )
    await store.coverage.add_spans([whole])


async def note_holes(
    store: Store,
    instrument: Instrument,
    series: Series,
    kind: FeedKind,
    stretches: Sequence[Stretch],
    *,
    reason: str,
) -> None:
    """Remember stretches inside an answered one for which nothing is known."""
    await store.coverage.add_gaps(
        [
            Gap(instrument.exchange, instrument.symbol, series, kind, start, end, reason)
            for start, end in stretches
        ]
    )

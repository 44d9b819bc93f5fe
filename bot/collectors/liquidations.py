"""Liquidation sums that exchanges publish by the hour, 30 days back."""

from datetime import timedelta

from bot.collectors.exchange import Exchange
from bot.collectors.outcome import Outcome, Progress, for_each, silent
from bot.collectors.records import HOUR, Statistics, floor
from bot.collectors.stretches import (
    Stretch,
    answered_span,
    holes,
    note_answer,
    note_holes,
    unasked,
)
from bot.model.instruments import Instrument, Market
from bot.model.series import FeedKind, Series
from bot.store.store import Store

BACK = timedelta(days=30)


async def collect_liquidations(
    exchange: Exchange, store: Store, progress: Progress = silent
) -> Outcome:
    """Store the sums of closed hours that are missing, with the open interest beside them.

    An hour that the exchange leaves out becomes a gap; one that was refused is asked for again.
    """

    async def one(instrument: Instrument) -> Outcome:
        end = floor(exchange.clock.now(), HOUR)
        stretches = await unasked(store, instrument, Series.LIQUIDATIONS, end - BACK, end)
        outcome = Outcome()
        for asked in stretches:
            outcome += await _collect(exchange, store, instrument, asked)
        return outcome

    perpetuals = [item for item in exchange.instruments if item.market is Market.PERPETUAL]
    return await for_each(perpetuals, one, progress)


async def _collect(
    exchange: Exchange, store: Store, instrument: Instrument, asked: Stretch
) -> Outcome:
    statistics = await exchange.adapter.statistics(exchange, instrument, *asked)
    await store.liquidations.add(statistics.liquidations)
    await store.open_interest.add(statistics.open_interest)
    is_complete = await _note(exchange, store, instrument, asked, statistics)
    stored = len(statistics.hours)
    return Outcome(stored, tuple(statistics.refused), is_complete)


async def _note(
    exchange: Exchange,
    store: Store,
    instrument: Instrument,
    asked: Stretch,
    statistics: Statistics,
) -> bool:
    """Remember what was answered; return whether the newest closed hour is among it."""
    hours = statistics.hours
    if not hours:
        return False  # silence is not zero
    first = min(hours)
    span = answered_span((first, asked[1]), hours, HOUR, exchange.clock.now())
    if span is None:
        return False
    absent = holes(span, hours, HOUR)
    if statistics.refused_hours:
        return await _note_around(store, instrument, span, absent)
    reason = f"no hour in {exchange.name}'s statistics"
    stream = (Series.LIQUIDATIONS, FeedKind.AGGREGATE)
    await note_holes(store, instrument, *stream, absent, reason=reason)
    await note_answer(store, instrument, *stream, span)
    return span[1] == asked[1]


async def _note_around(
    store: Store, instrument: Instrument, span: Stretch, absent: list[Stretch]
) -> bool:
    """Remember the hours between the absent ones only, so that those are asked for again."""
    edges = [span[0], *(edge for hole in absent for edge in hole), span[1]]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if start < end:
            await note_answer(
                store, instrument, Series.LIQUIDATIONS, FeedKind.AGGREGATE, (start, end)
            )
    return False

"""Settled funding, 120 days back; the coming payment is never taken for a settled one."""

from datetime import datetime, timedelta

from bot.collectors.exchange import Exchange
from bot.collectors.outcome import Outcome, Progress, for_each, silent
from bot.collectors.records import HOUR, floor
from bot.collectors.stretches import answered_span, note_answer, unasked
from bot.model.instruments import Instrument, Market
from bot.model.series import FeedKind, Series
from bot.store.store import Store

BACK = timedelta(days=120)


async def collect_funding(exchange: Exchange, store: Store, progress: Progress = silent) -> Outcome:
    """Store the settled payments of every perpetual since the last one that is stored."""

    async def one(instrument: Instrument) -> Outcome:
        # a payment belongs to the hour that it ends: a span never reaches into the future
        end = floor(exchange.clock.now(), HOUR)
        stretches = await unasked(store, instrument, Series.FUNDING, end - BACK, end)
        outcome = Outcome()
        for start, finish in stretches:
            outcome += await _collect(exchange, store, instrument, start, finish)
        return outcome

    perpetuals = [item for item in exchange.instruments if item.market is Market.PERPETUAL]
    return await for_each(perpetuals, one, progress)


async def _collect(
    exchange: Exchange, store: Store, instrument: Instrument, start: datetime, end: datetime
) -> Outcome:
    # the payment before is asked for too: an interval is the time since it
    known = await store.funding.bounds(instrument.exchange, instrument.symbol)
    before = known[1] if known is not None and known[1] <= start else start
    batch = await exchange.adapter.funding(exchange, instrument, before)
    payments = [payment for payment in batch.records if start < payment.settled_at <= end]
    await store.funding.add(payments)
    hours = [payment.settled_at - HOUR for payment in payments]
    span = answered_span((start, end), hours, HOUR, exchange.clock.now())
    if span is not None and not batch.refused:
        await note_answer(store, instrument, Series.FUNDING, FeedKind.COMPLETE, span)
    # payments come every few hours: one that is not there yet is nothing to hurry for
    return Outcome(len(payments), tuple(batch.refused), not batch.refused)

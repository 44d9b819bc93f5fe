"""Hourly bars, 120 days back: what was not yet asked for."""

from datetime import timedelta

from bot.collectors.exchange import Exchange
from bot.collectors.outcome import Outcome, Progress, for_each, silent
from bot.collectors.records import HOUR, floor
from bot.collectors.stretches import Stretch, answered_span, note_answer, unasked
from bot.model.instruments import Instrument
from bot.model.series import FeedKind, Series
from bot.store.store import Store

TIMEFRAME = "1h"
BACK = timedelta(days=120)


async def collect_candles(exchange: Exchange, store: Store, progress: Progress = silent) -> Outcome:
    """Store the closed bars of every instrument that are missing; never an unfinished one."""

    async def one(instrument: Instrument) -> Outcome:
        end = floor(exchange.clock.now(), HOUR)
        stretches = await unasked(store, instrument, Series.CANDLES, end - BACK, end)
        outcome = Outcome()
        for asked in stretches:
            outcome += await _collect(exchange, store, instrument, asked)
        return outcome

    return await for_each(exchange.instruments, one, progress)


async def _collect(
    exchange: Exchange, store: Store, instrument: Instrument, asked: Stretch
) -> Outcome:
    batch = await exchange.adapter.candles(exchange, instrument, TIMEFRAME, *asked)
    await store.candles.add(batch.records)
    bars = [bar.open_time for bar in batch.records]
    span = answered_span(asked, bars, HOUR, exchange.clock.now())
    is_complete = not batch.refused and span is not None and span[1] == asked[1]
    if span is not None and not batch.refused:  # what was refused is asked for again
        await note_answer(store, instrument, Series.CANDLES, FeedKind.COMPLETE, span)
    return Outcome(len(bars), tuple(batch.refused), is_complete)

"""Open interest: hourly for the 30 days that exchanges keep, and now."""

from collections.abc import Mapping
from datetime import timedelta

from bot.collectors.candles import TIMEFRAME
from bot.collectors.exchange import Exchange
from bot.collectors.outcome import Outcome, Progress, for_each, silent
from bot.collectors.records import HOUR, ceiling, floor
from bot.collectors.stretches import Stretch, answered_span, note_answer, unasked
from bot.model.instruments import Instrument, Market
from bot.model.series import FeedKind, Series, Ticker
from bot.store.store import Store

BACK = timedelta(days=30) - timedelta(minutes=1)  # a start just over 30 days ago is refused


async def collect_open_interest_history(
    exchange: Exchange, store: Store, progress: Progress = silent
) -> Outcome:
    """Store the hourly values of every perpetual that are missing, checked against its candles."""

    async def one(instrument: Instrument) -> Outcome:
        now = exchange.clock.now()
        # a value belongs to the hour that it ends: a span never reaches into the future
        start, end = ceiling(now - BACK, HOUR) - HOUR, floor(now, HOUR)
        stretches = await unasked(store, instrument, Series.OPEN_INTEREST, start, end)
        outcome = Outcome()
        for asked in stretches:
            outcome += await _collect(exchange, store, instrument, asked)
        return outcome

    return await for_each(_perpetuals(exchange), one, progress)


async def collect_open_interest_now(
    exchange: Exchange, store: Store, tickers: Mapping[str, Ticker]
) -> Outcome:
    """Store the present value of every perpetual whose mark price is in `tickers`."""
    priced = [
        instrument
        for instrument in _perpetuals(exchange)
        if (ticker := tickers.get(instrument.symbol)) and ticker.mark_price is not None
    ]
    if not priced:
        return Outcome(is_complete=False)
    batch = await exchange.adapter.open_interest_now(exchange, priced, tickers)
    await store.open_interest.add(batch.records)
    return Outcome(len(batch.records), tuple(batch.refused))


def _perpetuals(exchange: Exchange) -> list[Instrument]:
    return [item for item in exchange.instruments if item.market is Market.PERPETUAL]


async def _collect(
    exchange: Exchange, store: Store, instrument: Instrument, asked: Stretch
) -> Outcome:
    first, last = asked[0] + HOUR, asked[1]
    closes = await store.candles.closes(
        instrument.exchange, instrument.symbol, TIMEFRAME, first, last
    )
    batch = await exchange.adapter.open_interest_history(
        exchange, instrument, first, last, dict(closes)
    )
    await store.open_interest.add(batch.records)
    hours = [record.snapshot_at - HOUR for record in batch.records]
    span = answered_span(asked, hours, HOUR, exchange.clock.now())
    is_complete = not batch.refused and span is not None and span[1] == asked[1]
    if span is not None and not batch.refused:  # what was refused is asked for again
        await note_answer(store, instrument, Series.OPEN_INTEREST, FeedKind.COMPLETE, span)
    return Outcome(len(hours), tuple(batch.refused), is_complete)

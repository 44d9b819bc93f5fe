"""Last and mark prices."""

from bot.collectors.exchange import Exchange
from bot.collectors.outcome import Outcome
from bot.model.series import Ticker
from bot.store.store import Store


async def collect_tickers(exchange: Exchange, store: Store) -> tuple[Outcome, dict[str, Ticker]]:
    """Store the present prices of every instrument; return them by symbol beside the outcome."""
    if not exchange.instruments:
        return Outcome(), {}
    batch = await exchange.adapter.tickers(exchange, exchange.instruments)
    await store.tickers.add(batch.records)
    by_symbol = {ticker.symbol: ticker for ticker in batch.records}
    return Outcome(len(batch.records), tuple(batch.refused)), by_symbol

"""Binance USD-M perpetuals; spot only for an asset that has no perpetual there."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.collectors.adapter import Adapter, Pace
from bot.collectors.exchange import Exchange
from bot.collectors.failures import SlowDownError, TransientError
from bot.collectors.paging import forward_pages
from bot.collectors.records import (
    HOUR,
    Batch,
    RefusedError,
    believable,
    candle,
    moment,
    number,
    positive,
    rising,
    same_symbol,
    sift,
)
from bot.errors import OutsideError
from bot.model.instruments import Instrument, Market
from bot.model.series import TIMEFRAMES, Candle, FundingRate, OpenInterest, Series, Ticker

HOUR_MS = HOUR // timedelta(milliseconds=1)
CANDLES_PER_PAGE = 1_000  # weight 5 of 2,400 a minute; ccxt asks for no more
OPEN_INTEREST_PER_PAGE = 500
FUNDING_PER_PAGE = 1_000
FUNDING_HOURS = (1, 2, 4, 8)
USUAL_FUNDING_HOURS = 8.0

# 1,000 requests per 5 minutes; at most 100 + 300 = 400 of them are used
FUTURES_DATA = Pace(frozenset({"fetch_open_interest_history"}), requests=100, seconds=100)


class Binance(Adapter):
    """Amounts are coins and values USD; history of open interest reaches 30 days back."""

    name = "binance"
    host = "fapi.binance.com"
    ccxt_class = "binance"  # binanceusdm knows no spot symbol
    weight_milliseconds = 62.5  # 960 a minute of 2,400
    market_types = ("linear",)
    spot_types = ("spot",)
    paces = (FUTURES_DATA,)
    serves = frozenset({Series.TICKERS, Series.CANDLES, Series.OPEN_INTEREST, Series.FUNDING})

    def is_crypto(self, market: Mapping[str, Any]) -> bool:
        """Return True for an active market; stocks and indices are listed as TRADIFI_PERPETUAL."""
        tradifi = market["info"].get("contractType") == "TRADIFI_PERPETUAL"
        return super().is_crypto(market) and not tradifi

    async def tickers(self, exchange: Exchange, instruments: Sequence[Instrument]) -> Batch[Ticker]:
        """Return last prices, and mark prices of perpetuals, which are an answer of their own."""
        batch: Batch[Ticker] = Batch()
        for market in Market:
            members = {item.symbol: item for item in instruments if item.market is market}
            if members:
                batch.extend(await _tickers(exchange, market, members))
        return batch

    async def candles(
        self,
        exchange: Exchange,
        instrument: Instrument,
        timeframe: str,
        start: datetime,
        end: datetime,
    ) -> Batch[Candle]:
        """Return the closed bars whose `open_time` lies in [start, end)."""
        step = TIMEFRAMES[timeframe]

        async def page(since_ms: int, limit: int) -> list[Any]:
            rows = await exchange.call("fetch_ohlcv", instrument.symbol, timeframe, since_ms, limit)
            return list(rows)

        rows = await forward_pages(
            page,
            lambda row: row[0],
            start=start,
            end=end - step,
            step=step,
            limit=CANDLES_PER_PAGE,
            short_is_end=True,
        )
        now = exchange.clock.now()
        batch = sift(rows, lambda row: candle(instrument, timeframe, row, now))
        within = (bar for bar in batch.records if start <= bar.open_time < end)
        return Batch(rising(within, lambda bar: bar.open_time), batch.refused)

    async def open_interest_history(
        self,
        exchange: Exchange,
        instrument: Instrument,
        start: datetime,
        end: datetime,
        prices: Mapping[datetime, float],
    ) -> Batch[OpenInterest]:
        """Return the hourly snapshots in [start, end], each held against the close of its hour."""

        async def page(since_ms: int, limit: int) -> list[Any]:
            # the page is filled from its end, and ccxt's own end is one row too far for that
            until = {"until": since_ms + (limit - 1) * HOUR_MS}
            rows = await exchange.call(
                "fetch_open_interest_history", instrument.symbol, "1h", since_ms, limit, until
            )
            return list(rows)

        rows = await forward_pages(
            page,
            lambda row: row["timestamp"],
            start=start,
            end=end,
            step=HOUR,
            limit=OPEN_INTEREST_PER_PAGE,
        )
        now = exchange.clock.now()

        def parse(row: Mapping[str, Any]) -> OpenInterest:
            record = _open_interest(instrument, row, number(row["openInterestValue"], "value"), now)
            return believable(record, prices.get(record.snapshot_at))

        batch = sift(rows, parse)
        within = (record for record in batch.records if start <= record.snapshot_at <= end)
        return Batch(rising(within, lambda record: record.snapshot_at), batch.refused)

    async def open_interest_now(
        self, exchange: Exchange, instruments: Sequence[Instrument], tickers: Mapping[str, Ticker]
    ) -> Batch[OpenInterest]:
        """Return present values in coins, priced at the mark price of the newest ticker."""

        async def one(instrument: Instrument) -> Batch[OpenInterest]:
            try:
                row = await exchange.call("fetch_open_interest", instrument.symbol)
            except (TransientError, SlowDownError):
                raise
            except OutsideError as error:  # of this symbol alone, such as one about to be delisted
                return Batch(refused=[f"{instrument.symbol}: {error}"])
            mark_price = tickers[instrument.symbol].mark_price
            return _priced(instrument, row, mark_price, exchange.clock.now())

        batch: Batch[OpenInterest] = Batch()
        for answer in await asyncio.gather(*map(one, instruments)):
            batch.extend(answer)
        return batch

    async def funding(
        self, exchange: Exchange, instrument: Instrument, start: datetime
    ) -> Batch[FundingRate]:
        """Return the settled payments since `start`, intervals taken from the payment before."""

        async def page(since_ms: int, limit: int) -> list[Any]:
            rows = await exchange.call(
                "fetch_funding_rate_history", instrument.symbol, since_ms, limit
            )
            return list(rows)

        now = exchange.clock.now()
        rows = await forward_pages(
            page,
            lambda row: row["timestamp"],
            start=start,
            end=now,
            step=HOUR,
            limit=FUNDING_PER_PAGE,
            short_is_end=True,
        )
        batch = sift(rows, lambda row: _payment(instrument, row, now))
        payments = rising(batch.records, lambda payment: payment.settled_at)
        return Batch(with_intervals(payments), batch.refused)


def with_intervals(payments: Sequence[FundingRate]) -> list[FundingRate]:
    """Return the payments with the hours since the one before; the first has those of the next."""
    times = [payment.settled_at for payment in payments]
    between = [_interval(later - earlier) for earlier, later in pairwise(times)]
    return [
        FundingRate(
            payment.exchange,
            payment.symbol,
            payment.settled_at,
            payment.funding_rate,
            before or after or USUAL_FUNDING_HOURS,
        )
        for payment, before, after in zip(
            payments, [None, *between], [*between, None], strict=False
        )
    ]


def _interval(span: timedelta) -> float | None:
    hours = round(span / HOUR)
    return float(hours) if hours in FUNDING_HOURS else None


def _payment(instrument: Instrument, row: Mapping[str, Any], now: datetime) -> FundingRate | None:
    same_symbol(row["symbol"], instrument)
    settled_at = moment(row["timestamp"], "funding time", now)
    rate = number(row["fundingRate"], "funding rate")
    if abs(rate) >= 1:
        raise RefusedError(f"funding rate is {rate!r}")
    # the stamp is up to 10 ms late
    settled_at = settled_at.replace(second=0, microsecond=0)
    return FundingRate(instrument.exchange, instrument.symbol, settled_at, rate, 0.0)


async def _tickers(
    exchange: Exchange, market: Market, members: Mapping[str, Instrument]
) -> Batch[Ticker]:
    symbols = list(members)
    rows = await exchange.call("fetch_tickers", symbols)
    marks = {}
    if market is Market.PERPETUAL:
        marks = await exchange.call("fetch_mark_prices", symbols)
    now = exchange.clock.now()

    def parse(instrument: Instrument) -> Ticker:
        row = rows.get(instrument.symbol) or {}
        last_price = positive(row.get("last"), f"last price of {instrument.symbol}")
        seen_at = moment(row["timestamp"], "ticker time", now) if row.get("timestamp") else now
        mark_price = None
        if market is Market.PERPETUAL:
            mark = marks.get(instrument.symbol) or {}
            mark_price = positive(mark.get("markPrice"), f"mark price of {instrument.symbol}")
        return Ticker(instrument.exchange, instrument.symbol, seen_at, last_price, mark_price)

    return sift(members.values(), parse)


def _open_interest(
    instrument: Instrument, row: Mapping[str, Any], notional: float, now: datetime
) -> OpenInterest:
    same_symbol(row["symbol"], instrument)
    return OpenInterest(
        instrument.exchange,
        instrument.symbol,
        moment(row["timestamp"], "open interest time", now),
        positive(row["openInterestAmount"], "open interest"),
        notional,
        raw_amount=row["openInterestAmount"],
        raw_value=row["openInterestValue"],
    )


def _priced(
    instrument: Instrument, row: Mapping[str, Any], mark_price: float | None, now: datetime
) -> Batch[OpenInterest]:
    def parse(row: Mapping[str, Any]) -> OpenInterest:
        mark = positive(mark_price, "mark price")
        amount = positive(row["openInterestAmount"], "open interest")
        return _open_interest(instrument, row, amount * mark, now)

    return sift([row], parse)


ADAPTER = Binance()

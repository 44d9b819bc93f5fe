"""Gate's USDT perpetuals: open interest and liquidations from its contract statistics."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.collectors.adapter import Adapter
from bot.collectors.exchange import Exchange
from bot.collectors.paging import forward_pages
from bot.collectors.records import (
    HOUR,
    Batch,
    RefusedError,
    Statistics,
    believable,
    closed_bar,
    not_negative,
    number,
    positive,
    sift,
)
from bot.model.instruments import Instrument
from bot.model.series import (
    FeedKind,
    LiquidationBucket,
    OpenInterest,
    PositionSide,
    Series,
    Ticker,
)

STATISTICS_PER_PAGE = 100
TELLING_CONTRACTS = 10  # fewer are too coarse to tell a price from
SIDES = (PositionSide.LONG, PositionSide.SHORT)


class Gate(Adapter):
    """Amounts are contracts, of `contract_size` coins each; values are USD."""

    name = "gate"
    host = "api.gateio.ws"
    ccxt_class = "gate"
    weight_milliseconds = 100.0  # 50 requests in 5 s of 100
    options = {"defaultType": "swap", "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}}}  # noqa: RUF012 - Mapping, never changed
    market_types = ("swap",)
    serves = frozenset({Series.TICKERS, Series.OPEN_INTEREST, Series.LIQUIDATIONS})

    async def tickers(self, exchange: Exchange, instruments: Sequence[Instrument]) -> Batch[Ticker]:
        """Return last and mark prices, which come in one answer without a time."""
        rows = await exchange.call("fetch_tickers", [item.symbol for item in instruments])
        now = exchange.clock.now()

        def parse(instrument: Instrument) -> Ticker:
            row = rows.get(instrument.symbol) or {}
            last_price = positive(row.get("last"), f"last price of {instrument.symbol}")
            mark_price = positive(row.get("markPrice"), f"mark price of {instrument.symbol}")
            return Ticker(instrument.exchange, instrument.symbol, now, last_price, mark_price)

        return sift(instruments, parse)

    async def open_interest_now(
        self,
        exchange: Exchange,
        instruments: Sequence[Instrument],
        tickers: Mapping[str, Ticker],  # noqa: ARG002 - the mark price comes in the same answer
    ) -> Batch[OpenInterest]:
        """Return `total_size` of the tickers in coins, priced at the mark price beside it."""
        rows = await exchange.call("fetch_tickers", [item.symbol for item in instruments])
        now = exchange.clock.now()

        def parse(instrument: Instrument) -> OpenInterest:
            row = rows.get(instrument.symbol) or {}
            contracts = positive(row.get("info", {}).get("total_size"), "total_size")
            mark_price = positive(row.get("markPrice"), "mark price")
            base = contracts * instrument.contract_size
            return OpenInterest(
                instrument.exchange,
                instrument.symbol,
                now,
                base,
                base * mark_price,
                raw_amount=contracts,
            )

        return sift(instruments, parse)

    async def statistics(
        self, exchange: Exchange, instrument: Instrument, start: datetime, end: datetime
    ) -> Statistics:
        """Return liquidations and open interest of the closed hours that start in [start, end)."""

        async def page(since_ms: int, limit: int) -> list[Any]:
            rows = await exchange.call(
                "fetch_open_interest_history", instrument.symbol, "1h", since_ms, limit
            )
            return list(rows)

        rows = await forward_pages(
            page,
            lambda row: row["timestamp"],
            start=start,
            end=end - HOUR,
            step=HOUR,
            limit=STATISTICS_PER_PAGE,
        )
        now = exchange.clock.now()
        statistics = Statistics()
        for row in rows:
            _read(statistics, instrument, row, (start, end, now))
        return statistics


def _read(
    statistics: Statistics,
    instrument: Instrument,
    row: Mapping[str, Any],
    span: tuple[datetime, datetime, datetime],
) -> None:
    start, end, now = span
    try:
        open_time = closed_bar(row["timestamp"], "1h", now)
        if open_time is None or not start <= open_time < end or open_time in statistics.hours:
            return
        buckets = [_bucket(instrument, open_time, side, row["info"]) for side in SIDES]
    except RefusedError as error:
        statistics.refused.append(str(error))
        statistics.refused_hours += 1
        return
    statistics.hours.append(open_time)
    statistics.liquidations += [bucket for bucket in buckets if bucket.notional > 0]
    snapshot = sift([row], lambda row: _open_interest(instrument, open_time, row))
    statistics.open_interest += snapshot.records
    statistics.refused += snapshot.refused


def _bucket(
    instrument: Instrument, open_time: datetime, side: PositionSide, info: Mapping[str, Any]
) -> LiquidationBucket:
    contracts = not_negative(info.get(f"{side}_liq_size"), f"{side}_liq_size")
    notional = not_negative(info.get(f"{side}_liq_usd"), f"{side}_liq_usd")
    if contracts >= TELLING_CONTRACTS:
        _check_price(contracts * instrument.contract_size, notional, info)
    # less than half a contract is rounded to none; its coins are told apart
    coins = not_negative(info.get(f"{side}_liq_amount") or 0, f"{side}_liq_amount")
    base = contracts * instrument.contract_size or coins
    return LiquidationBucket(
        instrument.exchange,
        instrument.symbol,
        "1h",
        open_time,
        side,
        base,
        notional,
        FeedKind.AGGREGATE,
    )


def _check_price(base: float, notional: float, info: Mapping[str, Any]) -> None:
    """Refuse amounts in another unit: within an hour price stays within a factor of two."""
    ratio = notional / base / positive(info.get("mark_price"), "mark price")
    if not 0.5 < ratio < 2:
        raise RefusedError(f"liquidations at {ratio:g} times the mark price")


def _open_interest(
    instrument: Instrument, open_time: datetime, row: Mapping[str, Any]
) -> OpenInterest:
    """Return the value at the bar's end; `time` is taken as its start, as with liquidations."""
    contracts = number(row["openInterestAmount"], "open interest")
    record = OpenInterest(
        instrument.exchange,
        instrument.symbol,
        open_time + HOUR,
        contracts * instrument.contract_size,
        number(row["openInterestValue"], "open interest value"),
        raw_amount=row["openInterestAmount"],
        raw_value=row["openInterestValue"],
    )
    return believable(record, positive(row["info"].get("mark_price"), "mark price"))


ADAPTER = Gate()

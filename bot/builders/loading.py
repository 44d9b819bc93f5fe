"""Reads from the store what the reports of one round stand on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pandas as pd

from bot.analytics.liquidations import Liquidations
from bot.builders.freshness import freshness_limit
from bot.builders.inputs import (
    FLOW_LOOKBACK,
    HOUR,
    PRICE_LOOKBACK,
    AssetInputs,
    ContractSeries,
    Inputs,
    LiquidationStream,
    Prices,
    hourly_series,
    last_closed,
    source_of,
)
from bot.model.instruments import Market, market_of
from bot.model.report import Coverage, Source
from bot.model.series import FeedKind, FundingRate, Origin, Series, Ticker
from bot.model.windows import Window
from bot.store.liquidations import LiquidationSum
from bot.store.store import Store

_TIMEFRAME = "1h"
_LATE_HOURS = 2
_BAR_LIMIT = freshness_limit(Series.CANDLES)
_ENDED = timedelta(hours=24)
"""A contract without a value for so long has ended, or was only imported."""
_PUBLISHING = timedelta(minutes=10)
"""How long after the hour its open interest and liquidations are waited for."""


@dataclass(frozen=True)
class Universe:
    """Which assets the reports are about, which are compared with BTC, and who is asked."""

    assets: tuple[str, ...]
    altcoins: tuple[str, ...]
    exchanges: tuple[str, ...] = ()


async def load_inputs(store: Store, universe: Universe, now: datetime) -> Inputs:
    """Return the inputs known at `now`, all of which end at one closed hour."""
    assets = {asset: await _asset(store, asset, universe, now) for asset in universe.assets}
    at = window_end(assets.values(), now)
    return Inputs(
        at=at,
        now=now,
        assets={asset: await _at(store, found, at) for asset, found in assets.items()},
        altcoins=tuple(asset for asset in universe.altcoins if asset in assets),
        exchanges=universe.exchanges,
    )


def window_end(assets: Iterable[AssetInputs], now: datetime) -> datetime:
    """Return the newest closed hour that every asset with fresh prices has.

    For ten minutes after the hour it is the one before while a live series has not come yet: a
    window must not end with half of the market.
    """
    every = list(assets)
    newest = [found.prices.newest for found in every if found.prices is not None]
    fresh = [moment for moment in newest if now - moment <= _BAR_LIMIT]
    at = min(fresh) if fresh else max(newest, default=last_closed(now))
    is_awaited = now - at < _PUBLISHING and any(_lags(found, at) for found in every)
    return at - HOUR if is_awaited else at


def _lags(found: AssetInputs, at: datetime) -> bool:
    """Return True when a live series has the hour before `at`, but not that which ends at `at`."""
    hourly = [c.native for c in found.contracts if c.source.origin is Origin.LIVE]
    hourly += [s.notional.long for s in found.liquidations if s.source.origin is Origin.LIVE]
    before, last = pd.Timestamp(at - HOUR), pd.Timestamp(at)
    return any(pd.notna(one.get(before)) and pd.isna(one.get(last)) for one in hourly)


async def _asset(store: Store, asset: str, universe: Universe, now: datetime) -> AssetInputs:
    prices = await _prices(store, asset, universe, now)
    return AssetInputs(
        asset=asset,
        prices=prices,
        contracts=await _contracts(store, asset, now),
        liquidations=await _streams(store, asset, now),
        funding=await _funding(store, asset, now),
        ticker=None if prices is None else await _ticker(store, prices, now),
    )


async def _at(store: Store, found: AssetInputs, at: datetime) -> AssetInputs:
    """Return the inputs with what depends on where the windows end."""
    coverage = await _coverage(store, found.asset, at) if found.liquidations else {}
    return replace(
        found,
        contracts=tuple(_from_month_start(contract, at) for contract in found.contracts),
        liquidations=tuple(
            replace(stream, coverage=coverage[_stream_key(stream)])
            for stream in found.liquidations
            if _stream_key(stream) in coverage
        ),
    )


async def _prices(store: Store, asset: str, universe: Universe, now: datetime) -> Prices | None:
    """Return the closes of one market: a fresh one, perpetual before spot, as the settings go."""
    candidates = []
    for exchange, symbol in await store.candles.contracts([asset]):
        bounds = await store.candles.bounds(exchange, symbol, _TIMEFRAME)
        if bounds is not None:
            is_old = now - (bounds[1] + HOUR) > _BAR_LIMIT
            is_spot = market_of(symbol) is Market.SPOT
            candidates.append((is_old, is_spot, _place(exchange, universe), exchange, symbol))
    for *_, exchange, symbol in sorted(candidates):
        bars = await store.candles.bars(exchange, symbol, _TIMEFRAME, now - PRICE_LOOKBACK, now)
        closed = [bar for bar in bars if bar.open_time + HOUR <= now]
        if closed:
            source = source_of(exchange, symbol, Series.CANDLES, closed[-1].origin)
            closes = [(bar.open_time + HOUR, bar.close) for bar in closed]
            return Prices(hourly_series(closes), source, symbol)
    return None


def _place(exchange: str, universe: Universe) -> int:
    known = universe.exchanges
    return known.index(exchange) if exchange in known else len(known)


async def _contracts(store: Store, asset: str, now: datetime) -> tuple[ContractSeries, ...]:
    found = []
    for exchange, symbol in await store.open_interest.contracts([asset]):
        latest = await store.open_interest.latest(exchange, symbol, now)
        if latest is None or now - latest.snapshot_at > _ENDED:
            continue
        points = await store.open_interest.hourly(exchange, symbol, now - FLOW_LOOKBACK, now)
        values = [(point.snapshot_at, point.open_interest_base) for point in points]
        grid = pd.date_range(last_closed(now - FLOW_LOOKBACK), last_closed(now), freq=HOUR)
        native = hourly_series(values).reindex(grid)
        origin = points[-1].origin if points else latest.origin
        source = source_of(exchange, symbol, Series.OPEN_INTEREST, origin)
        found.append(ContractSeries(exchange, symbol, native, source, latest, starts_late=False))
    return tuple(found)


def _from_month_start(contract: ContractSeries, at: datetime) -> ContractSeries:
    """Return the contract with the month's first hour taken from the next two, if it begins there.

    Exchanges keep exactly 30 days, so that hour is gone when it is asked for.
    """
    native, start = contract.native, pd.Timestamp(at - Window.MONTH.span)
    following = native[start : start + _LATE_HOURS * HOUR].dropna()
    if following.empty or native[:start].notna().any():
        return contract
    filled = native.where(native.index != start, following.iloc[0])
    return replace(contract, native=filled, starts_late=True)


async def _streams(store: Store, asset: str, now: datetime) -> tuple[LiquidationStream, ...]:
    by_stream: dict[tuple[str, FeedKind], list[LiquidationSum]] = defaultdict(list)
    hours = await store.liquidations.hours(now - FLOW_LOOKBACK, last_closed(now), assets=[asset])
    for hour in hours:
        by_stream[hour.exchange, hour.kind].append(hour)
    return tuple(
        [
            LiquidationStream(
                source=await _liquidation_source(store, known[-1], now),
                notional=_both_sides(known, "notional"),
                base=_both_sides(known, "base"),
                newest=max(hour.end for hour in known),
                kind=kind,
                coverage={},
            )
            for (_, kind), known in by_stream.items()
        ]
    )


def _both_sides(hours: Sequence[LiquidationSum], unit: str) -> Liquidations:
    frame = pd.DataFrame(
        {
            "long": [getattr(hour, f"long_{unit}") for hour in hours],
            "short": [getattr(hour, f"short_{unit}") for hour in hours],
        },
        index=pd.DatetimeIndex([hour.end for hour in hours], tz="UTC"),
    )
    summed = frame.groupby(level=0).sum()
    grid = pd.date_range(summed.index[0], summed.index[-1], freq=HOUR)
    known = summed.reindex(grid)
    return Liquidations(long=known["long"], short=known["short"], timeframe=HOUR)


async def _liquidation_source(store: Store, hour: LiquidationSum, now: datetime) -> Source:
    spans = await store.coverage.spans(
        hour.exchange, hour.symbol, Series.LIQUIDATIONS, now - FLOW_LOOKBACK, now
    )
    origins = [span.origin for span in spans if span.kind is hour.kind]
    origin = origins[-1] if origins else Origin.LIVE
    return source_of(hour.exchange, hour.symbol, Series.LIQUIDATIONS, origin)


def _stream_key(stream: LiquidationStream) -> tuple[str, FeedKind]:
    return stream.source.exchange, stream.kind


async def _coverage(
    store: Store, asset: str, at: datetime
) -> Mapping[tuple[str, FeedKind], Mapping[Window, Coverage]]:
    found: dict[tuple[str, FeedKind], dict[Window, Coverage]] = defaultdict(dict)
    for window in Window:
        for coverage in await store.coverage.coverage(
            Series.LIQUIDATIONS, at - window.span, at, assets=[asset]
        ):
            found[coverage.exchange, coverage.kind][window] = coverage
    return found


async def _funding(
    store: Store, asset: str, now: datetime
) -> tuple[tuple[Source, tuple[FundingRate, ...]], ...]:
    found = []
    for exchange, symbol in await store.funding.contracts([asset]):
        rates = await store.funding.series(exchange, symbol, now - FLOW_LOOKBACK, now)
        if rates:
            source = source_of(exchange, symbol, Series.FUNDING, rates[-1].origin)
            found.append((source, tuple(rates)))
    return tuple(found)


async def _ticker(store: Store, prices: Prices, now: datetime) -> Ticker | None:
    """Return the ticker of the very market that the closes come from."""
    return next(
        (
            ticker
            for ticker in await store.tickers.newest()
            if (ticker.exchange, ticker.symbol) == (prices.source.exchange, prices.symbol)
            and ticker.seen_at <= now
        ),
        None,
    )

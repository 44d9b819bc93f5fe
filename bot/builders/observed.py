"""Liquidations joined over the exchanges that have any in a window, and nothing beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pandas as pd

from bot.analytics.liquidations import Liquidations, WindowSum, window_sum
from bot.builders.freshness import freshness, freshness_limit
from bot.builders.inputs import HOUR, ContractSeries, Inputs, LiquidationStream
from bot.model.report import Coverage, Source, Status
from bot.model.series import FeedKind, Series
from bot.model.windows import Window

_FULL = 0.999


@dataclass(frozen=True)
class Observed:
    """Liquidations of some assets over one set of streams: window, history and coverage alike."""

    streams: tuple[LiquidationStream, ...]
    window: Window
    at: datetime

    @cached_property
    def notional(self) -> Liquidations:
        """USD per hour, by side; nan only where no stream knows anything."""
        return _joined([stream.notional for stream in self.streams])

    @cached_property
    def base(self) -> Liquidations:
        """Coins per hour, by side; of one asset alone it means something."""
        return _joined([stream.base for stream in self.streams])

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the sums come from, each once."""
        return tuple(dict.fromkeys(stream.source for stream in self.streams))

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The exchanges by name, each once."""
        return tuple(dict.fromkeys(stream.source.exchange for stream in self.streams))

    @property
    def newest(self) -> datetime:
        """The end of the last known hour of the stream that lags most."""
        return min(stream.newest for stream in self.streams)

    @cached_property
    def coverage(self) -> tuple[Coverage, ...]:
        """What each exchange contributed; the least covered of its assets speaks for it."""
        least: dict[str, Coverage] = {}
        for stream in self.streams:
            found = stream.coverage[self.window]
            known = least.setdefault(found.exchange, found)
            if found.minutes_collected < known.minutes_collected:
                least[found.exchange] = found
        return tuple(least.values())

    @property
    def covered_share(self) -> float:
        """The share of the asked minutes that was collected, over all streams."""
        found = [stream.coverage[self.window] for stream in self.streams]
        return sum(c.minutes_collected for c in found) / sum(c.minutes_asked for c in found)

    @property
    def is_complete_count(self) -> bool:
        """True where every stream is the exchange's own full count: nothing is sampled."""
        return all(stream.kind is not FeedKind.SAMPLED for stream in self.streams)

    def sum_of(self, side: str) -> WindowSum:
        """Return the sum of `long` or `short` in USD over the window."""
        return window_sum(getattr(self.notional, side), self.at, self.window.span, HOUR)

    def coins_of(self, side: str) -> WindowSum:
        """Return the sum of `long` or `short` in coins over the window."""
        return window_sum(getattr(self.base, side), self.at, self.window.span, HOUR)

    def status(self, now: datetime) -> Status:
        """Return ok, partial where minutes are missing, or stale where the streams have ended."""
        if any(c.minutes_collected < _FULL * c.minutes_asked for c in self.coverage):
            return Status.PARTIAL
        return freshness(self.newest, now, freshness_limit(Series.LIQUIDATIONS))


def observed(inputs: Inputs, assets: Iterable[str], window: Window) -> Observed | None:
    """Return what is observed of some assets in a window; None when nothing is."""
    streams = tuple(
        stream
        for asset in assets
        for stream in inputs.of(asset).liquidations
        if _has_hours(stream, inputs.at, window)
    )
    return Observed(streams, window, inputs.at) if streams else None


def same_contracts(inputs: Inputs, asset: str, found: Observed) -> tuple[ContractSeries, ...]:
    """Return the contracts of an asset on just the exchanges whose liquidations are observed.

    Empty when the open interest of one of them is not known at both ends of the window: the two
    would not speak of the same market.
    """
    ends = (inputs.at - found.window.span, inputs.at)
    usable = tuple(
        contract
        for contract in inputs.of(asset).contracts
        if contract.exchange in found.exchanges
        and all(pd.notna(contract.native.get(pd.Timestamp(end))) for end in ends)
    )
    return usable if {c.exchange for c in usable} == set(found.exchanges) else ()


def _has_hours(stream: LiquidationStream, at: datetime, window: Window) -> bool:
    long = stream.notional.long
    inside = (long.index > at - window.span) & (long.index <= at)
    return bool(long[inside].notna().any())


def _joined(parts: list[Liquidations]) -> Liquidations:
    return Liquidations(
        long=_total([part.long for part in parts]),
        short=_total([part.short for part in parts]),
        timeframe=HOUR,
    )


def _total(series: list[pd.Series]) -> pd.Series:
    """Return the sum of what is known at each hour; unknown only where nothing is."""
    return pd.concat(series, axis=1).sum(axis=1, min_count=1)

"""What a report is computed from, read from the store once for all reports of a round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from bot.analytics.liquidations import Liquidations
from bot.model.instruments import asset_of, market_of
from bot.model.report import Coverage, Source
from bot.model.series import FeedKind, FundingRate, OpenInterest, Origin, Series, Ticker
from bot.model.windows import Window

HOUR = timedelta(hours=1)
PRICE_LOOKBACK = timedelta(days=121)
FLOW_LOOKBACK = timedelta(days=32)


@dataclass(frozen=True)
class Prices:
    """Hourly closes of one asset by close time, and the one market they come from."""

    closes: pd.Series
    source: Source
    symbol: str

    @property
    def newest(self) -> datetime:
        """The close time of the last bar."""
        newest: datetime = self.closes.index[-1].to_pydatetime()
        return newest


@dataclass(frozen=True)
class ContractSeries:
    """Native open interest of one linear contract, hourly, in coins; `latest` is its newest.

    `starts_late` tells that the first hour of the longest window is missing and was taken from
    the next hour: exchanges keep exactly 30 days.
    """

    exchange: str
    symbol: str
    native: pd.Series
    source: Source
    latest: OpenInterest
    starts_late: bool

    @property
    def asset(self) -> str:
        """The contract's base currency."""
        return asset_of(self.symbol)

    @property
    def newest(self) -> datetime | None:
        """The last whole hour whose value is known: what windows can stand on."""
        known = self.native.dropna()
        return known.index[-1].to_pydatetime() if len(known) else None


@dataclass(frozen=True)
class LiquidationStream:
    """Hourly liquidations of one asset on one exchange, of one kind; nan where unknown."""

    source: Source
    kind: FeedKind
    notional: Liquidations
    base: Liquidations
    newest: datetime
    coverage: Mapping[Window, Coverage]


@dataclass(frozen=True)
class AssetInputs:
    """Every series of one asset; None or empty where nothing was collected."""

    asset: str
    prices: Prices | None = None
    contracts: tuple[ContractSeries, ...] = ()
    liquidations: tuple[LiquidationStream, ...] = ()
    funding: tuple[tuple[Source, tuple[FundingRate, ...]], ...] = ()
    ticker: Ticker | None = None


@dataclass(frozen=True)
class Inputs:
    """Everything that the reports of one round stand on; `at` is the last closed bar's end."""

    at: datetime
    now: datetime
    assets: Mapping[str, AssetInputs]
    altcoins: tuple[str, ...]
    exchanges: tuple[str, ...] = ()

    def of(self, asset: str) -> AssetInputs:
        """Return the inputs of an asset, empty ones when nothing was collected."""
        return self.assets.get(asset) or AssetInputs(asset)

    def closes(self, asset: str) -> pd.Series:
        """Return the closes of an asset, an empty series when there are none."""
        prices = self.of(asset).prices
        return EMPTY if prices is None else prices.closes


def hourly_series(values: Sequence[tuple[datetime, float]]) -> pd.Series:
    """Return values by their moment as a series with an aware UTC index."""
    index = pd.DatetimeIndex([moment for moment, _ in values], tz="UTC")
    return pd.Series([value for _, value in values], index=index, dtype=float)


EMPTY = hourly_series([])


def source_of(exchange: str, symbol: str, series: Series, origin: Origin) -> Source:
    """Return the source that evidence names for one series of one market."""
    return Source(exchange, series.value, market_of(symbol).value, origin)


def last_closed(now: datetime) -> datetime:
    """Return the end of the last hour that has ended at `now`."""
    return now.replace(minute=0, second=0, microsecond=0)

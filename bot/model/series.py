"""Records of the collected series, in one unit and one meaning each.

Times are aware UTC datetimes. `open_time` is the start of a bar, whose values are known only at
its end; `snapshot_at` and `settled_at` are the moments that the value itself belongs to.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Series(StrEnum):
    """The names of the collected series, as coverage and gaps use them."""

    TICKERS = "tickers"
    CANDLES = "candles"
    OPEN_INTEREST = "open_interest"
    FUNDING = "funding"
    LIQUIDATIONS = "liquidations"


class Origin(StrEnum):
    """Whether a record was collected from its exchange or imported from recorded data."""

    LIVE = "live"
    RECORDED = "recorded"


class PositionSide(StrEnum):
    """The side of the position that was held; a liquidated long is sold by the exchange."""

    LONG = "long"
    SHORT = "short"


class FeedKind(StrEnum):
    """How much of the true liquidations a source shows, by its own rules."""

    COMPLETE = "complete"
    AGGREGATE = "aggregate"
    SAMPLED = "sampled"


TIMEFRAMES: dict[str, timedelta] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}


class Ticker(Struct, frozen=True):
    """The last traded and the mark price of one instrument, in quote currency."""

    exchange: str
    symbol: str
    seen_at: datetime
    last_price: float
    mark_price: float | None = None


class Candle(Struct, frozen=True):
    """One closed bar; prices in quote currency, `volume` in base currency."""

    exchange: str
    symbol: str
    timeframe: str
    open_time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    origin: Origin = Origin.LIVE


class OpenInterest(Struct, frozen=True):
    """Open interest at a moment, in base currency and in USD; the raw pair is as it came."""

    exchange: str
    symbol: str
    snapshot_at: datetime
    open_interest_base: float
    open_interest_notional: float
    raw_amount: float | None = None
    raw_value: float | None = None
    origin: Origin = Origin.LIVE


class FundingRate(Struct, frozen=True):
    """One settled payment; `funding_rate` is the fraction of that single payment."""

    exchange: str
    symbol: str
    settled_at: datetime
    funding_rate: float
    interval_hours: float
    origin: Origin = Origin.LIVE


class LiquidationBucket(Struct, frozen=True):
    """Liquidations of one side in one bar: base amount, and notional in USD, as observed."""

    exchange: str
    symbol: str
    timeframe: str
    open_time: datetime
    liquidated_side: PositionSide
    base_amount: float
    notional: float
    kind: FeedKind
    origin: Origin = Origin.LIVE


class CollectedSpan(Struct, frozen=True):
    """A stretch for which a series was collected; what is absent inside it, gaps apart, is zero."""

    exchange: str
    symbol: str
    series: Series
    kind: FeedKind
    start: datetime
    end: datetime
    origin: Origin = Origin.LIVE


class Gap(Struct, frozen=True):
    """A stretch inside a collected span of that kind for which nothing is known, and why."""

    exchange: str
    symbol: str
    series: Series
    kind: FeedKind
    start: datetime
    end: datetime
    reason: str

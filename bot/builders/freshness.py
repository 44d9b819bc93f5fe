"""How old a series may be before it is stale (τ of METHODS 8; limits of DESIGN)."""

from datetime import datetime, timedelta

from bot.model.report import Status
from bot.model.series import TIMEFRAMES, Series

FEED_LIMIT = timedelta(minutes=2)

_LIMITS = {
    Series.TICKERS: timedelta(minutes=2),
    Series.OPEN_INTEREST: timedelta(minutes=10),
    Series.FUNDING: timedelta(hours=9),
}


def freshness_limit(series: Series, timeframe: str = "1h") -> timedelta:
    """Return τ: for bars two timeframes, for a feed's minutes the limit of its connection."""
    if series in _LIMITS:
        return _LIMITS[series]
    if series is Series.LIQUIDATIONS and timeframe == "1m":
        return FEED_LIMIT
    return 2 * TIMEFRAMES[timeframe]


def bars_status(newest: datetime | None, now: datetime) -> Status:
    """Return ok, or stale when the last value of an hourly series ended too long ago."""
    return freshness(newest, now, freshness_limit(Series.CANDLES))


def freshness(newest: datetime | None, now: datetime, limit: timedelta) -> Status:
    """Return ok, or stale when the newest value is older than the limit, or unknown."""
    if newest is None:
        return Status.UNKNOWN
    return Status.STALE if now - newest > limit else Status.OK

"""Returns, volatility, drawdown and the start of the decline (METHODS preamble, 2 and 5)."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.series import (
    Floats,
    hourly_values,
    hours_of,
    known,
    known_until,
    log_change,
    logs,
    ratio,
    simple_fraction,
    utc,
    value_at,
)


@dataclass(frozen=True)
class Drawdown:
    """The fall from the highest close of the look-back; nan and None where undefined."""

    depth: float  # simple fraction, ≤ 0
    log_depth: float  # T of METHODS 5, ≤ 0
    peak_time: datetime | None  # the latest moment at which the highest close was known
    peak_close: float


NO_DRAWDOWN = Drawdown(depth=math.nan, log_depth=math.nan, peak_time=None, peak_close=math.nan)


def simple_return(closes: pd.Series, at: datetime, window: timedelta) -> float:
    """Return close(at) / close(at − window) − 1; nan unless both closes are known and positive."""
    start, end = value_at(closes, at - window), value_at(closes, at)
    return math.nan if math.isnan(log_change(start, end)) else ratio(end - start, start)


def log_return(closes: pd.Series, at: datetime, window: timedelta) -> float:
    """Return ln(close(at) / close(at − window)); nan unless both are known and positive."""
    return log_change(value_at(closes, at - window), value_at(closes, at))


def rolling_log_returns(closes: pd.Series, at: datetime, window: timedelta) -> pd.Series:
    """Return the log return over `window` that ends at each moment up to `at`; nan in gaps."""
    past = known_until(closes, at)
    log_closes = pd.Series(logs(past.to_numpy()), index=past.index)
    earlier = log_closes.reindex(pd.DatetimeIndex(past.index) - window).to_numpy()
    return log_closes - earlier


def non_overlapping(rolling: pd.Series, at: datetime, window: timedelta) -> pd.Series:
    """Return the known values at `at − window`, `at − 2 window` …: the history of METHODS 8."""
    past = known_until(rolling, at - window)
    if past.empty:
        return past
    count = (utc(at) - past.index[0]) // window
    ends = pd.DatetimeIndex([utc(at) - window * k for k in range(count, 0, -1)])
    return past.reindex(ends).dropna()


def volatility(values: pd.Series, at: datetime, window: timedelta) -> float:
    """Return σ of a log change over `window`: hourly sd of the 30 days up to `at` × √hours.

    Nan with fewer than 336 known hourly changes. Works for closes and for open interest.
    """
    hourly = np.diff(logs(hourly_values(values, at, defaults.VOLATILITY_LOOKBACK_HOURS)))
    return hourly_deviation(hourly) * math.sqrt(hours_of(window))


def hourly_deviation(hourly_changes: Floats) -> float:
    """Return the sample sd of the known changes; nan with fewer than 336 (METHODS 5)."""
    usable = known(hourly_changes)
    enough = len(usable) >= defaults.VOLATILITY_MINIMUM_RETURNS
    return float(np.std(usable, ddof=1)) if enough else math.nan


def drawdown(closes: pd.Series, at: datetime) -> Drawdown:
    """Return the fall from the highest close of the last 720 h.

    Undefined without a close at `at` or with fewer than 90 % of the hours known.
    """
    values = hourly_values(closes, at, defaults.DECLINE_LOOKBACK_HOURS)
    position = peak_position(logs(values))
    if position is None:
        return NO_DRAWDOWN
    log_depth = log_change(values[position], values[-1])
    hours_ago = len(values) - 1 - position
    return Drawdown(
        depth=simple_fraction(log_depth),
        log_depth=log_depth,
        peak_time=(utc(at) - hours_ago * defaults.HOUR).to_pydatetime(),
        peak_close=float(values[position]),
    )


def peak_position(log_closes: Floats) -> int | None:
    """Return where the highest close is (the latest of equals).

    None when the last close is unknown or fewer than 90 % of the closes are known.
    """
    known_share = float(np.mean(~np.isnan(log_closes)))
    if np.isnan(log_closes[-1]) or known_share < defaults.MINIMUM_COVERAGE:
        return None
    return int(np.flatnonzero(log_closes == np.nanmax(log_closes))[-1])


def decline_start(closes: pd.Series, at: datetime, window: timedelta) -> datetime | None:
    """Return when the decline began (METHODS, preamble): the peak, or `at − window` without one.

    None when the drawdown is undefined.
    """
    fall = drawdown(closes, at)
    if fall.peak_time is None:
        return None
    return fall.peak_time if fall.log_depth <= defaults.DECLINE_THRESHOLD else at - window

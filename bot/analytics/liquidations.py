"""Sums, pace and baselines of observed liquidations (METHODS 3): what is unknown is never 0."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.series import Floats, known, known_until, ratio, utc

_MINUTE = timedelta(minutes=1)
_BASELINE_HOURS = defaults.BASELINE_DAYS * 24


@dataclass(frozen=True)
class Liquidations:
    """Observed sums per bucket of `timeframe`, by the moment the bucket ended; nan = unknown."""

    long: pd.Series
    short: pd.Series
    timeframe: timedelta


@dataclass(frozen=True)
class WindowSum:
    """The sum of the known buckets inside a window: a lower bound; nan when none is known."""

    observed: float
    known_minutes: float
    asked_minutes: float

    @property
    def coverage(self) -> float:
        """Known share of the window's minutes, 0 to 1."""
        return ratio(self.known_minutes, self.asked_minutes)

    @property
    def covered(self) -> float:
        """The sum where at least 90 % of the minutes are known, else nan."""
        return self.observed if self.coverage >= defaults.MINIMUM_COVERAGE else math.nan


def window_sum(
    buckets: pd.Series, at: datetime, window: timedelta, timeframe: timedelta
) -> WindowSum:
    """Return the sum over the buckets that lie wholly inside (`at − window`, `at`]."""
    past = known_until(buckets, at)
    inside = past[past.index >= utc(at) - window + timeframe].dropna()
    return WindowSum(
        observed=float(inside.sum()) if len(inside) else math.nan,
        known_minutes=len(inside) * (timeframe / _MINUTE),
        asked_minutes=window / _MINUTE,
    )


def pace(long: pd.Series, at: datetime, timeframe: timedelta) -> float:
    """Return r = LL_24 / (LL_7d / 7); nan unless 90 % of both is known and 7 d had any."""
    day = window_sum(long, at, defaults.DAY, timeframe).covered
    week = window_sum(long, at, defaults.WEEK, timeframe).covered
    return ratio(day * 7, week)


def long_share(long: WindowSum, short: WindowSum) -> float:
    """Return LL / (LL + LS); nan unless both are 90 % known and not both 0."""
    return ratio(long.covered, long.covered + short.covered)


def hourly_sums(buckets: pd.Series, at: datetime, hours: int, timeframe: timedelta) -> Floats:
    """Return the sums of the `hours` hours that end at `at`, oldest first.

    An hour is nan when under 90 % of it is known, or when buckets are longer than an hour.
    """
    if timeframe > defaults.HOUR:
        return np.full(hours, math.nan)
    past = known_until(buckets, at).dropna()
    ages = utc(at) - pd.DatetimeIndex(past.index)
    hours_ago = (ages // pd.Timedelta(defaults.HOUR)).to_numpy()
    inside = hours_ago < hours
    position = hours - 1 - hours_ago[inside]
    sums = np.bincount(position, weights=past.to_numpy()[inside], minlength=hours)
    share_known = np.bincount(position, minlength=hours) * (timeframe / defaults.HOUR)
    return np.where(share_known >= defaults.MINIMUM_COVERAGE, sums, math.nan)


def rolling_sums(hourly: Floats, hours: int) -> Floats:
    """Return the sum of known hours over each `hours` in a row; nan where under 90 % is known."""
    if len(hourly) < hours:
        return np.empty(0)
    windows = np.lib.stride_tricks.sliding_window_view(hourly, hours)
    share_known = np.mean(~np.isnan(windows), axis=1)
    return np.where(share_known >= defaults.MINIMUM_COVERAGE, np.nansum(windows, axis=1), math.nan)


def trailing_median(long: pd.Series, at: datetime, timeframe: timedelta) -> float:
    """Return the median 24-h sum of up to 30 days that end at `at − 24 h`, one sum an hour.

    The baseline ends before the day it is compared with. Nan with under 14 days of known sums.
    """
    ends_at = at - defaults.DAY
    sums = known(rolling_sums(hourly_sums(long, ends_at, _BASELINE_HOURS + 23, timeframe), 24))
    enough = len(sums) >= defaults.BASELINE_MINIMUM_DAYS * 24
    return float(np.median(sums)) if enough else math.nan


def hourly_percentile(
    long: pd.Series, at: datetime, timeframe: timedelta, percentile: float
) -> float:
    """Return a percentile (0 to 1) of hourly sums over 30 days that end at `at − 24 h`.

    Nan with under 14 days of known hours.
    """
    hours = known(hourly_sums(long, at - defaults.DAY, _BASELINE_HOURS, timeframe))
    enough = len(hours) >= defaults.BASELINE_MINIMUM_DAYS * 24
    return float(np.quantile(hours, percentile)) if enough else math.nan

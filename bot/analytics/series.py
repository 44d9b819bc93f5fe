"""Reading time series of closed values without look-ahead.

Every series is indexed by the aware UTC moment at which its value is known.
"""

import math
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from bot.analytics.defaults import HOUR

Floats = npt.NDArray[np.float64]


def finite(value: float) -> float:
    """Return `value` as a plain float; nan when it is infinite or nan."""
    return float(value) if math.isfinite(value) else math.nan


def ratio(numerator: float, denominator: float) -> float:
    """Return numerator / denominator; nan when either is unknown or the denominator is 0."""
    return math.nan if denominator == 0 else finite(numerator / denominator)


def simple_fraction(log_change: float) -> float:
    """Return the simple fraction of a log change; nan when unknown or beyond floating point."""
    return finite(math.expm1(log_change)) if log_change < 700 else math.nan


def log_change(start: float, end: float) -> float:
    """Return ln(end / start); nan unless both are known and positive."""
    return math.log(end) - math.log(start) if is_positive(start, end) else math.nan


def is_positive(*values: float) -> bool:
    """Return True when every value is known, finite and above 0."""
    return all(math.isfinite(value) and value > 0 for value in values)


def utc(moment: datetime) -> pd.Timestamp:
    """Return the aware datetime as a UTC timestamp."""
    return pd.Timestamp(moment).tz_convert("UTC")


def known_until(series: pd.Series, at: datetime) -> pd.Series:
    """Return the floats known at `at`: sorted, the last one per moment, infinities as nan."""
    if series.empty:
        return pd.Series([], index=pd.DatetimeIndex([], tz="UTC"), dtype=float)
    index = pd.DatetimeIndex(series.index).tz_convert("UTC")
    values = series.to_numpy(dtype=float, na_value=math.nan)
    clean = pd.Series(np.where(np.isfinite(values), values, math.nan), index=index)
    if not index.is_monotonic_increasing:
        clean = clean.sort_index(kind="stable")
    if not index.is_unique:
        clean = clean[~clean.index.duplicated(keep="last")]
    return clean[clean.index <= utc(at)]


def value_at(series: pd.Series, at: datetime) -> float:
    """Return the value known exactly at `at`, the last of several; nan when there is none."""
    found = series.get(utc(at), math.nan)
    last = found.iloc[-1] if isinstance(found, pd.Series) else found
    return finite(float(last))


def hourly_values(series: pd.Series, at: datetime, hours: int) -> Floats:
    """Return the values at `at − hours` … `at`, one an hour (`hours + 1` of them); nan in gaps."""
    grid = pd.date_range(end=utc(at), periods=hours + 1, freq=HOUR)
    return known_until(series, at).reindex(grid).to_numpy(dtype=float)


def logs(values: Floats) -> Floats:
    """Return natural logs; nan for anything that is not a positive finite number."""
    usable = np.isfinite(values) & (values > 0)
    return np.log(np.where(usable, values, 1.0)) + np.where(usable, 0.0, math.nan)


def known(values: Floats) -> Floats:
    """Return the values without nan."""
    return values[~np.isnan(values)]


def hours_of(window: timedelta) -> float:
    """Return the length of `window` in hours."""
    return window / HOUR

"""One shock, or a grind built over weeks (METHODS 5)."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.returns import hourly_deviation, log_return, peak_position
from bot.analytics.series import Floats, hourly_values, known, logs, ratio, utc
from bot.analytics.three_valued import all_of, at_least, at_most

_DAY_HOURS = 24


class ShapeClass(StrEnum):
    """What kind of decline this is."""

    SHOCK = "shock"
    POST_SHOCK = "post_shock"
    GRIND = "grind"
    STAIRCASE = "staircase"
    NO_DECLINE = "no_decline"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Decomposition:
    """The 30-day log return in three parts that add up to it; a part of other sign offsets."""

    last_24_hours: float
    days_2_to_7: float
    days_8_to_30: float
    total: float


@dataclass(frozen=True)
class Shape:
    """The shape of the decline and every figure behind it; logs; nan and None where undefined."""

    shape_class: ShapeClass
    peak_time: datetime | None
    total: float  # T: log fall from the peak to now
    days_since_peak: float
    worst_24_hours: float  # log
    worst_24_hours_end: datetime | None
    days_since_worst: float
    concentration: float  # C24 = worst_24_hours / total
    z_score: float  # z24
    effective_days: float  # N_eff
    sharp_leg: bool | None


UNKNOWN_SHAPE = Shape(
    shape_class=ShapeClass.UNKNOWN,
    peak_time=None,
    total=math.nan,
    days_since_peak=math.nan,
    worst_24_hours=math.nan,
    worst_24_hours_end=None,
    days_since_worst=math.nan,
    concentration=math.nan,
    z_score=math.nan,
    effective_days=math.nan,
    sharp_leg=None,
)


def decomposition(closes: pd.Series, at: datetime) -> Decomposition:
    """Return the 30-day log return as last 24 h, days 2–7 and days 8–30; nan in gaps."""
    day, week, month = defaults.DAY, defaults.WEEK, defaults.MONTH
    return Decomposition(
        last_24_hours=log_return(closes, at, day),
        days_2_to_7=log_return(closes, at - day, week - day),
        days_8_to_30=log_return(closes, at - week, month - week),
        total=log_return(closes, at, month),
    )


def shape(closes: pd.Series, at: datetime) -> Shape:
    """Return the shape of the decline that hourly `closes` show at `at` (METHODS 5).

    UNKNOWN without a close at `at`, with under 90 % of the last 720 h known, or when a figure
    that would decide is missing (z24 with fewer than 336 returns before the peak).
    """
    lookback = defaults.DECLINE_LOOKBACK_HOURS
    log_closes = logs(hourly_values(closes, at, lookback + defaults.SHAPE_SIGMA_HOURS))
    position = peak_position(log_closes[-lookback - 1 :])
    if position is None:
        return UNKNOWN_SHAPE
    peak = len(log_closes) - lookback - 1 + position
    before_peak = np.diff(log_closes[: peak + 1])[-defaults.SHAPE_SIGMA_HOURS :]
    found = _figures(log_closes[peak:], hourly_deviation(before_peak), at)
    return replace(found, shape_class=_classify(found), sharp_leg=_has_sharp_leg(found))


def _figures(since_peak: Floats, sigma: float, at: datetime) -> Shape:
    total = float(since_peak[-1] - since_peak[0])
    worst, worst_hours_ago = _worst_24_hours(since_peak)
    peak_hours_ago = len(since_peak) - 1
    return replace(
        UNKNOWN_SHAPE,
        peak_time=_hours_before(at, peak_hours_ago),
        total=total,
        days_since_peak=peak_hours_ago / _DAY_HOURS,
        worst_24_hours=worst,
        worst_24_hours_end=_hours_before(at, worst_hours_ago),
        days_since_worst=worst_hours_ago / _DAY_HOURS,
        concentration=ratio(worst, total),
        z_score=ratio(worst, sigma * math.sqrt(_DAY_HOURS)),
        effective_days=_effective_days(since_peak, at),
    )


def _hours_before(at: datetime, hours: float) -> datetime | None:
    if math.isnan(hours):
        return None
    return (utc(at) - timedelta(hours=hours)).to_pydatetime()


def _worst_24_hours(since_peak: Floats) -> tuple[float, float]:
    """Return the most negative 24-h log return since the peak and how many hours ago it ended."""
    # A window never reaches back beyond the peak: otherwise the rally that led to a peak of
    # today would hide the fall that followed it.
    starts = np.maximum(np.arange(len(since_peak)) - _DAY_HOURS, 0)
    returns = (since_peak - since_peak[starts])[1:]
    if len(known(returns)) == 0:
        return math.nan, math.nan
    position = int(np.nanargmin(returns))
    return float(returns[position]), len(returns) - 1 - position


def _effective_days(since_peak: Floats, at: datetime) -> float:
    """N_eff over UTC days; the first begins at the peak, the last ends now, so they sum to T."""
    hours_ago = np.arange(len(since_peak) - 1, -1, -1)
    is_midnight = (utc(at).hour - hours_ago) % _DAY_HOURS == 0
    is_midnight[[0, -1]] = True
    days = np.diff(known(since_peak[is_midnight]))
    falls = days[days < 0]
    return ratio(float(np.sum(falls)) ** 2, float(np.sum(falls**2)))


def _classify(found: Shape) -> ShapeClass:
    if found.total > defaults.DECLINE_THRESHOLD:
        return ShapeClass.NO_DECLINE
    is_shock = all_of(
        at_least(found.concentration, defaults.SHOCK_SHARE),
        at_most(found.z_score, defaults.SHOCK_Z),
    )
    if is_shock:
        recent = found.days_since_worst <= defaults.SHOCK_DAYS
        return ShapeClass.SHOCK if recent else ShapeClass.POST_SHOCK
    is_grind = all_of(
        at_most(found.concentration, defaults.GRIND_SHARE),
        at_least(found.effective_days, defaults.GRIND_EFFECTIVE_DAYS),
        found.days_since_peak >= defaults.GRIND_DAYS,
    )
    if is_grind:
        return ShapeClass.GRIND
    return ShapeClass.UNKNOWN if None in (is_shock, is_grind) else ShapeClass.STAIRCASE


def _has_sharp_leg(found: Shape) -> bool | None:
    return all_of(
        at_most(found.z_score, defaults.SHARP_LEG_Z),
        at_most(found.days_since_worst * _DAY_HOURS, defaults.SHARP_LEG_HOURS),
    )

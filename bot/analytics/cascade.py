"""Whether selling was forced, as far as the feeds can show (METHODS 3)."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.liquidations import (
    Liquidations,
    WindowSum,
    hourly_percentile,
    hourly_sums,
    long_share,
    trailing_median,
    window_sum,
)
from bot.analytics.returns import simple_return, volatility
from bot.analytics.series import ratio
from bot.analytics.three_valued import all_of, at_least, at_most


class CascadeGrade(StrEnum):
    """How the cascade stands; CONFIRMED = the rule holds, but its hours fit no other grade."""

    ACTIVE = "active"
    BUILDING = "building"
    FADING = "fading"
    CONFIRMED = "confirmed"
    FALL_WITHOUT_CONFIRMED_FORCED_SELLING = "fall_without_confirmed_forced_selling"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Fall:
    """The price condition: 24-h return ≤ −max(5 %, 2 σ_24h); simple fractions."""

    price_return: float
    threshold: float  # negative; nan when σ is unknown
    holds: bool | None


@dataclass(frozen=True)
class ForcedVolume:
    """The size condition, against open interest where capture is known, else the median."""

    open_interest_share: float  # LL_24 / OI_{t−24h}
    open_interest_threshold: float  # 3 % × capture; nan when capture is unknown
    median_24_hours: float
    median_multiple: float
    native_change: float  # Δln Q_24
    holds: bool | None


@dataclass(frozen=True)
class Pace:
    """The last hours of long liquidations against their own 30 days."""

    last_hours: tuple[float, ...]  # the last three, oldest first
    building_threshold: float  # 95th percentile
    active_threshold: float  # 99th percentile


@dataclass(frozen=True)
class CascadeReading:
    """The grade with every ingredient; None and nan = unknown."""

    grade: CascadeGrade
    holds: bool | None
    fall: Fall
    long: WindowSum
    short: WindowSum
    long_share: float
    long_share_holds: bool | None
    volume: ForcedVolume
    concentration: float  # largest share of LL_24 within 4 h
    concentration_holds: bool | None
    pace: Pace


def cascade(
    liquidations: Liquidations,
    closes: pd.Series,
    at: datetime,
    *,
    open_interest_before: float,
    native_change: float,
    capture: float = math.nan,
) -> CascadeReading:
    """Return whether the rule of METHODS 3 holds over the 24 h that end at `at`.

    `open_interest_before`: notional at `at − 24 h` of the same exchanges; `native_change`: its
    Δln Q over the 24 h; `capture`: share of true liquidations seen, nan where unknown.
    """
    timeframe = liquidations.timeframe
    long = window_sum(liquidations.long, at, defaults.DAY, timeframe)
    short = window_sum(liquidations.short, at, defaults.DAY, timeframe)
    fall = _fall(closes, at)
    share = long_share(long, short)
    share_holds = at_least(share, defaults.CASCADE_LONG_SHARE)
    median = trailing_median(liquidations.long, at, timeframe)
    volume = _forced_volume(long, median, open_interest_before, native_change, capture)
    concentration = _concentration(liquidations, at, long)
    concentration_holds = at_least(concentration, defaults.CASCADE_CONCENTRATION_SHARE)
    holds = all_of(fall.holds, share_holds, volume.holds, concentration_holds)
    pace = _pace(liquidations, at)
    return CascadeReading(
        grade=_grade(holds, fall.holds, pace),
        holds=holds,
        fall=fall,
        long=long,
        short=short,
        long_share=share,
        long_share_holds=share_holds,
        volume=volume,
        concentration=concentration,
        concentration_holds=concentration_holds,
        pace=pace,
    )


def _fall(closes: pd.Series, at: datetime) -> Fall:
    price_return = simple_return(closes, at, defaults.DAY)
    # σ ends where the fall begins: otherwise the fall would raise its own threshold.
    sigma = volatility(closes, at - defaults.DAY, defaults.DAY)
    relative = -defaults.CASCADE_FALL_SIGMAS * sigma
    threshold = math.nan if math.isnan(sigma) else min(-defaults.CASCADE_FALL, relative)
    holds = all_of(at_most(price_return, -defaults.CASCADE_FALL), at_most(price_return, threshold))
    return Fall(price_return=price_return, threshold=threshold, holds=holds)


def _forced_volume(
    long: WindowSum, median: float, open_interest: float, native_change: float, capture: float
) -> ForcedVolume:
    share = ratio(long.observed, open_interest)
    multiple = ratio(long.observed, median)
    threshold = defaults.CASCADE_OPEN_INTEREST_SHARE * capture
    if math.isnan(capture):
        holds = all_of(
            _lower_bound_at_least(multiple, defaults.CASCADE_MEDIAN_MULTIPLE, long),
            at_most(native_change, defaults.CASCADE_NATIVE_CHANGE),
        )
    else:
        holds = _lower_bound_at_least(share, threshold, long)
    return ForcedVolume(
        open_interest_share=share,
        open_interest_threshold=threshold,
        median_24_hours=median,
        median_multiple=multiple,
        native_change=native_change,
        holds=holds,
    )


def _lower_bound_at_least(value: float, threshold: float, long: WindowSum) -> bool | None:
    # With minutes missing the sum is a lower bound: it can prove the condition, not refute it.
    reached = at_least(value, threshold)
    return None if reached is False and math.isnan(long.covered) else reached


def _concentration(liquidations: Liquidations, at: datetime, long: WindowSum) -> float:
    hourly = hourly_sums(liquidations.long, at, 24, liquidations.timeframe)
    if np.isnan(hourly).all():
        return math.nan
    # An unknown hour adds nothing: like every sum of liquidations, the densest stretch is a
    # lower bound.
    stretches = np.convolve(np.nan_to_num(hourly), np.ones(defaults.CASCADE_CONCENTRATION_HOURS))
    return ratio(float(np.max(stretches)), long.covered)


def _pace(liquidations: Liquidations, at: datetime) -> Pace:
    long, timeframe = liquidations.long, liquidations.timeframe
    last_hours = hourly_sums(long, at, defaults.FADING_HOURS, timeframe)
    return Pace(
        last_hours=tuple(float(hour) for hour in last_hours),
        building_threshold=hourly_percentile(long, at, timeframe, defaults.BUILDING_PERCENTILE),
        active_threshold=hourly_percentile(long, at, timeframe, defaults.ACTIVE_PERCENTILE),
    )


def _grade(holds: bool | None, has_fallen: bool | None, pace: Pace) -> CascadeGrade:
    if holds:
        return _pace_grade(pace)
    if has_fallen is False:
        return CascadeGrade.NONE
    if holds is None or has_fallen is None:
        return CascadeGrade.UNKNOWN
    return CascadeGrade.FALL_WITHOUT_CONFIRMED_FORCED_SELLING


def _pace_grade(pace: Pace) -> CascadeGrade:
    before, last = pace.last_hours[-2:]
    if last > pace.active_threshold:
        return CascadeGrade.ACTIVE
    if last > pace.building_threshold and last > before:
        return CascadeGrade.BUILDING
    if all(hour < pace.building_threshold for hour in pace.last_hours):
        return CascadeGrade.FADING
    return CascadeGrade.CONFIRMED

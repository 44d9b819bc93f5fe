"""Ranking drivers by how unusual their reading is (METHODS 8)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from bot.analytics import defaults
from bot.analytics.series import Floats, is_positive, ratio


@dataclass(frozen=True)
class Rarity:
    """How unusual a reading is in its own history; nan below 21 windows."""

    p: float  # one-sided
    percentile: float  # 1 − p
    robust_z: float
    count: int


@dataclass(frozen=True)
class DriverReading:
    """A driver with its score 0 to 100 and what made it; nan where unknown."""

    name: str
    direction: int  # −1, 0 or 1
    magnitude: float  # signed in that direction
    rarity: Rarity
    measurable_share: float  # m
    confidence: float  # c
    score: float

    @property
    def is_unusual(self) -> bool:
        """True from a score of 10 on; below: "no unusual reading"."""
        return self.score >= defaults.DRIVER_UNUSUAL_SCORE


@dataclass(frozen=True)
class Ranking:
    """Drivers by falling score: with the move, against it, and those without a score or side."""

    with_move: tuple[DriverReading, ...]
    against_move: tuple[DriverReading, ...]
    unranked: tuple[DriverReading, ...]


def rarity(magnitude: float, history: npt.ArrayLike) -> Rarity:
    """Return p = (1 + #{history ≥ x}) / (n + 1) and robust z (MAD scale) of x in `history`."""
    past = _finite_values(history)
    count = len(past)
    if count < defaults.DRIVER_MINIMUM_HISTORY or not math.isfinite(magnitude):
        return Rarity(p=math.nan, percentile=math.nan, robust_z=math.nan, count=count)
    p = (1 + int(np.sum(past >= magnitude))) / (count + 1)
    return Rarity(p=p, percentile=1 - p, robust_z=_robust_z(magnitude, past), count=count)


def confidence(covered_share: float, age: timedelta, limit: timedelta, count: int) -> float:
    """Return c = share of minutes covered × exp(−age / τ) × min(1, n / 90).

    An age below 0 counts as 0; nan when the share is unknown or the limit is not positive.
    """
    if not is_positive(limit.total_seconds()):
        return math.nan
    freshness = math.exp(-max(age / limit, 0.0))
    return covered_share * freshness * min(1.0, count / defaults.DRIVER_FULL_HISTORY)


def driver_reading(
    name: str,
    change: float,
    history: npt.ArrayLike,
    *,
    direction: int,
    covered_share: float,
    age: timedelta,
    limit: timedelta,
    measurable_share: float = defaults.MEASURABLE_UNDEFINED,
) -> DriverReading:
    """Return the driver's score 100 c m max(0, 1 − 2p); nan with fewer than 21 windows.

    `change` and `history` have their natural sign; both are turned into `direction`.
    """
    magnitude = direction * change
    found = rarity(magnitude, direction * _finite_values(history))
    trust = confidence(covered_share, age, limit, found.count)
    return DriverReading(
        name=name,
        direction=direction,
        magnitude=magnitude,
        rarity=found,
        measurable_share=measurable_share,
        confidence=trust,
        score=100 * trust * measurable_share * _excess(found.p),
    )


def ranking(readings: Iterable[DriverReading], move_direction: int) -> Ranking:
    """Return the readings by falling score, then name; opposite signs are counter-evidence."""
    every = sorted(readings, key=lambda reading: reading.name)
    scored = sorted(
        (reading for reading in every if math.isfinite(reading.score) and reading.direction),
        key=lambda reading: -reading.score,
    )
    return Ranking(
        with_move=tuple(r for r in scored if r.direction == move_direction),
        against_move=tuple(r for r in scored if r.direction == -move_direction),
        unranked=tuple(r for r in every if r not in scored or move_direction == 0),
    )


def _finite_values(values: npt.ArrayLike) -> Floats:
    every: Floats = np.asarray(values, dtype=np.float64)
    return every[np.isfinite(every)]


def _excess(p: float) -> float:
    return math.nan if math.isnan(p) else max(0.0, 1 - 2 * p)


def _robust_z(magnitude: float, past: Floats) -> float:
    median = float(np.median(past))
    deviation = defaults.MAD_TO_SIGMA * float(np.median(np.abs(past - median)))
    return ratio(magnitude - median, deviation)

"""A straight line that outliers cannot bend: Huber's M-estimator (METHODS 4)."""

import math
from dataclasses import dataclass

import numpy as np

from bot.analytics import defaults
from bot.analytics.series import Floats

_EXACT = 1e-9  # residuals below this share of the spread are rounding, not noise


@dataclass(frozen=True)
class Regression:
    """y = intercept + slope × x with its quality; all nan below the minimum sample."""

    slope: float
    intercept: float
    standard_error: float  # of the slope
    r_squared: float  # with the robust weights
    residual_deviation: float  # sample sd of the residuals
    count: int


def huber_regression(x: Floats, y: Floats, minimum_count: int) -> Regression:
    """Return the Huber fit (k = 1.345, IRLS, MAD scale) of the pairs without nan.

    Nan with fewer than `minimum_count` pairs or where x or y does not vary. Standard error:
    Huber 1981, Robust Statistics, section 7.6.
    """
    usable = ~(np.isnan(x) | np.isnan(y))
    x, y = x[usable], y[usable]
    count = len(x)
    if count < max(minimum_count, 3) or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Regression(math.nan, math.nan, math.nan, math.nan, math.nan, count)
    slope, intercept = _weighted_line(x, y, np.ones(count))
    for _ in range(defaults.HUBER_MAXIMUM_ROUNDS):
        previous = slope
        weights = _weights(x, y, slope, intercept)
        slope, intercept = _weighted_line(x, y, weights)
        if abs(slope - previous) <= defaults.HUBER_TOLERANCE * max(abs(slope), _EXACT):
            break
    return _regression(x, y, slope, intercept)


def _regression(x: Floats, y: Floats, slope: float, intercept: float) -> Regression:
    residuals = y - intercept - slope * x
    weights = _weights(x, y, slope, intercept)
    centred = y - np.average(y, weights=weights)
    unexplained = np.sum(weights * residuals**2) / np.sum(weights * centred**2)
    deviation = float(np.std(residuals, ddof=2))
    return Regression(
        slope=slope,
        intercept=intercept,
        standard_error=_standard_error(x, residuals, weights),
        r_squared=float(1 - unexplained),
        residual_deviation=deviation if deviation > _EXACT * float(np.ptp(y)) else 0.0,
        count=len(x),
    )


def _weighted_line(x: Floats, y: Floats, weights: Floats) -> tuple[float, float]:
    mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
    spread = np.sum(weights * (x - mean_x) ** 2)
    slope = float(np.sum(weights * (x - mean_x) * (y - mean_y)) / spread)
    return slope, float(mean_y - slope * mean_x)


def _weights(x: Floats, y: Floats, slope: float, intercept: float) -> Floats:
    residuals = y - intercept - slope * x
    deviations = np.abs(residuals - np.median(residuals))
    scale = defaults.MAD_TO_SIGMA * float(np.median(deviations))
    # An exact fit has no scale: rounding of the residuals must not be taken for outliers.
    bound = defaults.HUBER_K * max(scale, _EXACT * float(np.ptp(y)))
    return bound / np.maximum(np.abs(residuals), bound)


def _standard_error(x: Floats, residuals: Floats, weights: Floats) -> float:
    count = len(x)
    inside = float(np.mean(weights == 1))
    if inside == 0:
        return math.nan
    psi = weights * residuals
    correction = 1 + (2 / count) * (1 - inside) / inside
    variance = np.sum(psi**2) / (count - 2) / inside**2
    spread = np.sum((x - np.mean(x)) ** 2)
    return float(correction * math.sqrt(variance / spread))

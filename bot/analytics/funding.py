"""Funding rates on one scale (METHODS 2)."""

import math

from bot.analytics import defaults
from bot.analytics.series import finite, is_positive


def eight_hour_rate(funding_rate: float, interval_hours: float) -> float:
    """Return the rate per 8 h, a fraction; nan when the interval is not positive."""
    return _per_hour(funding_rate, interval_hours) * defaults.FUNDING_INTERVAL_HOURS


def annualized_funding(funding_rate: float, interval_hours: float) -> float:
    """Return the simple annual rate: 0.0001 per 8 h gives 0.1095; nan like `eight_hour_rate`."""
    return _per_hour(funding_rate, interval_hours) * defaults.HOURS_PER_YEAR


def _per_hour(funding_rate: float, interval_hours: float) -> float:
    return finite(funding_rate) / interval_hours if is_positive(interval_hours) else math.nan

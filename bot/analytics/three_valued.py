"""Conditions that are true, false or unknown (None): Kleene's logic."""

import math


def at_least(value: float, threshold: float) -> bool | None:
    """Return value ≥ threshold; None when either is nan."""
    return None if math.isnan(value) or math.isnan(threshold) else value >= threshold


def at_most(value: float, threshold: float) -> bool | None:
    """Return value ≤ threshold; None when either is nan."""
    return None if math.isnan(value) or math.isnan(threshold) else value <= threshold


def all_of(*conditions: bool | None) -> bool | None:
    """Return False when any is false, else None when any is unknown, else True."""
    if any(condition is False for condition in conditions):
        return False
    return None if any(condition is None for condition in conditions) else True

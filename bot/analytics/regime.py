"""The regime of price × native open interest (METHODS 2)."""

import math
from dataclasses import dataclass
from enum import StrEnum

from bot.analytics import defaults


class Regime(StrEnum):
    """What price and native open interest say together."""

    UNWIND = "unwind"
    NEW_SHORTS = "new_shorts"
    CONSISTENT_WITH_NEW_SHORTS = "consistent_with_new_shorts"
    SHORT_COVERING = "short_covering"
    NEW_LONGS = "new_longs"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RegimeReading:
    """The regime with what decided it; log changes; nan where unknown."""

    regime: Regime
    price_change: float
    native_change: float
    price_dead_band: float
    native_dead_band: float


@dataclass(frozen=True)
class ShortEvidence:
    """What tells new shorts from merely more open interest; nan = not known."""

    taker_sell_share: float = math.nan
    funding_change: float = math.nan
    basis_change: float = math.nan

    def is_present(self) -> bool:
        """Return True when takers sold more than 52 %, or funding or basis fell."""
        sold = self.taker_sell_share > defaults.TAKER_SELL_SHARE
        return sold or self.funding_change < 0 or self.basis_change < 0


NO_SHORT_EVIDENCE = ShortEvidence()


def regime(
    price_change: float,
    native_change: float,
    *,
    price_volatility: float,
    native_volatility: float,
    evidence: ShortEvidence = NO_SHORT_EVIDENCE,
) -> RegimeReading:
    """Return the regime of two log changes, σ at the window's own horizon (METHODS 2).

    UNKNOWN when a figure that would decide is nan.
    """
    price_dead_band = _dead_band(defaults.PRICE_DEAD_BAND, price_volatility)
    native_dead_band = _dead_band(defaults.NATIVE_DEAD_BAND, native_volatility)
    price_side = _side(price_change, price_dead_band, defaults.PRICE_DEAD_BAND)
    native_side = _side(native_change, native_dead_band, defaults.NATIVE_DEAD_BAND)
    return RegimeReading(
        regime=_regime(price_side, native_side, evidence),
        price_change=price_change,
        native_change=native_change,
        price_dead_band=price_dead_band,
        native_dead_band=native_dead_band,
    )


def _dead_band(minimum: float, sigma: float) -> float:
    return math.nan if math.isnan(sigma) else max(minimum, defaults.DEAD_BAND_SIGMAS * sigma)


def _side(change: float, dead_band: float, minimum: float) -> int | None:
    if math.isnan(change):
        return None
    if abs(change) < minimum:  # inside the band whatever σ is
        return 0
    if math.isnan(dead_band):
        return None
    return 0 if abs(change) < dead_band else int(math.copysign(1, change))


def _regime(price_side: int | None, native_side: int | None, evidence: ShortEvidence) -> Regime:
    if price_side is None or native_side is None:
        return Regime.UNKNOWN
    if price_side == 0 or native_side == 0:
        return Regime.UNCLEAR
    if price_side > 0:
        return Regime.NEW_LONGS if native_side > 0 else Regime.SHORT_COVERING
    if native_side < 0:
        return Regime.UNWIND
    is_confirmed = evidence.is_present()
    return Regime.NEW_SHORTS if is_confirmed else Regime.CONSISTENT_WITH_NEW_SHORTS

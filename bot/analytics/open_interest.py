"""Open interest: how much was closed, and how much only lost price (METHODS 2)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from bot.analytics import defaults
from bot.analytics.series import is_positive, log_change, ratio, value_at


@dataclass(frozen=True)
class Contract:
    """One contract at both ends of a window.

    Native is coins for a linear contract and USD for an inverse one; 0 = known not to exist,
    nan = unknown.
    """

    name: str  # whatever tells contracts apart, for example exchange and symbol
    native_start: float
    native_end: float
    price_start: float
    price_end: float
    is_inverse: bool = False


@dataclass(frozen=True)
class ContractSplit:
    """A contract's Δln OI_usd = native change + price effect, exactly; logs; USD notionals."""

    name: str
    native_change: float
    price_effect: float
    notional_change: float
    notional_start: float
    notional_end: float
    price_share: float  # π; nan where |notional change| < 1 %


@dataclass(frozen=True)
class OpenInterestSplit:
    """Δln of the summed USD open interest = native change + price effect, without remainder.

    Over the contracts known at both ends; the others are listed apart. Changes are logs (see
    `simple_fraction`); all nan when no contract is known at both ends.
    """

    native_change: float
    price_effect: float
    notional_change: float
    notional_start: float
    notional_end: float
    price_share: float
    contracts: tuple[ContractSplit, ...]
    appeared: tuple[str, ...]
    vanished: tuple[str, ...]
    unknown: tuple[str, ...]
    appeared_notional: float  # at the end of the window
    vanished_notional: float  # at its start


@dataclass(frozen=True)
class LiquidatedAgainstFall:
    """Liquidations observed / native fall: no share, may exceed 1; nan where nothing fell."""

    both_sides: float
    longs_only: float


def contract_at(
    name: str,
    open_interest: pd.Series,
    closes: pd.Series,
    at: datetime,
    window: timedelta,
    *,
    is_inverse: bool = False,
) -> Contract:
    """Return the contract at `at − window` and `at`; nan where a series has no value then."""
    return Contract(
        name=name,
        native_start=value_at(open_interest, at - window),
        native_end=value_at(open_interest, at),
        price_start=value_at(closes, at - window),
        price_end=value_at(closes, at),
        is_inverse=is_inverse,
    )


def contract_split(contract: Contract) -> ContractSplit:
    """Return the exact split of one contract; nan unless known and positive at both ends."""
    native_change = log_change(contract.native_start, contract.native_end)
    price_effect = 0.0
    if not contract.is_inverse:
        price_effect = log_change(contract.price_start, contract.price_end)
    notional_change = native_change + price_effect
    return ContractSplit(
        name=contract.name,
        native_change=native_change,
        price_effect=price_effect,
        notional_change=notional_change,
        notional_start=_notional_start(contract),
        notional_end=_notional_end(contract),
        price_share=price_share(price_effect, notional_change),
    )


def open_interest_split(contracts: Iterable[Contract]) -> OpenInterestSplit:
    """Return the split of several contracts, joined by logarithmic-mean weights (METHODS 2)."""
    every = tuple(contracts)
    appeared = [c for c in every if c.native_start == 0 and is_positive(c.native_end)]
    vanished = [c for c in every if c.native_end == 0 and is_positive(c.native_start)]
    rest = [contract_split(c) for c in every if c not in appeared and c not in vanished]
    splits = [split for split in rest if _is_usable(split)]
    start = math.fsum(split.notional_start for split in splits) if splits else math.nan
    end = math.fsum(split.notional_end for split in splits) if splits else math.nan
    native_change = _weighted(splits, [split.native_change for split in splits], start, end)
    price_effect = _weighted(splits, [split.price_effect for split in splits], start, end)
    notional_change = log_change(start, end)
    return OpenInterestSplit(
        native_change=native_change,
        price_effect=price_effect,
        notional_change=notional_change,
        notional_start=start,
        notional_end=end,
        price_share=price_share(price_effect, notional_change),
        contracts=tuple(splits),
        appeared=tuple(contract.name for contract in appeared),
        vanished=tuple(contract.name for contract in vanished),
        unknown=tuple(split.name for split in rest if not _is_usable(split)),
        appeared_notional=math.fsum(_notional_end(contract) for contract in appeared),
        vanished_notional=math.fsum(_notional_start(contract) for contract in vanished),
    )


def price_share(price_effect: float, notional_change: float) -> float:
    """Return π = price effect / USD change (logs); nan where |USD change| < 1 %."""
    if not abs(notional_change) >= defaults.PRICE_SHARE_MINIMUM_CHANGE:
        return math.nan
    return ratio(price_effect, notional_change)


def logarithmic_mean(first: float, second: float) -> float:
    """Return L(a, b) = (a − b) / ln(a / b), with L(a, a) = a; nan unless both are positive."""
    if not is_positive(first, second):
        return math.nan
    difference = first - second
    if difference == 0:
        return first
    # Where a ≈ b, ln a − ln b loses its digits; ln(a / b) = 2 atanh((a − b) / (a + b)) does not.
    relative = difference / (first + second)
    is_near = abs(relative) < 0.5
    return difference / (2 * math.atanh(relative) if is_near else log_change(second, first))


def liquidated_against_fall(
    long_base: float, short_base: float, native_start: float, native_end: float
) -> LiquidatedAgainstFall:
    """Return liquidations in coins over the native fall in coins (METHODS 2)."""
    fall = native_start - native_end
    if not (is_positive(native_start) and fall > 0):
        return LiquidatedAgainstFall(both_sides=math.nan, longs_only=math.nan)
    return LiquidatedAgainstFall(
        both_sides=ratio(long_base + short_base, fall), longs_only=ratio(long_base, fall)
    )


def _notional_start(contract: Contract) -> float:
    return contract.native_start * (1.0 if contract.is_inverse else contract.price_start)


def _notional_end(contract: Contract) -> float:
    return contract.native_end * (1.0 if contract.is_inverse else contract.price_end)


def _is_usable(split: ContractSplit) -> bool:
    return is_positive(split.notional_start, split.notional_end) and math.isfinite(
        split.notional_change
    )


def _weighted(splits: list[ContractSplit], changes: list[float], start: float, end: float) -> float:
    if not splits:
        return math.nan
    weights = (logarithmic_mean(split.notional_start, split.notional_end) for split in splits)
    total = math.fsum(weight * change for weight, change in zip(weights, changes, strict=True))
    return ratio(total, logarithmic_mean(start, end))

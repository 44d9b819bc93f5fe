"""Short ways to write statements: their evidence is read off their slots."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.model.report import (
    NameSlot,
    NamesSlot,
    NumberSlot,
    NumberStyle,
    Slot,
    Statement,
    TermSlot,
    TimeSlot,
    WindowSlot,
    WordSlot,
)

__all__ = [
    "NameSlot",
    "NamesSlot",
    "TermSlot",
    "TimeSlot",
    "WindowSlot",
    "at_least",
    "at_least_share",
    "count",
    "fine",
    "percent",
    "points",
    "price",
    "rate",
    "ratio",
    "share",
    "signed",
    "statement",
    "times",
    "word",
]


def statement(
    name: str,
    template: str,
    parts: Mapping[str, Slot] = MappingProxyType({}),
    /,
    *,
    severity: float = 0.0,
    about: tuple[str, ...] = (),
    **more: Slot,
) -> Statement:
    """Return a statement that stands on the evidence of its slots and on `about`."""
    slots = {**parts, **more}
    named = [slot.evidence for slot in slots.values() if isinstance(slot, NumberSlot | WordSlot)]
    limits = [
        slot.apart_from
        for slot in slots.values()
        if isinstance(slot, NumberSlot) and slot.apart_from is not None
    ]
    times_ = [s.evidence for s in slots.values() if isinstance(s, TimeSlot) and s.evidence]
    evidence = tuple(dict.fromkeys([*named, *limits, *times_, *about]))
    return Statement(id=name, template=template, slots=slots, evidence=evidence, severity=severity)


def percent(evidence: str) -> NumberSlot:
    """Return a percentage without a sign, for use beside a word that has the direction."""
    return NumberSlot(evidence, NumberStyle.PERCENT)


def signed(evidence: str, apart_from: str | None = None) -> NumberSlot:
    """Return a percentage with its sign."""
    return NumberSlot(evidence, NumberStyle.SIGNED_PERCENT, apart_from)


def rate(evidence: str) -> NumberSlot:
    """Return a percentage with its sign and four decimals, for funding."""
    return NumberSlot(evidence, NumberStyle.RATE)


def share(evidence: str, apart_from: str | None = None) -> NumberSlot:
    """Return a share in whole percent."""
    return NumberSlot(evidence, NumberStyle.SHARE, apart_from)


def at_least(evidence: str) -> NumberSlot:
    """Return an amount of USD, rounded down."""
    return NumberSlot(evidence, NumberStyle.AT_LEAST_MONEY)


def at_least_share(evidence: str) -> NumberSlot:
    """Return a share in whole percent, rounded down."""
    return NumberSlot(evidence, NumberStyle.AT_LEAST_SHARE)


def price(evidence: str) -> NumberSlot:
    """Return a price in USD."""
    return NumberSlot(evidence, NumberStyle.PRICE)


def ratio(evidence: str) -> NumberSlot:
    """Return a plain number with two decimals."""
    return NumberSlot(evidence, NumberStyle.RATIO)


def fine(evidence: str, apart_from: str | None = None) -> NumberSlot:
    """Return a plain number with three decimals, more where a threshold is near."""
    return NumberSlot(evidence, NumberStyle.FINE_RATIO, apart_from)


def times(evidence: str, apart_from: str | None = None) -> NumberSlot:
    """Return a multiple."""
    return NumberSlot(evidence, NumberStyle.MULTIPLE, apart_from)


def count(evidence: str) -> NumberSlot:
    """Return a whole number."""
    return NumberSlot(evidence, NumberStyle.COUNT)


def points(evidence: str) -> NumberSlot:
    """Return a score from 0 to 100."""
    return NumberSlot(evidence, NumberStyle.SCORE)


def word(choice: str, evidence: str) -> WordSlot:
    """Return a word of direction for a percentage."""
    return WordSlot(choice, evidence, NumberStyle.PERCENT)

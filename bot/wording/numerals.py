"""Numerals read back from text, and whether they are what a raw value reads as.

Nothing here is shared with the code that writes numbers: both must be right to agree.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel import Locale

from bot.model.report import NumberStyle

_SCALES = {"T": Decimal(10**12), "B": Decimal(10**9), "M": Decimal(10**6)}
_UNSIGNED = frozenset({NumberStyle.PERCENT})
_SIGNED = frozenset({NumberStyle.SIGNED_PERCENT, NumberStyle.RATE})
_AT_LEAST = frozenset({NumberStyle.AT_LEAST_MONEY, NumberStyle.AT_LEAST_SHARE})
_PERCENT = frozenset({*_UNSIGNED, *_SIGNED, NumberStyle.SHARE, NumberStyle.AT_LEAST_SHARE})
_MONEY = frozenset({NumberStyle.AT_LEAST_MONEY, NumberStyle.PRICE})


@dataclass(frozen=True)
class Numeral:
    """A numeral as it stands in a text: its sign, its digits and the marks around them."""

    sign: str
    currency: str
    digits: Decimal
    suffix: str

    @property
    def unit(self) -> Decimal:
        """The worth of one in the last printed digit."""
        exponent = self.digits.as_tuple().exponent
        return Decimal(1).scaleb(int(exponent)) * self.scale

    @property
    def scale(self) -> Decimal:
        """What the printed digits are multiplied with: 10⁶ for M."""
        return _SCALES.get(self.suffix, Decimal(1))


def numerals(text: str, locale: Locale) -> list[Numeral]:
    """Return every numeral that stands in `text`, in order."""
    group, decimal = _symbols(locale)
    return [
        Numeral(
            sign=found["sign"] or "",
            currency=found["currency"] or "",
            digits=Decimal(found["digits"].replace(group, "").replace(decimal, ".")),
            suffix=found["suffix"] or "",
        )
        for found in _numeral_pattern(locale).finditer(text)
    ]


def numeral_at(text: str, position: int, locale: Locale) -> str | None:
    """Return the numeral that begins at `position`, marks included; None when none does."""
    found = _numeral_pattern(locale).match(text, position)
    return None if found is None else found[0]


def agrees(numeral: Numeral, value: float, style: NumberStyle) -> bool:
    """Return True when `numeral` is what `value` reads as in `style`, to its last printed digit."""
    if not math.isfinite(value) or not _marks_agree(numeral, style):
        return False
    if not _sign_agrees(numeral, value, style):
        return False
    exact = abs(Decimal(repr(value))) * (100 if style in _PERCENT else 1)
    printed = numeral.digits * numeral.scale
    if style in _AT_LEAST:
        return printed <= exact < printed + numeral.unit
    return abs(printed - exact) <= numeral.unit / 2


def signed_value(numeral: Numeral, style: NumberStyle, value: float) -> Decimal:
    """Return the printed number in the unit of `value`, with the sign of `value`."""
    printed = numeral.digits * numeral.scale / (100 if style in _PERCENT else 1)
    return -printed if value < 0 else printed


def _marks_agree(numeral: Numeral, style: NumberStyle) -> bool:
    if bool(numeral.currency) != (style in _MONEY):
        return False
    if style in _PERCENT:
        return numeral.suffix == "%"
    if style is NumberStyle.MULTIPLE:
        return numeral.suffix == "×"
    return numeral.suffix == "" or (style in _MONEY and numeral.suffix in _SCALES)


def _sign_agrees(numeral: Numeral, value: float, style: NumberStyle) -> bool:
    if style in _UNSIGNED or numeral.digits == 0:
        return numeral.sign == ""
    if style in _SIGNED:
        return numeral.sign == ("−" if value < 0 else "+")
    return numeral.sign == ("−" if value < 0 else "")


@lru_cache(maxsize=8)
def _symbols(locale: Locale) -> tuple[str, str]:
    symbols = locale.number_symbols["latn"]
    return symbols["group"], symbols["decimal"]


@lru_cache(maxsize=8)
def _numeral_pattern(locale: Locale) -> re.Pattern[str]:
    group, decimal = (re.escape(symbol) for symbol in _symbols(locale))
    return re.compile(
        r"(?P<sign>[−+-])?(?P<currency>\$)?"
        rf"(?P<digits>(?:[1-9]\d{{0,2}}(?:{group}\d{{3}})+(?!\d)|0|[1-9]\d*)(?:{decimal}\d+)?)"
        r"(?:[ \u00a0\u202f]?(?P<suffix>%|×|[TBM](?!\w)))?"
    )

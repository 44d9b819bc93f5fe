"""The only place where a number becomes text; percent exists here and nowhere else."""

import math
from collections.abc import Callable
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal

from bot.model.report import NumberStyle

MINUS = "−"
MULTIPLY = "×"
_SUFFIXES = ((Decimal(10**12), "T", 2), (Decimal(10**9), "B", 2), (Decimal(10**6), "M", 1))
_MOST_DIGITS = 20
# The largest float has 309 digits before the point; the default context would refuse it.
_EXACT = Context(prec=400)


def number_text(
    value: float, style: NumberStyle, locale: Locale, *, apart_from: float | None = None
) -> str:
    """Return `value` as text in `style`; ValueError when it is not finite.

    With `apart_from`, enough digits are shown that the two values do not read the same.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be shown")
    text = _STYLES[style](value, locale, 0)
    if apart_from is None or value == apart_from:
        return text
    for extra in range(_MOST_DIGITS):
        text = _STYLES[style](value, locale, extra)
        if text != _STYLES[style](apart_from, locale, extra):
            break
    return text


def shows_zero(value: float, style: NumberStyle, locale: Locale) -> bool:
    """Return True when the text of `value` in `style` reads as zero."""
    return _is_zero(number_text(value, style, locale))


def percent_digits(fraction: float) -> int:
    """Return the decimals a percentage is shown with: three significant digits, two at the most."""
    return 1 if abs(fraction) >= 0.09995 else 2


def _percent(value: float, locale: Locale, extra: int) -> str:
    return f"{_hundredfold(value, percent_digits(value) + extra, locale)} %"


def _signed_percent(value: float, locale: Locale, extra: int) -> str:
    return _signed(value, _percent(value, locale, extra))


def _rate(value: float, locale: Locale, extra: int) -> str:
    return _signed(value, f"{_hundredfold(value, 4 + extra, locale)} %")


def _share(value: float, locale: Locale, extra: int) -> str:
    return _signed_minus(value, f"{_hundredfold(value, extra, locale)} %")


def _at_least_share(value: float, locale: Locale, extra: int) -> str:
    shown = _rounded(Decimal(repr(abs(value))) * 100, extra, ROUND_FLOOR, locale)
    return _signed_minus(value, f"{shown} %")


def _at_least_money(value: float, locale: Locale, extra: int) -> str:
    return _signed_minus(value, _compact(abs(value), locale, extra))


def _price(value: float, locale: Locale, extra: int) -> str:
    exponent = math.floor(math.log10(abs(value))) if value else 0
    digits = min(max(4 - exponent, 0), 14) + extra
    return _signed_minus(value, f"${_decimal(abs(value), digits, locale)}")


def _fixed(digits: int, suffix: str = "") -> Callable[[float, Locale, int], str]:
    def text(value: float, locale: Locale, extra: int) -> str:
        return _signed_minus(value, f"{_decimal(abs(value), digits + extra, locale)}{suffix}")

    return text


def _compact(value: float, locale: Locale, extra: int) -> str:
    exact = Decimal(repr(value))
    for scale, suffix, digits in _SUFFIXES:
        if exact >= scale:
            return f"${_rounded(exact / scale, digits + extra, ROUND_FLOOR, locale)} {suffix}"
    return f"${_rounded(exact, extra, ROUND_FLOOR, locale)}"


def _decimal(value: float, digits: int, locale: Locale) -> str:
    return _rounded(Decimal(repr(value)), digits, ROUND_HALF_EVEN, locale)


def _hundredfold(value: float, digits: int, locale: Locale) -> str:
    # As a float, a hundred times a value may fall on the other side of a half.
    return _rounded(Decimal(repr(abs(value))) * 100, digits, ROUND_HALF_EVEN, locale)


def _rounded(value: Decimal, digits: int, rounding: str, locale: Locale) -> str:
    with localcontext(_EXACT):
        shown = value.quantize(Decimal(1).scaleb(-digits), rounding)
        return format_decimal(shown, format=_pattern(digits), locale=locale)


@lru_cache(maxsize=32)
def _pattern(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"


def _signed(value: float, text: str) -> str:
    if _is_zero(text):
        return text
    return (MINUS if value < 0 else "+") + text


def _signed_minus(value: float, text: str) -> str:
    return text if value >= 0 or _is_zero(text) else MINUS + text


def _is_zero(text: str) -> bool:
    return not any(digit in "123456789" for digit in text)


_STYLES: dict[NumberStyle, Callable[[float, Locale, int], str]] = {
    NumberStyle.PERCENT: _percent,
    NumberStyle.SIGNED_PERCENT: _signed_percent,
    NumberStyle.RATE: _rate,
    NumberStyle.SHARE: _share,
    NumberStyle.AT_LEAST_SHARE: _at_least_share,
    NumberStyle.AT_LEAST_MONEY: _at_least_money,
    NumberStyle.PRICE: _price,
    NumberStyle.AMOUNT: _fixed(0),
    NumberStyle.RATIO: _fixed(2),
    NumberStyle.FINE_RATIO: _fixed(3),
    NumberStyle.MULTIPLE: _fixed(1, f" {MULTIPLY}"),
    NumberStyle.COUNT: _fixed(0),
    NumberStyle.SCORE: _fixed(0),
}

"""Numbers as text: what is printed is the value, to its last digit, and never more than it."""

from decimal import Decimal

import pytest
from babel import Locale
from hypothesis import example, given
from hypothesis import strategies as st

from bot.model.report import NumberStyle
from bot.wording.numbers import number_text, percent_digits, shows_zero
from bot.wording.numerals import agrees, numeral_at, numerals, signed_value

ENGLISH = Locale.parse("en")
LOCALES = [Locale.parse(name) for name in ("en", "de", "fr", "es")]

values = st.one_of(
    st.floats(-1e15, 1e15, allow_nan=False),
    st.floats(-2, 2, allow_nan=False),
    st.builds(
        lambda mantissa, exponent, sign: sign * float(f"{mantissa}e{exponent}"),
        st.integers(1, 99_999),
        st.integers(-14, 12),
        st.sampled_from([-1, 1]),
    ),
)
styles = st.sampled_from(list(NumberStyle))


@given(values, styles, st.sampled_from(LOCALES))
@example(0.27499999999999997 / 100, NumberStyle.PERCENT, ENGLISH)
@example(-1e-12, NumberStyle.SHARE, ENGLISH)
@example(1.7e308, NumberStyle.PERCENT, ENGLISH)
@example(0.09995, NumberStyle.SIGNED_PERCENT, ENGLISH)
def test_the_text_read_back_agrees_with_the_value(value, style, locale):
    text = number_text(value, style, locale)
    assert numeral_at(text, 0, locale) == text
    (numeral,) = numerals(text, locale)
    assert agrees(numeral, value, style)


@given(values, styles)
def test_the_text_of_another_value_does_not_agree(value, style):
    (numeral,) = numerals(number_text(value, style, ENGLISH), ENGLISH)
    scale = 100 if style.value in ("percent", "signed_percent", "rate", "share") else 1
    # Two units of the last printed digit away from it (floating point may swallow one).
    other = value + float(2 * numeral.unit / scale) * (1 if value >= 0 else -1)
    if other != value and abs(float(numeral.unit)) > abs(value) * scale * 1e-14:
        assert not agrees(numeral, other, style)


@given(st.floats(0, 1e15, allow_nan=False))
@example(17.989e6)
@example(999_999.9)
@example(999.99e9)
def test_at_least_is_never_above_the_value(value):
    text = number_text(value, NumberStyle.AT_LEAST_MONEY, ENGLISH)
    (numeral,) = numerals(text, ENGLISH)
    printed = numeral.digits * numeral.scale
    assert printed <= Decimal(repr(value)) < printed + numeral.unit


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (17.989e6, NumberStyle.AT_LEAST_MONEY, "$17.9 M"),
        (0.119, NumberStyle.AT_LEAST_SHARE, "11 %"),
        (2.169e9, NumberStyle.AT_LEAST_MONEY, "$2.16 B"),
        (1.999e12, NumberStyle.AT_LEAST_MONEY, "$1.99 T"),
        (999_999.9, NumberStyle.AT_LEAST_MONEY, "$999,999"),
        (0.4, NumberStyle.AT_LEAST_MONEY, "$0"),
        (-0.184, NumberStyle.SIGNED_PERCENT, "−18.4 %"),
        (0.184, NumberStyle.SIGNED_PERCENT, "+18.4 %"),
        (-0.184, NumberStyle.PERCENT, "18.4 %"),
        (-0.0198, NumberStyle.SIGNED_PERCENT, "−1.98 %"),
        (-0.00004, NumberStyle.SIGNED_PERCENT, "0.00 %"),
        (0.0000441, NumberStyle.RATE, "+0.0044 %"),
        (-0.004, NumberStyle.SHARE, "0 %"),
        (0.11, NumberStyle.SHARE, "11 %"),
        (49_790.0, NumberStyle.PRICE, "$49,790"),
        (0.4407, NumberStyle.PRICE, "$0.44070"),
        (1e-8, NumberStyle.PRICE, "$0.000000010000"),
        (1e6, NumberStyle.PRICE, "$1,000,000"),
        (-0.001, NumberStyle.RATIO, "0.00"),
        (0.603, NumberStyle.FINE_RATIO, "0.603"),
        (8.94, NumberStyle.MULTIPLE, "8.9 ×"),
        (30.0, NumberStyle.COUNT, "30"),
        (1234.5, NumberStyle.AMOUNT, "1,234"),
        (15.5, NumberStyle.SCORE, "16"),
    ],
)
def test_examples(value, style, text):
    assert number_text(value, style, ENGLISH) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused(value):
    for style in NumberStyle:
        with pytest.raises(ValueError, match="cannot be shown"):
            number_text(value, style, ENGLISH)


@given(values, styles)
def test_signs(value, style):
    text = number_text(value, style, ENGLISH)
    is_zero = not set(text) & set("123456789")
    has_minus = value < 0 and style is not NumberStyle.PERCENT and not is_zero
    assert text.startswith("−") == has_minus
    is_signed = style in (NumberStyle.SIGNED_PERCENT, NumberStyle.RATE)
    assert text.startswith("+") == (is_signed and value > 0 and not is_zero)
    assert shows_zero(value, style, ENGLISH) == is_zero


near = st.floats(0.01, 40, allow_nan=False).flatmap(
    lambda limit: st.tuples(
        st.just(limit),
        st.one_of(
            st.floats(0.01, 40),
            st.floats(-1e-3, 1e-3).map(lambda d: limit * (1 + d)),
            st.sampled_from([limit * (1 - 2e-16), limit * (1 + 3e-16)]),
        ),
    )
)
APART = [
    NumberStyle.FINE_RATIO,
    NumberStyle.SHARE,
    NumberStyle.MULTIPLE,
    NumberStyle.SIGNED_PERCENT,
]


@given(near, st.sampled_from(APART), st.sampled_from([-1, 1]))
def test_a_value_never_reads_as_the_threshold_that_it_misses(pair, style, sign):
    limit, value = (sign * number for number in pair)
    text = number_text(value, style, ENGLISH, apart_from=limit)
    (numeral,) = numerals(text, ENGLISH)
    assert agrees(numeral, value, style)
    if value != limit:
        shown = signed_value(numeral, style, value)
        assert shown != Decimal(repr(limit))
        assert (shown < Decimal(repr(limit))) == (value < limit)


def test_apart_from_adds_no_digit_without_need():
    style = NumberStyle.FINE_RATIO
    assert number_text(0.603, style, ENGLISH, apart_from=0.6) == "0.603"
    assert number_text(0.5996, style, ENGLISH, apart_from=0.6) == "0.5996"
    assert number_text(0.6, style, ENGLISH, apart_from=0.6) == "0.600"
    assert number_text(0.996, NumberStyle.SHARE, ENGLISH, apart_from=1.0) == "99.6 %"


def test_percent_digits():
    assert [percent_digits(f) for f in (0.0, 0.0999, -0.0999, 0.1, -0.5)] == [2, 2, 2, 1, 1]


@pytest.mark.parametrize(
    ("text", "digits"),
    [("1,234", ["1234"]), ("1,23", ["1", "23"]), ("12,34,567", ["12", "34567"])],
)
def test_only_whole_groups_of_digits_are_one_numeral(text, digits):
    assert [str(numeral.digits) for numeral in numerals(text, ENGLISH)] == digits


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("18.4 %", NumberStyle.SIGNED_PERCENT, -0.184),  # no sign
        ("+18.4 %", NumberStyle.SIGNED_PERCENT, -0.184),  # the other sign
        ("-18.4 %", NumberStyle.SIGNED_PERCENT, -0.184),  # a hyphen is no minus
        ("−18.4 %", NumberStyle.PERCENT, -0.184),  # a word has the direction
        ("−18.4", NumberStyle.SIGNED_PERCENT, -0.184),  # no unit
        ("−18.4 ×", NumberStyle.SIGNED_PERCENT, -0.184),
        ("−0.184 %", NumberStyle.SIGNED_PERCENT, -0.184),
        ("$18.0 M", NumberStyle.AT_LEAST_MONEY, 17.989e6),  # up
        ("$17.9 B", NumberStyle.AT_LEAST_MONEY, 17.989e6),
        ("17.9 M", NumberStyle.AT_LEAST_MONEY, 17.989e6),
        ("$8.9 ×", NumberStyle.MULTIPLE, 8.9),
        ("8.9", NumberStyle.MULTIPLE, 8.9),
        ("8.9 M", NumberStyle.RATIO, 8.9e6),
        ("−0.00", NumberStyle.RATIO, -0.001),
        ("1.00", NumberStyle.RATIO, float("nan")),
    ],
)
def test_what_does_not_agree(text, style, value):
    (numeral,) = numerals(text, ENGLISH)
    assert not agrees(numeral, value, style)


def test_where_no_numeral_begins():
    assert numeral_at("about 5", 0, ENGLISH) is None
    assert numeral_at("about 5", 6, ENGLISH) == "5"

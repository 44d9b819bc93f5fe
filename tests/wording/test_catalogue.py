"""The catalogue refuses what text may not hold, and holds what the program says and no more."""

import ast
import re
from enum import StrEnum
from itertools import chain
from pathlib import Path
from string import Formatter

import pytest

import bot
import cogs
from bot.analytics.cascade import CascadeGrade
from bot.analytics.regime import Regime
from bot.analytics.shape import ShapeClass
from bot.model.instruments import Market
from bot.model.series import FeedKind, Origin, Series
from bot.wording.catalogue import (
    Words,
    literal_text,
    parse_catalogue,
    read_catalogue,
)

MINIMAL = """
[templates]
said = "{a} moved {b}"
[words.moved]
below = "fell"
above = "rose"
level = "was level:"
[terms]
shock = "SHOCK"
[titles]
prices = "Prices"
"""
PLACES = {
    "template": '"{a} moved {b}"',
    "word": '"fell"',
    "term": '"SHOCK"',
    "title": '"Prices"',
}
REFUSED = [
    "up 3 of it",
    "½ of it",
    "x² of it",
    "三",
    "one of it",
    "Seven",
    "a dozen",
    "half of it",
    "doubled",
    "a third and two thirds",
    "millions",
    "because of it",
    "this caused it",
    "it is causing it",
    "triggered",
    "drove it",
    "driven by it",
    "it led to that",
    "leading to that",
    "due to it",
    "resulted in it",
    "sparked",
    "fuelled",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", REFUSED)
def test_numbers_and_causes_are_refused_everywhere(place, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_catalogue("en", MINIMAL.replace(PLACES[place], f'"{text}"'))


@pytest.mark.parametrize(
    "text", ["Drivers, ranked", "{a1} of {b2}", "someone", "weight", "network", "leads", "oneness"]
)
def test_innocent_texts_pass(text):
    catalogue = parse_catalogue("en", MINIMAL.replace(PLACES["template"], f'"{text}"'))
    assert catalogue.template("said") == text


def test_a_parsed_catalogue():
    catalogue = parse_catalogue("de", MINIMAL)
    assert catalogue.locale.language == "de"
    assert catalogue.words["moved"] == Words("fell", "rose", "was level:")
    assert catalogue.words["moved"].all() == ("fell", "rose", "was level:")
    with pytest.raises(KeyError):
        catalogue.template("unsaid")


def test_literal_text():
    assert literal_text("{a} of {b}!").split() == ["of", "!"]


def test_a_language_without_a_file_is_read_as_the_default():
    assert read_catalogue("xx") is read_catalogue("en")


# --- what the program says ------------------------------------------------------------------


def _strings() -> set[str]:
    """Every string in the program's own code."""
    found = set()
    for package in (bot, cogs):
        for path in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def _values(*enums: type[StrEnum]) -> set[str]:
    return set(chain.from_iterable([member.value for member in enum] for enum in enums))


STRINGS = _strings()
CATALOGUE = read_catalogue()
GRADES = {f"summary.cascade.{grade}" for grade in _values(CascadeGrade)}
DRIVERS = {
    f"{kind}.{name}"
    for kind in ("driver", "summary.with")
    for name in ("open_interest", "long_liquidations", "short_liquidations")
}
TERMS = _values(ShapeClass, Regime, Series, FeedKind, Origin, Market)


def test_no_template_is_dead():
    assert not set(CATALOGUE.templates) - STRINGS - GRADES - DRIVERS


def test_no_title_term_or_word_is_dead():
    assert not set(CATALOGUE.titles) - STRINGS
    assert not set(CATALOGUE.terms) - STRINGS - TERMS
    assert not set(CATALOGUE.words) - STRINGS


def test_every_template_that_the_code_names_exists():
    groups = {key.partition(".")[0] for key in CATALOGUE.templates} - {"price"}
    named = {s for s in STRINGS if re.fullmatch(rf"({'|'.join(groups)})\.[a-z_]+(\.[a-z_]+)?", s)}
    assert not {s for s in named if s not in CATALOGUE.templates} - {"summary.cascade"}
    assert {f"summary.cascade.{g}" for g in ("active", "building", "fading", "confirmed")} <= set(
        CATALOGUE.templates
    )


def test_every_class_and_series_has_its_term():
    unsaid = {"unknown", "unclear", "no_decline"}
    assert not TERMS - unsaid - set(CATALOGUE.terms)


def test_titles_with_slots():
    slots = {
        key: [name for _, name, *_ in Formatter().parse(text) if name is not None]
        for key, text in CATALOGUE.titles.items()
    }
    slotted = {key: names for key, names in slots.items() if names}
    assert slotted == {
        "failure": ["failure_id"],
        "report_name": ["name", "window"],
        "same_down": ["since", "asked", "as_of"],
        "same_failed": ["asked", "as_of"],
        "same_late": ["asked", "as_of"],
        "nearest_down": ["since", "asked", "shown", "as_of"],
        "nearest_failed": ["asked", "shown", "as_of"],
        "nearest_late": ["asked", "shown", "as_of"],
        "nothing_down": ["since"],
        "nothing_failed": ["asked"],
        "nothing_fetching": ["note"],
        "unknown_asset": ["asked", "nearest", "known"],
    }

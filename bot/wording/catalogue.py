"""The message catalogue of one language: templates, words, terms and titles, checked when read.

A template holds slots in braces and no number of its own, neither in digits nor spelled out, and
no causal verb; a catalogue that breaks this does not load.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from string import Formatter

from babel import Locale

DEFAULT_LANGUAGE = "en"

CAUSAL = re.compile(
    r"\b(because|caus(?:e|es|ed|ing)|trigger(?:s|ed|ing)?|driv(?:e|es|en|ing)|drove|due to"
    r"|thanks to|le(?:d|ads?|ading) to|result(?:s|ed|ing)? (?:in|from)|spark(?:s|ed|ing)?"
    r"|fuel(?:s|l?ed|l?ing))\b",
    re.IGNORECASE,
)
SPELLED_OUT = re.compile(
    r"\b(zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen"
    r"|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|half|halves|halved"
    r"|thirds?|quarters?|twice|thrice|doubled?|tripled?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """The words for a value below zero, above zero, and one that text shows as zero."""

    below: str
    above: str
    level: str

    def all(self) -> tuple[str, str, str]:
        """Return the words of all three signs."""
        return (self.below, self.above, self.level)


@dataclass(frozen=True)
class Catalogue:
    """Everything that text is made of in one language."""

    locale: Locale
    templates: dict[str, str]
    words: dict[str, Words]
    terms: dict[str, str]
    titles: dict[str, str]

    def template(self, key: str) -> str:
        """Return the template of `key`; KeyError when the catalogue lacks it."""
        return self.templates[key]


@lru_cache(maxsize=8)
def read_catalogue(language: str = DEFAULT_LANGUAGE) -> Catalogue:
    """Return the catalogue of `language`, or the default one for a language without a file."""
    folder = files("bot.wording") / "languages"
    path = folder / f"{language}.toml"
    if not path.is_file():
        return read_catalogue(DEFAULT_LANGUAGE)
    return parse_catalogue(language, path.read_text("utf-8"))


def parse_catalogue(language: str, text: str) -> Catalogue:
    """Return the catalogue written as TOML; ValueError names a text that may not stand."""
    data = tomllib.loads(text)
    for table in ("templates", "terms", "titles", "words"):
        for key, value in data[table].items():
            for written in value.values() if isinstance(value, dict) else (value,):
                _refuse_numbers_and_causes(f"{table}.{key}", written)
    words = {key: Words(**value) for key, value in data["words"].items()}
    locale = Locale.parse(language, sep="-")
    return Catalogue(locale, data["templates"], words, data["terms"], data["titles"])


def literal_text(template: str) -> str:
    """Return the template's own text, with a space for each slot."""
    return " ".join(literal for literal, *_ in Formatter().parse(template))


def _refuse_numbers_and_causes(key: str, text: str) -> None:
    literal = literal_text(text)
    if any(character.isnumeric() for character in literal):
        raise ValueError(f"{key}: a digit stands in the literal text {text!r}")
    if found := SPELLED_OUT.search(literal):
        raise ValueError(f"{key}: the number {found[0]!r} is spelled out in {text!r}")
    if found := CAUSAL.search(literal):
        raise ValueError(f"{key}: the causal verb {found[0]!r} stands in {text!r}")

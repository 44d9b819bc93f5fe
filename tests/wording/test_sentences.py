"""Statements become sentences, or are dropped with a line in the log that says why."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from structlog.testing import capture_logs

from bot.model.report import (
    Evidence,
    NameSlot,
    NamesSlot,
    NumberSlot,
    NumberStyle,
    Slot,
    Statement,
    Status,
    TermSlot,
    TimeSlot,
    Unit,
    WindowSlot,
    WordSlot,
)
from bot.wording.auditor import audit
from bot.wording.catalogue import Catalogue, parse_catalogue, read_catalogue
from bot.wording.sentences import Speaker, chosen_word, known_value
from bot.wording.times import Medium, time_text, window_text

MOMENT = datetime(2024, 8, 5, 13, tzinfo=UTC)
PERCENT = NumberStyle.PERCENT
TEXT = """
[templates]
moved = "{name} {moved} {change} over {window}"
pair = "{first} for {name}, {second} for {other}"
term = "{term} of {names} since {time}"
bare = "{moved}"
digits = "{name}: {change}"
"missing.series" = "No {term}."
"missing.stale" = "Old {term}."
"missing.partial" = "Part of {term}."
[words.moved]
below = "fell"
above = "rose"
level = "was level:"
[terms]
shock = "SHOCK"
[titles]
prices = "Prices"
"""
CATALOGUE = parse_catalogue("en", TEXT)
SPEAKER = Speaker(CATALOGUE, Medium.PLAIN)


def entry(name, value, status=Status.OK):
    return Evidence(name, name, "BTC", "24h", value, Unit.FRACTION, MOMENT, status=status)


def evidence(**values):
    return {name: entry(name, value) for name, value in values.items()}


def moved(value, style=NumberStyle.PERCENT):
    slots: dict[str, Slot] = {
        "name": NameSlot("BTC"),
        "moved": WordSlot("moved", "r", PERCENT),
        "change": NumberSlot("r", style),
        "window": WindowSlot("24h"),
    }
    return Statement("s", "moved", slots, ("r",)), evidence(r=value)


def problems(text, statement, known, catalogue=CATALOGUE):
    return audit(text, statement, known, catalogue, Medium.PLAIN)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.184, "BTC fell 18.4 % over 24 h"),
        (0.184, "BTC rose 18.4 % over 24 h"),
        (-0.00004, "BTC was level: 0.00 % over 24 h"),
        (-0.00006, "BTC fell 0.01 % over 24 h"),
        (0.0, "BTC was level: 0.00 % over 24 h"),
        (1e-300, "BTC was level: 0.00 % over 24 h"),
    ],
)
def test_words_follow_the_value_and_its_text(value, text):
    assert SPEAKER.sentence(*moved(value)) == text


@pytest.mark.parametrize(
    "text",
    [
        "BTC rose 18.4 % over 24 h",
        "BTC was level: 18.4 % over 24 h",
        "BTC fell 18.5 % over 24 h",
        "BTC fell −18.4 % over 24 h",
        "BTC fell 18.4 % over 7 d",
        "BTC fell 18.4 % over 24 h, and more",
        "ETH fell 18.4 % over 24 h",
        "BTC fell 18.4 %",
        "BTC fell over 24 h",
        "BTC fell 18.4 % over 24 h because of it",
        "nan fell 18.4 % over 24 h",
        "",
    ],
)
def test_any_other_text_is_refused(text):
    assert problems(text, *moved(-0.184))


@pytest.mark.parametrize(("value", "word"), [(0.0, "rose"), (0.00003, "rose"), (-0.00003, "fell")])
def test_where_the_number_reads_zero_only_the_level_word_stands(value, word):
    statement, known = moved(value)
    assert not problems("BTC was level: 0.00 % over 24 h", statement, known)
    assert problems(f"BTC {word} 0.00 % over 24 h", statement, known)


def test_a_word_without_its_number_is_level_at_zero_only():
    statement = Statement("s", "bare", {"moved": WordSlot("moved", "r", PERCENT)}, ("r",))
    assert not problems("fell", statement, evidence(r=-0.00001))
    assert problems("was level:", statement, evidence(r=-0.00001))
    assert not problems("was level:", statement, evidence(r=0.0))


def pair(first, second):
    slots: dict[str, Slot] = {
        "first": NumberSlot("a", NumberStyle.SIGNED_PERCENT),
        "second": NumberSlot("b", NumberStyle.SIGNED_PERCENT),
        "name": NameSlot("BTC"),
        "other": NameSlot("BTC/USDT"),
    }
    return Statement("s", "pair", slots, ("a", "b")), evidence(a=first, b=second)


def test_numbers_and_names_stand_in_their_own_places():
    statement, known = pair(-0.1, 0.2)
    text = "−10.0 % for BTC, +20.0 % for BTC/USDT"
    assert SPEAKER.sentence(statement, known) == text
    assert problems("+20.0 % for BTC, −10.0 % for BTC/USDT", statement, known)
    assert problems("−10.0 % for BTC/USDT, +20.0 % for BTC", statement, known)
    assert problems("−10.0 % for BTC, −10.0 % for BTC/USDT", statement, known)


@pytest.mark.parametrize("name", ["24", "1000", "S&P 500", "fell", "18 %", "because", "nan", "BTC"])
def test_a_name_may_be_anything_but_stands_for_itself_alone(name):
    slots: dict[str, Slot] = {"name": NameSlot(name), "change": NumberSlot("r", PERCENT)}
    statement = Statement("s", "digits", slots, ("r",))
    assert SPEAKER.sentence(statement, evidence(r=0.184)) == f"{name}: 18.4 %"
    assert problems(f"{name}x: 18.4 %", statement, evidence(r=0.184))
    assert problems(f"18.4 %: {name}", statement, evidence(r=0.184))


def test_terms_names_and_times():
    slots: dict[str, Slot] = {
        "term": TermSlot("shock"),
        "names": NamesSlot(("BTC", "ETH")),
        "time": TimeSlot(MOMENT, "r", relative=True),
    }
    statement = Statement("s", "term", slots, ("r",))
    known = evidence(r=1.0)
    assert SPEAKER.sentence(statement, known) == "SHOCK of BTC, ETH since 2024-08-05 13:00 UTC"
    on_discord = Speaker(CATALOGUE, Medium.DISCORD).sentence(statement, known)
    assert on_discord == "SHOCK of BTC, ETH since <t:1722862800:R>"
    for wrong in ("ETH, BTC", "BTC", "BTC, ETH, SOL"):
        assert problems(f"SHOCK of {wrong} since 2024-08-05 13:00 UTC", statement, known)
    # A moment that is not the evidence's own is refused.
    slots["time"] = TimeSlot(MOMENT + timedelta(hours=1), "r")
    assert SPEAKER.sentence(statement, known) is None
    slots["time"] = TimeSlot(MOMENT + timedelta(hours=1))
    assert SPEAKER.sentence(statement, known) is not None


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({}, "no evidence r"),
        ({"r": entry("r", None, Status.UNKNOWN)}, "r is unknown"),
        ({"r": entry("r", -0.184, Status.UNKNOWN)}, "r is unknown"),
        ({"r": entry("r", float("nan"))}, "r is nan"),
        ({"r": entry("r", float("inf"))}, "r is inf"),
    ],
)
def test_evidence_must_be_there_and_known(known, found):
    statement, _ = moved(-0.184)
    assert any(found in one for one in problems("BTC fell 18.4 % over 24 h", statement, known))
    with capture_logs() as logs:
        assert SPEAKER.sentence(statement, known) is None
    assert logs[0]["event"] == "sentence dropped"
    assert logs[0]["statement"] == "s"


@pytest.mark.parametrize("status", list(Status))
def test_what_is_said_to_be_missing_is_missing_in_that_way(status):
    templates = {
        "missing.series": Status.UNKNOWN,
        "missing.stale": Status.STALE,
        "missing.partial": Status.PARTIAL,
    }
    for template, wanted in templates.items():
        statement = Statement("s", template, {"term": TermSlot("shock")}, ("r",))
        known = {"r": entry("r", None if status is Status.UNKNOWN else 1.0, status)}
        assert (SPEAKER.sentence(statement, known) is not None) == (status is wanted)


def test_stale_and_partial_values_are_shown():
    for status in (Status.STALE, Status.PARTIAL):
        statement, _ = moved(-0.184)
        assert SPEAKER.sentence(statement, {"r": entry("r", -0.184, status)})


def _with_template(template):
    return Catalogue(
        CATALOGUE.locale, {"moved": template}, CATALOGUE.words, CATALOGUE.terms, CATALOGUE.titles
    )


@pytest.mark.parametrize(
    "template",
    [
        "{name} {moved} {change} over {window} and 5 more",
        "{name} {moved} {change} over {window} and seven more",
        "{name} {moved} {change} over {window} because of it",
        "{name} {moved} {change} over {window}, nan",
        "{name} {moved} {change}",  # a slot is not shown
        "{name} {moved} {change} over {window} {other}",  # a slot is not given
    ],
)
def test_a_template_that_the_catalogue_should_have_refused_is_caught(template):
    speaker = Speaker(_with_template(template), Medium.PLAIN)
    with capture_logs() as logs:
        assert speaker.sentence(*moved(-0.184)) is None
    assert [line["event"] for line in logs] == ["sentence dropped"]


def test_unknown_templates_terms_and_words_drop_the_sentence():
    statement, known = moved(-0.184)
    for broken in (
        Statement("s", "nothing", statement.slots, ("r",)),
        Statement("s", "missing.series", {"term": TermSlot("nothing")}, ()),
        Statement("s", "bare", {"moved": WordSlot("nothing", "r", PERCENT)}, ("r",)),
    ):
        with capture_logs() as logs:
            assert SPEAKER.sentence(broken, known) is None
        assert logs
    assert problems("BTC", Statement("s", "nothing", {}, ()), known)


def test_apart_from_is_checked_on_the_text():
    slots: dict[str, Slot] = {
        "name": NameSlot("C24"),
        "change": NumberSlot("r", NumberStyle.FINE_RATIO, apart_from="limit"),
    }
    statement = Statement("s", "digits", slots, ("r", "limit"))
    known = evidence(r=0.59996, limit=0.6)
    assert SPEAKER.sentence(statement, known) == "C24: 0.59996"
    assert problems("C24: 0.600", statement, known)
    assert problems("C24: 0.6000", statement, known)
    del known["limit"]
    assert SPEAKER.sentence(statement, known) is None
    assert problems("C24: 0.59996", statement, known) == ["no evidence limit"]


def test_helpers():
    assert known_value(evidence(r=1.0), "r") == 1.0
    with pytest.raises(KeyError):
        known_value({}, "r")
    with pytest.raises(ValueError, match="r is unknown"):
        known_value({"r": entry("r", None)}, "r")
    assert chosen_word(CATALOGUE, WordSlot("moved", "r", PERCENT), -1.0) == "fell"
    assert SPEAKER.title("prices") == "Prices"
    assert Speaker(read_catalogue(), Medium.PLAIN).title("missing") == "Not known"


def test_moments_and_lengths():
    east = MOMENT.astimezone(timezone(timedelta(hours=9)))
    for moment in (MOMENT, east, MOMENT.replace(second=59, microsecond=999_999)):
        assert time_text(moment, Medium.PLAIN, relative=False) == "2024-08-05 13:00 UTC"
    assert time_text(east, Medium.DISCORD, relative=False) == "<t:1722862800:f>"
    assert time_text(east, Medium.DISCORD, relative=True) == "<t:1722862800:R>"
    assert [window_text(w) for w in ("24h", "7d", "30d")] == ["24 h", "7 d", "30 d"]

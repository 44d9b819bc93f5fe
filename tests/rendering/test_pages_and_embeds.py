"""Pages, embeds, terminal and JSON: whole audited lines within Discord's limits."""

import io
import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from structlog.testing import capture_logs

from bot.model.report import (
    Driver,
    Evidence,
    NameSlot,
    NamesSlot,
    NumberSlot,
    NumberStyle,
    Report,
    Slot,
    Statement,
    Status,
    TermSlot,
    TimeSlot,
    Unit,
    WindowSlot,
)
from bot.rendering.embeds import (
    DESCRIPTION_LIMIT,
    EMBED_LIMIT,
    FIELD_LIMIT,
    FIELDS_LIMIT,
    TITLE_LIMIT,
    report_embed,
)
from bot.rendering.machine import report_json
from bot.rendering.pages import Page, Section, page
from bot.rendering.terminal import print_page
from bot.wording.catalogue import read_catalogue
from bot.wording.times import Medium

AT = datetime(2024, 8, 5, 13, tzinfo=UTC)
ENGLISH = read_catalogue()
SHORTENED = ENGLISH.titles["shortened"]
PRICE = NumberStyle.PRICE
SIGNED = NumberStyle.SIGNED_PERCENT


def make_report(names=("BTC", "ETH"), lost=()):
    """A report with a row of prices and of altcoins for each name, drivers and all else."""
    evidence, statements = [], []
    for name in names:
        ids = [f"{metric}.{name}.24h" for metric in ("price", "return", "beta", "drawdown")]
        values = (1_234_567.0, -0.1, -0.2, -0.3)
        for one, value in zip(ids, values, strict=True):
            evidence.append(Evidence(one, one, name, "24h", value, Unit.FRACTION, AT))
        row: dict[str, Slot] = {
            "name": NameSlot(name),
            "price": NumberSlot(ids[0], PRICE),
            "change": NumberSlot(ids[1], SIGNED),
            "market": TermSlot("perpetual"),
            "drawdown": NumberSlot(ids[3], SIGNED),
            "month": WindowSlot("30d"),
        }
        statements.append(Statement(f"price.{name}", "price.row_from_high", row, tuple(ids)))
        interest: dict[str, Slot] = {
            "name": NameSlot(name),
            "native": NumberSlot(ids[1], SIGNED),
            "notional": NumberSlot(ids[2], SIGNED),
        }
        statements.append(
            Statement(f"altcoins.{name}", "context.open_interest", interest, tuple(ids))
        )
    evidence.append(
        Evidence("gone", "gone", "BTC", "24h", None, Unit.USD, None, status=Status.UNKNOWN)
    )
    evidence.append(Evidence("n", "n", "BTC", "24h", 30.0, Unit.COUNT, AT))
    evidence.append(Evidence("long", "long", "BTC", "24h", 17.989e6, Unit.USD, AT))
    missing: dict[str, Slot] = {
        "series": TermSlot("funding"),
        "names": NamesSlot(tuple(names)),
        "window": WindowSlot("8h"),
    }
    statements.append(Statement("missing.x", "missing.series", missing, ("gone",)))
    source: dict[str, Slot] = {
        "exchange": NameSlot("binance"),
        "series": TermSlot("candles"),
        "market": TermSlot("perpetual"),
        "origin": TermSlot("live"),
        "time": TimeSlot(AT, "n", relative=True),
    }
    statements.append(Statement("source.x", "source.series", source, ("n",)))
    amount: dict[str, Slot] = {
        "amount": NumberSlot("long", NumberStyle.AT_LEAST_MONEY),
        "names": NamesSlot(tuple(names)),
        "window": WindowSlot("24h"),
        "exchanges": NamesSlot(("binance",)),
    }
    drivers = []
    for name, direction in (("long_liquidations", -1), ("short_liquidations", 1)):
        statements.append(Statement(f"driver.{name}", f"driver.{name}", amount, ("long",)))
        rank: dict[str, Slot] = {"count": NumberSlot("n", NumberStyle.COUNT)}
        statements.append(Statement(f"rank.{name}", "rank.short", rank, ("n",)))
        driver = Driver(name, direction, 1.0, Unit.USD, None, None, 30, None, None, ("long",))
        drivers.append(driver)
    change = f"return.{names[0]}.24h"
    headline = Statement(
        "headline",
        "price.window",
        {"window": WindowSlot("24h"), "change": NumberSlot(change, SIGNED)},
        (change,),
    )
    statements.append(Statement("summary.x", headline.template, headline.slots, (change,), 9.0))
    kept = tuple(entry for entry in evidence if entry.id not in lost)
    return Report(
        "market",
        "market",
        "24h",
        AT,
        5,
        headline,
        tuple(statements),
        (drivers[0],),
        (drivers[1],),
        evidence=kept,
    )


def check_limits(embed):
    assert len(embed) <= EMBED_LIMIT
    assert len(embed.title) <= TITLE_LIMIT
    assert len(embed.description or "") <= DESCRIPTION_LIMIT
    assert len(embed.fields) <= FIELDS_LIMIT
    assert len(embed.footer.text) <= 2048
    for field in embed.fields:
        assert 1 <= len(field.name) <= 256
        assert 1 <= len(field.value) <= FIELD_LIMIT


def embed_lines(embed):
    return [line for field in embed.fields for line in field.value.split("\n")]


def test_the_sections_in_their_order():
    shown = page(make_report(), ENGLISH, Medium.DISCORD)
    keys = [section.key for section in shown.sections]
    assert keys == ["prices", "drivers", "counter_evidence", "altcoins", "missing", "sources"]
    assert shown.title == "over 24 h: −10.0 %"
    assert shown.summary == ("over 24 h: −10.0 %",)
    sections = {section.key: section for section in shown.sections}
    assert sections["drivers"].lines == (
        (
            "At least $17.9 M of BTC, ETH longs liquidated over 24 h on binance;"
            " not ranked: 30 earlier windows are too few"
        ),
    )
    assert sections["counter_evidence"].title == "Against this, 24 h"
    assert sections["counter_evidence"].lines[0].startswith("At least $17.9 M of BTC, ETH shorts")
    assert sections["sources"].lines == (
        "binance hourly candles (perpetual, from the exchange), <t:1722862800:R>",
    )
    assert sections["prices"].lines[1].startswith("**ETH** $1,234,567, −10.0 % (perpetual)")


def test_a_sentence_that_fails_its_audit_is_not_on_the_page():
    report = make_report(lost=["return.BTC.24h", "long"])
    with capture_logs() as logs:
        shown = page(report, ENGLISH, Medium.PLAIN)
    assert {line["event"] for line in logs} == {"sentence dropped"}
    assert shown.title == "Summary"
    assert shown.summary == ()
    sections = {section.key: section.lines for section in shown.sections}
    assert all(line.startswith("**ETH**") for line in sections["prices"])
    assert sections["drivers"] == ("not ranked: 30 earlier windows are too few",)
    embed = report_embed(shown)
    assert embed.description is None
    check_limits(embed)


def test_a_short_report_is_whole():
    shown = page(make_report(), ENGLISH, Medium.DISCORD)
    embed = report_embed(shown)
    check_limits(embed)
    assert embed_lines(embed) == [line for section in shown.sections for line in section.lines]
    assert [field.name for field in embed.fields] == [section.title for section in shown.sections]
    assert SHORTENED not in str(embed.description)
    assert embed.footer.text == ENGLISH.titles["footer"]
    assert embed.timestamp == AT


def test_thirty_altcoins_with_the_longest_names():
    names = [f"A{number:011d}" for number in range(30)]
    shown = page(make_report(names), ENGLISH, Medium.DISCORD)
    embed = report_embed(shown)
    check_limits(embed)
    assert str(embed.description).endswith(SHORTENED)
    every = [line for section in shown.sections for line in section.lines]
    assert set(embed_lines(embed)) < set(every)
    # What is not known, and how old it is, stays; and the order is the page's.
    titles = [field.name for field in embed.fields if field.name != "\u200b"]
    assert titles == [section.title for section in shown.sections if section.title in titles]
    assert {
        "Drivers, most unusual first, 24 h",
        "Against this, 24 h",
        "Not known",
        "Sources and age",
    } <= set(titles)
    assert len(embed) > EMBED_LIMIT * 0.9


lines = st.lists(st.text("abc ×−é", min_size=1, max_size=30).map(lambda s: s * 9), max_size=60)
titles = st.text("Title", min_size=1, max_size=40)


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), lines), unique_by=lambda s: s[0], max_size=8),
    lines,
    titles,
)
def test_any_page_fits_in_whole_lines(sections, summary, title):
    made = tuple(Section(key, f"Title {key}", tuple(rows)) for key, rows in sections if rows)
    shown = Page(title, tuple(summary), made, "Footer.", "Left out.", AT)
    embed = report_embed(shown)
    check_limits(embed)
    rows = [row for section in made for row in section.lines]
    kept = embed_lines(embed)
    description = (embed.description or "").split("\n") if embed.description else []
    has_note = bool(description) and description[-1] == "Left out."
    described = description[:-1] if has_note else description
    assert described == list(summary[: len(described)])
    assert all(row in rows for row in kept)
    is_whole = len(kept) == len(rows) and len(described) == len(summary)
    assert has_note != is_whole


@pytest.mark.parametrize("size", [FIELD_LIMIT, FIELD_LIMIT + 1, 7000])
def test_a_line_that_is_too_long_is_left_out_and_said_to_be(size):
    shown = Page("T", ("S",), (Section("x", "X", ("a" * size,)),), "F", "Left out.", AT)
    embed = report_embed(shown)
    check_limits(embed)
    assert bool(embed.fields) == (size <= FIELD_LIMIT)
    assert embed.description == ("S" if embed.fields else "S\nLeft out.")


def test_a_continued_field_has_an_empty_heading():
    rows = tuple(f"{number:0100d}" for number in range(20))
    embed = report_embed(Page("T", (), (Section("x", "X", rows),), "F", "L", AT))
    assert [field.name for field in embed.fields] == ["X", "\u200b"]
    assert embed_lines(embed) == list(rows)


# --- terminal --------------------------------------------------------------------------------


def printed(**how):
    out = io.StringIO()
    print_page(page(make_report(), ENGLISH, Medium.PLAIN), Console(file=out, width=200, **how))
    return out.getvalue()


def test_the_terminal():
    text = printed()
    assert text.splitlines()[0] == "over 24 h: −10.0 %"
    assert "**" not in text
    assert "<t:" not in text
    assert "\nPrices, 24 h\n  BTC $1,234,567, −10.0 % (perpetual)" in text
    assert text.rstrip().endswith("2024-08-05 13:00 UTC")
    assert "\x1b[" not in text


def test_colours_when_it_is_a_terminal():
    text = printed(force_terminal=True, color_system="standard", no_color=False)
    assert "\x1b[1m" in text
    assert re.sub(r"\x1b\[[\d;]*m", "", text) == printed()


# --- JSON ------------------------------------------------------------------------------------


def test_json_by_the_contract():
    report = make_report()
    found = json.loads(report_json(report, ENGLISH))
    assert list(found) == [
        "report",
        "asset",
        "window",
        "as_of",
        "version",
        "headline",
        "statements",
        "drivers",
        "counter_evidence",
        "conditions",
        "levels",
        "evidence",
    ]
    assert found["as_of"] == "2024-08-05T13:00:00Z"
    assert (found["report"], found["asset"], found["window"]) == ("market", "market", "24h")
    assert found["version"] == 5
    assert found["headline"] == "over 24 h: −10.0 %"
    for statement in found["statements"]:
        assert list(statement) == ["id", "text", "evidence"]
    assert len(found["statements"]) == len(report.statements)
    assert list(found["drivers"][0]) == list(Driver.__struct_fields__)
    assert found["counter_evidence"][0]["direction"] == 1
    assert list(found["evidence"][0]) == list(Evidence.__struct_fields__)
    assert {entry["as_of"] for entry in found["evidence"]} == {None, "2024-08-05T13:00:00Z"}
    assert "NaN" not in report_json(report, ENGLISH).decode()


def test_json_leaves_out_what_fails_its_audit():
    report = make_report(lost=["long"])
    with capture_logs():
        found = json.loads(report_json(report, ENGLISH))
    ids = {statement["id"] for statement in found["statements"]}
    assert "driver.long_liquidations" not in ids
    assert "rank.long_liquidations" in ids


def test_json_times_of_another_zone_and_with_fractions():
    report = msgspec.structs.replace(make_report(), as_of=AT + timedelta(milliseconds=5))
    assert json.loads(report_json(report, ENGLISH))["as_of"] == "2024-08-05T13:00:00.005000Z"

"""The auditor on real reports: every change to a final sentence, or to what it stands on."""

import re
from datetime import UTC, datetime
from itertools import combinations

import msgspec
import pytest

from bot.builders.market import market_report
from bot.model.report import Evidence, NumberSlot, Report, Statement, Status, TimeSlot
from bot.model.windows import Window
from bot.rendering.embeds import report_embed
from bot.rendering.pages import page
from bot.wording.auditor import audit
from bot.wording.catalogue import read_catalogue
from bot.wording.numbers import number_text
from bot.wording.times import Medium

ENGLISH = read_catalogue()
WORDS = {"fell": "rose", "rose": "fell", "was level:": "fell", "long": "short", "short": "long"}


@pytest.fixture(scope="module")
def reports(falling, world) -> list[Report]:
    rally = {
        name: world.Recipe(seed=index, fall=0.1, closing=0.05)
        for index, name in enumerate(("BTC", "ETH", "SOL"))
    }
    calm = {"BTC": world.Recipe(fall=0.0, noise=0.0), "ETH": world.Recipe(seed=2, fall=-0.01)}
    return [
        market_report(falling, Window.DAY),
        market_report(falling, Window.MONTH, "SOL"),
        market_report(world.market(rally), Window.DAY, "ETH"),
        market_report(world.market(calm), Window.WEEK),
    ]


def _checked(report: Report) -> list[tuple[Statement, dict[str, Evidence]]]:
    evidence = {entry.id: entry for entry in report.evidence}
    return [(statement, evidence) for statement in (report.headline, *report.statements)]


def _mutants(text: str) -> set[str]:
    """Every change of one digit, sign, mark, letter, word; numerals swapped or dropped."""
    found = set()
    for at, character in enumerate(text):
        before, after = text[:at], text[at + 1 :]
        found |= {before + other + after for other in _others(character)}
        # One more digit of a lower bound may be true.
        if character.isdigit() and not re.match(r" [TMB]\b", after):
            found.add(f"{before}{character}7{after}")
    for old, new in WORDS.items():
        found.add(re.sub(rf"\b{old}(?!\w)", new, text))
    found |= {_without(text, match) for match in re.finditer(r"[−+$]*\d[\d.,]*[ ]?[%×TMB]?", text)}
    found |= _swapped(text, r"[−+]?\$?\d[\d,.]*\d( [%×TMB])?") | _swapped(text, r"\b[A-Z]{3}\b")
    return found - {text}


def _others(character: str) -> set[str]:
    """What may stand wrongly where a character stands."""
    if character.isdigit():
        return set("0123456789")
    for group in ("−+-", "%×$TMB", ".,"):
        if character in group and character != ",":
            return {*group, ""}
    return {"", chr(ord(character) + 1)} if character.isalpha() else set()


def _without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + text[match.end() :]


def _swapped(text: str, pattern: str) -> set[str]:
    found = set()
    for one, other in combinations(list(re.finditer(pattern, text)), 2):
        middle = text[one.end() : other.start()]
        found.add(text[: one.start()] + other[0] + middle + one[0] + text[other.end() :])
    return found


@pytest.mark.parametrize("medium", list(Medium))
def test_every_mutation_is_caught(reports, world, medium):
    tried, survived = 0, []
    for report in reports:
        texts = world.said(report, medium)
        for statement, evidence in _checked(report):
            for mutant in _mutants(texts[statement.id]):
                tried += 1
                if not audit(mutant, statement, evidence, ENGLISH, medium):
                    survived.append((texts[statement.id], mutant))
    assert tried > 10_000
    assert not survived, survived[:20]


def test_changed_evidence_is_caught(reports, world):
    for report in reports:
        texts = world.said(report)
        for statement, evidence in _checked(report):
            for name in statement.evidence:
                for problem in _spoilt(evidence[name], statement):
                    other = {**evidence, name: problem}
                    text = texts[statement.id]
                    assert audit(text, statement, other, ENGLISH, Medium.PLAIN), (text, problem)
                lost = {key: entry for key, entry in evidence.items() if key != name}
                assert f"no evidence {name}" in audit(
                    texts[statement.id], statement, lost, ENGLISH, Medium.PLAIN
                )


def _spoilt(entry: Evidence, statement: Statement) -> list[Evidence]:
    change = msgspec.structs.replace
    if statement.template.startswith("missing."):
        return [change(entry, value=1.0, status=Status.OK)]
    spoilt = [change(entry, status=Status.UNKNOWN), change(entry, value=None)]
    shown = [s.evidence for s in statement.slots.values() if isinstance(s, NumberSlot)]
    if entry.id in shown and entry.value is not None:
        values = (2 * entry.value + 1, float("nan"), float("inf"), 1e300)
        spoilt += [change(entry, value=value) for value in values]
    return spoilt


@pytest.mark.parametrize("medium", list(Medium))
def test_a_wrong_time_is_caught(reports, world, medium):
    found = 0
    for report in reports:
        texts = world.said(report, medium)
        for statement, evidence in _checked(report):
            timed = [
                slot.evidence
                for slot in statement.slots.values()
                if isinstance(slot, TimeSlot) and slot.evidence is not None
            ]
            for name in timed:
                moment = datetime(2023, 1, 1, tzinfo=UTC)
                later = msgspec.structs.replace(evidence[name], as_of=moment)
                assert audit(
                    texts[statement.id], statement, {**evidence, name: later}, ENGLISH, medium
                )
                found += 1
    assert found > 10


def test_every_numeral_of_the_embed_is_measured(reports):
    """On the final text, by its own means: numerals that no evidence reads as are not there."""
    for report in reports:
        embed = report_embed(page(report, ENGLISH, Medium.DISCORD))
        values = [e for e in report.evidence if e.value is not None]
        slots = [
            slot
            for statement in (report.headline, *report.statements)
            for slot in statement.slots.values()
            if isinstance(slot, NumberSlot)
        ]
        by_id = {entry.id: entry.value for entry in values}
        shown = {_shown(slot, by_id) for slot in slots}
        times = {int(e.as_of.timestamp()) for e in report.evidence if e.as_of is not None}
        parts = [embed.title, embed.description, embed.footer.text]
        parts += [text for field in embed.fields for text in (field.name, field.value)]
        lines = "\n".join(filter(None, parts))
        for stamp in re.findall(r"<t:(\d+):[Rf]>", lines):
            assert int(stamp) in times
        rest = re.sub(r"<t:\d+:[Rf]>|\bC24\b|\b(24 h|7 d|30 d|8 h|2 h)\b", "", lines)
        found = re.findall(r"[−+]?\$?\d[\d.,]*(?<![.,])(?: (?:[TMB]\b|%|×))?", rest)
        assert len(found) > 20
        assert not set(found) - shown
        assert embed.timestamp == report.as_of


def _shown(slot: NumberSlot, values: dict[str, float]) -> str:
    apart = None if slot.apart_from is None else values[slot.apart_from]
    return number_text(values[slot.evidence], slot.style, ENGLISH.locale, apart_from=apart)

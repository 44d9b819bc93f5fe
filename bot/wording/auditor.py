"""Re-reads a finished sentence and finds everything in it that its evidence does not carry.

It does not trust the code that wrote the sentence: it walks along the template's own text, expects
each name, word and time where its slot stands, and reads each numeral back from the text to compare
it with the raw value, in its unit, sign and printed precision (METHODS 9).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter

from babel import Locale

from bot.model.report import (
    Evidence,
    NameSlot,
    NamesSlot,
    NumberSlot,
    Statement,
    Status,
    TermSlot,
    TimeSlot,
    WindowSlot,
    WordSlot,
)
from bot.wording.catalogue import CAUSAL, SPELLED_OUT, Catalogue
from bot.wording.numerals import Numeral, agrees, numeral_at, numerals, signed_value
from bot.wording.times import Medium, time_text, window_text

MISSING_PREFIX = "missing."

_MISSING_STATUS = {"missing.partial": Status.PARTIAL, "missing.stale": Status.STALE}
_NOT_TEXT = re.compile(r"\b(nan|inf|infinity|none|null)\b|[{}]", re.IGNORECASE)

EvidenceById = Mapping[str, Evidence]
FixedSlot = NameSlot | NamesSlot | WindowSlot | TermSlot | WordSlot | TimeSlot


@dataclass(frozen=True)
class _Reading:
    """A sentence as it was re-read: the text of each slot, and the template's own text."""

    slots: dict[str, str]
    literal: str


def audit(
    text: str,
    statement: Statement,
    evidence: EvidenceById,
    catalogue: Catalogue,
    medium: Medium,
) -> list[str]:
    """Return what is wrong with `text` as the sentence of `statement`; empty when nothing is."""
    problems = _evidence_problems(statement, evidence)
    if problems:
        return problems
    try:
        reading = _read(text, statement, evidence, catalogue, medium)
    except ValueError as error:
        return [str(error)]
    return [
        *_number_problems(reading, statement, evidence, catalogue.locale),
        *_word_problems(reading, statement, evidence, catalogue),
        *_literal_problems(reading.literal, catalogue.locale),
    ]


def _evidence_problems(statement: Statement, evidence: EvidenceById) -> list[str]:
    wanted = dict.fromkeys([*statement.evidence, *_slot_evidence(statement)])
    problems = [f"no evidence {name}" for name in wanted if name not in evidence]
    found = [evidence[name] for name in wanted if name in evidence]
    problems += [f"{e.id} is {e.value}" for e in found if not math.isfinite(e.value or 0.0)]
    if not statement.template.startswith(MISSING_PREFIX):
        return problems + [f"{e.id} is unknown" for e in found if not e.is_known]
    status = _MISSING_STATUS.get(statement.template, Status.UNKNOWN)
    return problems + [f"{e.id} is not {status.value}" for e in found if e.status is not status]


def _slot_evidence(statement: Statement) -> list[str]:
    named = []
    for slot in statement.slots.values():
        if isinstance(slot, NumberSlot | WordSlot | TimeSlot) and slot.evidence is not None:
            named.append(slot.evidence)
        if isinstance(slot, NumberSlot) and slot.apart_from is not None:
            named.append(slot.apart_from)
    return named


def _read(
    text: str,
    statement: Statement,
    evidence: EvidenceById,
    catalogue: Catalogue,
    medium: Medium,
) -> _Reading:
    """Return the text of each slot; ValueError where the text leaves the template or its slots."""
    slots: dict[str, str] = {}
    literals: list[str] = []
    position = 0
    for literal, name, *_ in Formatter().parse(_template(statement, catalogue)):
        _expect(text, position, literal)
        position += len(literal)
        literals.append(literal)
        if name is not None:
            slot = statement.slots[name]
            if isinstance(slot, NumberSlot):
                slots[name] = _numeral(text, position, catalogue.locale)
            else:
                accepted = _accepted(slot, evidence, catalogue, medium)
                slots[name] = _one_of(accepted, text, position)
            position += len(slots[name])
    if position != len(text):
        raise ValueError(f"{text[position:]!r} is more than the template says")
    return _Reading(slots, "\N{BULLET}".join(literals))


def _template(statement: Statement, catalogue: Catalogue) -> str:
    template = catalogue.templates.get(statement.template)
    if template is None:
        raise ValueError(f"no template {statement.template}")
    shown = {name for _, name, *_ in Formatter().parse(template) if name is not None}
    if differing := sorted(shown ^ statement.slots.keys()):
        raise ValueError(f"slots and template differ in {', '.join(differing)}")
    return template


def _accepted(
    slot: FixedSlot, evidence: EvidenceById, catalogue: Catalogue, medium: Medium
) -> tuple[str, ...]:
    """Return the texts that may stand for a slot."""
    match slot:
        case NameSlot(name):
            return (name,)
        case NamesSlot(names):
            return (", ".join(names),)
        case WindowSlot(window):
            return (window_text(window),)
        case TermSlot(term):
            return (catalogue.terms.get(term, ""),)
        case WordSlot(choice):
            return catalogue.words[choice].all()
        case TimeSlot(moment, name, relative):
            as_of = moment if name is None else evidence[name].as_of
            return (time_text(as_of or moment, medium, relative=relative),)


def _numeral(text: str, position: int, locale: Locale) -> str:
    found = numeral_at(text, position, locale)
    if found is None:
        raise ValueError(f"no numeral where {text[position:]!r} begins")
    return found


def _one_of(accepted: tuple[str, ...], text: str, position: int) -> str:
    # The longest first: a word may begin like another one.
    for found in sorted(accepted, key=len, reverse=True):
        if found and text.startswith(found, position):
            return found
    raise ValueError(f"{text[position:]!r} should begin with {' or '.join(accepted)!r}")


def _expect(text: str, position: int, literal: str) -> None:
    if not text.startswith(literal, position):
        raise ValueError(f"{text[position:]!r} should begin with {literal!r}")


def _number_problems(
    reading: _Reading, statement: Statement, evidence: EvidenceById, locale: Locale
) -> list[str]:
    return [
        f"{reading.slots[name]!r} is not {slot.evidence}"
        for name, slot in statement.slots.items()
        if isinstance(slot, NumberSlot)
        and not _slot_agrees(numerals(reading.slots[name], locale)[0], slot, evidence)
    ]


def _slot_agrees(numeral: Numeral, slot: NumberSlot, evidence: EvidenceById) -> bool:
    value = evidence[slot.evidence].value
    if value is None or not agrees(numeral, value, slot.style):
        return False
    limit = None if slot.apart_from is None else evidence[slot.apart_from].value
    if limit is None or value == limit:
        return True
    shown, exact = signed_value(numeral, slot.style, value), Decimal(repr(limit))
    return shown != exact and (shown < exact) == (value < limit)


def _word_problems(
    reading: _Reading, statement: Statement, evidence: EvidenceById, catalogue: Catalogue
) -> list[str]:
    problems = []
    for name, slot in statement.slots.items():
        if isinstance(slot, WordSlot):
            words, value = catalogue.words[slot.choice], evidence[slot.evidence].value or 0.0
            directed = words.below if value < 0 else words.above
            reads_zero = _reads_zero(reading, statement, slot, value, catalogue.locale)
            if reading.slots[name] != (words.level if reads_zero else directed):
                problems.append(f"{reading.slots[name]!r} is not the word for {slot.evidence}")
    return problems


def _reads_zero(
    reading: _Reading, statement: Statement, word: WordSlot, value: float, locale: Locale
) -> bool:
    """Return True when the number that stands beside a word, if one does, reads as zero."""
    beside = [
        numerals(reading.slots[name], locale)[0].digits == 0
        for name, slot in statement.slots.items()
        if isinstance(slot, NumberSlot) and slot.evidence == word.evidence
    ]
    return all(beside) if beside else value == 0


def _literal_problems(literal: str, locale: Locale) -> list[str]:
    found = [f"numeral {n.digits} stands in the template" for n in numerals(literal, locale)]
    found += [f"spelled-out number {one!r}" for one in SPELLED_OUT.findall(literal)]
    found += [f"causal verb {one!r}" for one in CAUSAL.findall(literal)]
    return found + [f"{one[0]!r} is no text" for one in _NOT_TEXT.finditer(literal)]

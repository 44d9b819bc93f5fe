"""Statements become sentences here, each one audited before anybody sees it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.log import logger
from bot.model.report import (
    Evidence,
    NameSlot,
    NamesSlot,
    NumberSlot,
    Slot,
    Statement,
    TermSlot,
    TimeSlot,
    WindowSlot,
    WordSlot,
)
from bot.wording.auditor import audit
from bot.wording.catalogue import Catalogue, Words
from bot.wording.numbers import number_text, shows_zero
from bot.wording.times import Medium, time_text, window_text

_log = logger(__name__)

EvidenceById = Mapping[str, Evidence]


@dataclass(frozen=True)
class Speaker:
    """Renders statements in one language for one medium."""

    catalogue: Catalogue
    medium: Medium

    def sentence(self, statement: Statement, evidence: EvidenceById) -> str | None:
        """Return the audited sentence, or None (and a log line) when it may not be sent."""
        try:
            text = self.unaudited(statement, evidence)
        except (KeyError, ValueError) as error:
            _log.error("sentence dropped", statement=statement.id, problem=str(error))
            return None
        problems = audit(text, statement, evidence, self.catalogue, self.medium)
        if problems:
            _log.error("sentence dropped", statement=statement.id, problem="; ".join(problems))
            return None
        return text

    def unaudited(self, statement: Statement, evidence: EvidenceById) -> str:
        """Return the filled template; KeyError or ValueError when a slot cannot be filled."""
        slots = {name: self._slot_text(slot, evidence) for name, slot in statement.slots.items()}
        return self.catalogue.template(statement.template).format(**slots)

    def title(self, key: str) -> str:
        """Return a fixed heading of the catalogue."""
        return self.catalogue.titles[key]

    def _slot_text(self, slot: Slot, evidence: EvidenceById) -> str:
        if isinstance(slot, NumberSlot):
            return self._number(slot, evidence)
        if isinstance(slot, WordSlot):
            return chosen_word(self.catalogue, slot, known_value(evidence, slot.evidence))
        return self._fixed_text(slot)

    def _fixed_text(self, slot: NameSlot | NamesSlot | WindowSlot | TermSlot | TimeSlot) -> str:
        match slot:
            case NameSlot(name):
                return name
            case NamesSlot(names):
                return ", ".join(names)
            case WindowSlot(window):
                return window_text(window)
            case TermSlot(term):
                return self.catalogue.terms[term]
            case TimeSlot(moment, _, relative):
                return time_text(moment, self.medium, relative=relative)

    def _number(self, slot: NumberSlot, evidence: EvidenceById) -> str:
        value = known_value(evidence, slot.evidence)
        apart = None if slot.apart_from is None else known_value(evidence, slot.apart_from)
        return number_text(value, slot.style, self.catalogue.locale, apart_from=apart)


def known_value(evidence: EvidenceById, evidence_id: str) -> float:
    """Return the value of an evidence; KeyError when absent, ValueError when it is unknown."""
    found = evidence[evidence_id]
    if found.value is None or not found.is_known:
        raise ValueError(f"{evidence_id} is unknown")
    return found.value


def chosen_word(catalogue: Catalogue, slot: WordSlot, value: float) -> str:
    """Return the word for the sign of `value`, or the level word where its text reads as zero."""
    words: Words = catalogue.words[slot.choice]
    if shows_zero(value, slot.style, catalogue.locale):
        return words.level
    return words.below if value < 0 else words.above

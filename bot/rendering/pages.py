"""A report laid out as a page: which of its sentences stand in which section, in which order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.model.report import Driver, Report, Statement
from bot.wording.catalogue import Catalogue
from bot.wording.sentences import EvidenceById, Speaker
from bot.wording.times import Medium, window_text

_SECTIONS = (
    ("prices", "price."),
    ("liquidations", "liquidations."),
    ("liquidations", "coverage."),
    ("altcoins", "altcoins."),
    ("context", "context."),
    ("missing", "missing."),
    ("sources", "source."),
)
_ORDER = (
    "prices",
    "drivers",
    "counter_evidence",
    "liquidations",
    "altcoins",
    "context",
    "missing",
    "sources",
)


_WINDOWED = frozenset(
    {"prices", "drivers", "counter_evidence", "liquidations", "altcoins", "context"}
)


@dataclass(frozen=True)
class Section:
    """A heading and its lines."""

    key: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A report as lines of text, every one of them audited."""

    title: str
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str
    shortened: str
    as_of: datetime


def page(report: Report, catalogue: Catalogue, medium: Medium) -> Page:
    """Return the page of a report; sentences that fail their audit are not on it."""
    speaker = Speaker(catalogue, medium)
    evidence = {entry.id: entry for entry in report.evidence}
    said = {s.id: s for s in report.statements}
    lines: dict[str, list[str]] = {key: [] for key in _ORDER}
    lines["drivers"] = _driver_lines(report.drivers, said, speaker, evidence)
    lines["counter_evidence"] = _driver_lines(report.counter_evidence, said, speaker, evidence)
    for key, prefix in _SECTIONS:
        lines[key] += _sentences(_under(prefix, report.statements), speaker, evidence)
    return Page(
        title=speaker.sentence(report.headline, evidence) or speaker.title("summary"),
        summary=tuple(_sentences(_under("summary.", report.statements), speaker, evidence)),
        sections=tuple(
            Section(key, _heading(key, report, speaker), tuple(lines[key]))
            for key in _ORDER
            if lines[key]
        ),
        footer=speaker.title("footer"),
        shortened=speaker.title("shortened"),
        as_of=report.as_of,
    )


def _heading(key: str, report: Report, speaker: Speaker) -> str:
    """Return the section's heading, with the window that its lines look back where they do."""
    title = speaker.title(key)
    return f"{title}, {window_text(report.window)}" if key in _WINDOWED else title


def _under(prefix: str, statements: Iterable[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement.id.startswith(prefix)]


def _sentences(
    statements: Iterable[Statement], speaker: Speaker, evidence: EvidenceById
) -> list[str]:
    texts = (speaker.sentence(statement, evidence) for statement in statements)
    return [text for text in texts if text is not None]


def _driver_lines(
    drivers: Iterable[Driver],
    said: dict[str, Statement],
    speaker: Speaker,
    evidence: EvidenceById,
) -> list[str]:
    lines = []
    for driver in drivers:
        wanted = [said[f"{kind}.{driver.name}"] for kind in ("driver", "rank")]
        parts = _sentences(wanted, speaker, evidence)
        if parts:
            lines.append("; ".join(parts))
    return lines

"""A report as the JSON that programs read (the contract in DESIGN), texts included."""

from typing import Any

import msgspec

from bot.clock import format_time
from bot.model.report import Report
from bot.wording.catalogue import Catalogue
from bot.wording.sentences import Speaker
from bot.wording.times import Medium


def report_json(report: Report, catalogue: Catalogue) -> bytes:
    """Return the report as indented JSON; a sentence that fails its audit is left out."""
    speaker = Speaker(catalogue, Medium.PLAIN)
    evidence = {entry.id: entry for entry in report.evidence}
    statements = [
        {"id": s.id, "text": text, "evidence": s.evidence}
        for s in report.statements
        if (text := speaker.sentence(s, evidence)) is not None
    ]
    content: dict[str, Any] = {
        "report": report.report,
        "asset": report.asset,
        "window": report.window,
        "as_of": format_time(report.as_of),
        "version": report.version,
        "headline": speaker.sentence(report.headline, evidence),
        "statements": statements,
        "drivers": report.drivers,
        "counter_evidence": report.counter_evidence,
        "conditions": report.conditions,
        "levels": report.levels,
        "evidence": report.evidence,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2)

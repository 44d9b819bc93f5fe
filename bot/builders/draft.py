"""A report in the making: its evidence, what is said, the drivers, and what is not known."""

from collections import defaultdict
from dataclasses import dataclass, field

from bot.analytics.drivers import DriverReading, ranking
from bot.analytics.series import finite
from bot.builders.evidence import EvidenceBook
from bot.builders.inputs import Inputs
from bot.builders.statements import (
    NamesSlot,
    TermSlot,
    WindowSlot,
    count,
    points,
    share,
    statement,
)
from bot.model.report import MARKET, Driver, Report, Slot, Statement, Status, Unit
from bot.model.windows import Window

LEAD_LINES = 2
_RARE = 0.1
"""A reading that fewer than every tenth window had is not called usual, however thin the data."""

_TEMPLATE_OF_STATUS = {
    Status.UNKNOWN: "missing.series",
    Status.PARTIAL: "missing.partial",
    Status.STALE: "missing.stale",
}


@dataclass(frozen=True)
class DriverDraft:
    """A driver's reading, its unit, the evidence it stands on, and the sentences about it.

    `lead_line` stands at the top of the report when the driver goes with the move.
    """

    reading: DriverReading
    unit: Unit
    evidence: tuple[str, ...]
    sentence: Statement
    lead_line: Statement


@dataclass
class Draft:
    """Collects what the sections of one report find."""

    inputs: Inputs
    window: Window
    asset: str = MARKET
    book: EvidenceBook = field(init=False)
    statements: list[Statement] = field(default_factory=list)
    drivers: list[DriverDraft] = field(default_factory=list)
    _lacking: dict[tuple[Status, str, str], dict[str, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def __post_init__(self) -> None:
        self.book = EvidenceBook(self.inputs.at)

    @property
    def assets(self) -> tuple[str, ...]:
        """The assets that the report is about."""
        return tuple(self.inputs.assets) if self.asset == MARKET else (self.asset,)

    @property
    def lead(self) -> str:
        """The asset whose move the report explains: BTC for the market."""
        if self.asset != MARKET:
            return self.asset
        return "BTC" if "BTC" in self.inputs.assets else next(iter(self.inputs.assets))

    def say(self, *statements: Statement) -> None:
        """Add sentences."""
        self.statements.extend(statements)

    def note_status(self, term: str, asset: str, evidence: str) -> None:
        """Remember under "not known" that an entry is unknown, partial or stale, if it is."""
        status = self.book.get(evidence).status
        if status is not Status.OK:
            window = self.book.get(evidence).window
            self._lacking[status, term, window].setdefault(asset, evidence)

    def finish(self, headline: Statement, move: float) -> Report:
        """Return the report; drivers ranked, those against the move as counter-evidence."""
        direction = 0 if not finite(move) or move == 0 else (1 if move > 0 else -1)
        ranked = ranking([draft.reading for draft in self.drivers], direction)
        with_move = (*ranked.with_move, *self._unranked(ranked.unranked, direction))
        against = (*ranked.against_move, *self._unranked(ranked.unranked, -direction))
        said = [draft.sentence for draft in self.drivers]
        ranks = [self._rank_statement(draft.reading) for draft in self.drivers]
        leads = [self._draft_of(r).lead_line for r in ranked.with_move if r.is_unusual]
        statements = [
            *leads[:LEAD_LINES],
            *self.statements,
            *said,
            *ranks,
            *self._missing_statements(),
        ]
        return Report(
            report=MARKET,
            asset=self.asset,
            window=self.window.value,
            as_of=self.inputs.at,
            version=0,
            headline=headline,
            statements=tuple(sorted(statements, key=lambda s: -s.severity)),
            drivers=tuple(self._driver(reading) for reading in with_move),
            counter_evidence=tuple(self._driver(reading) for reading in against),
            evidence=self.book.entries(),
        )

    @staticmethod
    def _unranked(readings: tuple[DriverReading, ...], direction: int) -> list[DriverReading]:
        return [reading for reading in readings if reading.direction == direction != 0]

    def _rank_statement(self, reading: DriverReading) -> Statement:
        add, rarity = self.book.add, reading.rarity
        where = (self.asset, self.window.value)
        n = add(f"history_{reading.name}", *where, rarity.count, Unit.COUNT)
        percentile = add(f"percentile_{reading.name}", *where, rarity.percentile, Unit.FRACTION)
        score = add(f"score_{reading.name}", *where, reading.score, Unit.SCORE)
        name = f"rank.{reading.name}"
        if not self.book.known(score):
            return statement(name, "rank.short", count=count(n))
        parts: dict[str, Slot] = {"percentile": share(percentile), "count": count(n)}
        if reading.is_unusual:
            return statement(name, "rank.scored", parts, score=points(score))
        is_rare = rarity.p <= _RARE
        return statement(name, "rank.weak" if is_rare else "rank.usual", parts, about=(score,))

    def _driver(self, reading: DriverReading) -> Driver:
        draft, rarity = self._draft_of(reading), reading.rarity
        return Driver(
            name=reading.name,
            direction=reading.direction,
            magnitude=_known(reading.magnitude),
            unit=draft.unit,
            p=_known(rarity.p),
            percentile=_known(rarity.percentile),
            n=rarity.count,
            confidence=_known(reading.confidence),
            score=_known(reading.score),
            evidence=draft.evidence,
        )

    def _draft_of(self, reading: DriverReading) -> DriverDraft:
        return next(draft for draft in self.drivers if draft.reading.name == reading.name)

    def _missing_statements(self) -> list[Statement]:
        return [
            statement(
                f"missing.{status.value}.{term}.{window}",
                _TEMPLATE_OF_STATUS[status],
                about=tuple(lacking.values()),
                series=TermSlot(term),
                names=NamesSlot(tuple(lacking)),
                window=WindowSlot(window),
            )
            for (status, term, window), lacking in self._lacking.items()
        ]


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - nan is the one that differs

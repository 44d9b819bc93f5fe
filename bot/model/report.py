"""The vocabulary of a report: evidence, statements, drivers, and the report that holds them.

A report is immutable and holds no text: a statement names a template and the slots to fill it
with, and becomes text only when it is rendered in a reader's language. These types hold no
cycles, so the garbage collector need not look at the thousands of them (`gc=False`).
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from bot.model.series import FeedKind, Origin

MARKET = "market"


class Unit(StrEnum):
    """The units a value may have; fractions are never percent."""

    FRACTION = "fraction"
    USD = "usd"
    COIN = "coin"
    USD_PER_COIN = "usd_per_coin"
    HOURS = "hours"
    COUNT = "count"
    SD = "sd"
    SCORE = "score"


class Status(StrEnum):
    """What a value is worth: ok, older than its limit, measured in part, or not known."""

    OK = "ok"
    STALE = "stale"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class Source(Struct, frozen=True, gc=False):
    """Where a value came from: the exchange, the series, and whether it was recorded."""

    exchange: str
    series: str
    market: str = "perpetual"
    origin: Origin = Origin.LIVE


class Coverage(Struct, frozen=True, gc=False):
    """What one exchange contributed to a window.

    `capture` is the share of true events that its feed shows, in (0, 1], None when unknown;
    minutes and capture are different things.
    """

    exchange: str
    kind: FeedKind
    minutes_collected: int
    minutes_asked: int
    since: datetime | None
    capture: float | None = None


class Evidence(Struct, frozen=True, gc=False):
    """One measured value, raw, None if unknown; `id` is `metric.asset.window[.exchange]`."""

    id: str
    metric: str
    asset: str
    window: str
    value: float | None
    unit: Unit
    as_of: datetime | None
    sources: tuple[Source, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    status: Status = Status.OK
    parents: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """True when there is a value that text may show."""
        return self.value is not None and self.status is not Status.UNKNOWN


class NumberStyle(StrEnum):
    """How a number slot becomes text; `wording/numbers.py` holds the rules."""

    PERCENT = "percent"
    SIGNED_PERCENT = "signed_percent"
    RATE = "rate"
    SHARE = "share"
    AT_LEAST_SHARE = "at_least_share"
    AT_LEAST_MONEY = "at_least_money"
    PRICE = "price"
    AMOUNT = "amount"
    RATIO = "ratio"
    FINE_RATIO = "fine_ratio"
    MULTIPLE = "multiple"
    COUNT = "count"
    SCORE = "score"


class NumberSlot(Struct, frozen=True, gc=False, tag="number"):
    """A number: the value of one evidence, in a style.

    `apart_from` names the evidence of a threshold: enough digits are shown to tell the two apart.
    """

    evidence: str
    style: NumberStyle
    apart_from: str | None = None


class WindowSlot(Struct, frozen=True, gc=False, tag="window"):
    """A length of time in words: `24h`, `7d`; what it stands for is the window itself."""

    window: str


class NameSlot(Struct, frozen=True, gc=False, tag="name"):
    """A proper name, which may hold digits: an asset, an exchange, a symbol."""

    name: str


class NamesSlot(Struct, frozen=True, gc=False, tag="names"):
    """Several proper names in a row."""

    names: tuple[str, ...]


class WordSlot(Struct, frozen=True, gc=False, tag="word"):
    """A word chosen by the sign of one evidence, such as fell or rose; level where text shows 0."""

    choice: str
    evidence: str
    style: NumberStyle


class TermSlot(Struct, frozen=True, gc=False, tag="term"):
    """A fixed term of the catalogue, such as the name of a class or of a series."""

    term: str


class TimeSlot(Struct, frozen=True, gc=False, tag="time"):
    """A moment: an evidence's own time when `evidence` is given, else the report's."""

    moment: datetime
    evidence: str | None = None
    relative: bool = False


Slot = NumberSlot | WindowSlot | NameSlot | NamesSlot | WordSlot | TermSlot | TimeSlot


class Statement(Struct, frozen=True, gc=False):
    """One sentence to be: the template's key, its slots by name, the evidence it stands on."""

    id: str
    template: str
    slots: dict[str, Slot]
    evidence: tuple[str, ...]
    severity: float = 0.0


class Driver(Struct, frozen=True, gc=False):
    """One measured influence on the move (METHODS 8); `direction` is −1, 0 or 1.

    `magnitude` is signed in that direction and in `unit`; p, percentile, n, confidence and score
    are None when the history is too short.
    """

    name: str
    direction: int
    magnitude: float | None
    unit: Unit
    p: float | None
    percentile: float | None
    n: int
    confidence: float | None
    score: float | None
    evidence: tuple[str, ...]


class ConditionState(StrEnum):
    """The state of one condition for the decline to end."""

    MET = "met"
    EASING = "easing"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Condition(Struct, frozen=True, gc=False):
    """One condition for the decline to end, and since when it has its state."""

    name: str
    state: ConditionState
    since: datetime | None
    evidence: tuple[str, ...]


class Level(Struct, frozen=True, gc=False):
    """One price level; `distance` as a fraction of price, `distance_atr` in daily true ranges."""

    price: float
    kind: str
    methods: tuple[str, ...]
    distance: float
    distance_atr: float
    visits: int
    last_visit: datetime | None
    visibility: float
    hold_rate: float | None
    random_hold_rate: float | None
    n: int


class Report(Struct, frozen=True, gc=False):
    """A finished report: what was asked, when its data ends, and everything that may be said.

    `version` is 0 until it is published. `headline` and every statement are rendered from their
    templates; drivers are in falling order of score, statements in falling severity.
    """

    report: str
    asset: str
    window: str
    as_of: datetime
    version: int
    headline: Statement
    statements: tuple[Statement, ...]
    drivers: tuple[Driver, ...] = ()
    counter_evidence: tuple[Driver, ...] = ()
    conditions: tuple[Condition, ...] = ()
    levels: tuple[Level, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class ReportKey(Struct, frozen=True, gc=False):
    """What a report is asked by; written `market.BTC.24h`, with `market` as the whole market."""

    report: str
    asset: str
    window: str

    def __str__(self) -> str:
        return f"{self.report}.{self.asset}.{self.window}"

    @classmethod
    def parse(cls, text: str) -> "ReportKey":
        """Return the key written as `report.asset.window`; ValueError otherwise."""
        report, asset, window = text.split(".")
        return cls(report, asset, window)

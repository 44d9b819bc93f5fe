"""The tables, once for SQLite and PostgreSQL; times are Unix milliseconds.

The series' tables have no row numbers: their primary key is what a record is about, so that writing
it twice changes nothing, and a range of one symbol's time lies together on disk.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _time_key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _time(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _number(name: str, *, nullable: bool = False) -> Column[float]:
    return Column(name, Double, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


candles = Table(
    "candles",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _key("timeframe"),
    _time_key("open_ms"),
    _number("open"),
    _number("high"),
    _number("low"),
    _number("close"),
    _number("volume"),
    _text("origin"),
    sqlite_with_rowid=False,
)

open_interest = Table(
    "open_interest",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _time_key("snapshot_ms"),
    _number("open_interest_base"),
    _number("open_interest_notional"),
    _number("raw_amount", nullable=True),
    _number("raw_value", nullable=True),
    _text("origin"),
    sqlite_with_rowid=False,
)

funding = Table(
    "funding",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _time_key("settled_ms"),
    _number("funding_rate"),
    _number("interval_hours"),
    _text("origin"),
    sqlite_with_rowid=False,
)

liquidations = Table(
    "liquidations",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _key("timeframe"),
    _time_key("open_ms"),
    _key("liquidated_side"),
    _key("kind"),
    _number("base_amount"),
    _number("notional"),
    _text("origin"),
    sqlite_with_rowid=False,
)

tickers = Table(
    "tickers",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _time("seen_ms"),
    _number("last_price"),
    _number("mark_price", nullable=True),
    sqlite_with_rowid=False,
)

spans = Table(
    "spans",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _key("series"),
    _key("kind"),
    _key("origin"),
    _time_key("start_ms"),
    _time("end_ms"),
    sqlite_with_rowid=False,
)

gaps = Table(
    "gaps",
    metadata,
    _key("exchange"),
    _key("symbol"),
    _key("series"),
    _key("kind"),
    _time_key("start_ms"),
    _time("end_ms"),
    _text("reason"),
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    metadata,
    _key("key"),
    _time_key("version"),
    _time("as_of_ms"),
    _time("published_ms"),
    Column("body", LargeBinary, nullable=False),
    Index("reports_by_version", "version", "key"),
)

# One row, whose id is 1: the newest version that was published.
versions = Table(
    "versions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("key"),
    _time("requested_ms"),
    _text("state"),
    # The migration makes it partial (where the state is open); to say so here as well would load
    # PostgreSQL's dialect, 6 MB, into every process.
    Index("one_open_request_per_key", "key", unique=True),
    # A gateway may still ask after a request that was forgotten: no other may take its number.
    sqlite_autoincrement=True,
)

signs = Table(
    "signs",
    metadata,
    _key("role"),
    _time("seen_ms"),
    _time("started_ms"),
    _text("note"),
)

state = Table(
    "state",
    metadata,
    _key("name"),
    _text("value"),
)

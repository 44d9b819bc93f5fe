"""Recorded tables: CSV, plain or gzipped, read whole and refused whole, with the place named."""

import csv
import gzip
import math
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from bot.clock import parse_time
from bot.collectors.records import HOUR, floor
from bot.errors import SettingsError
from bot.model.series import TIMEFRAMES, Series

_EXCHANGE = re.compile(r"[a-z][a-z0-9_]{1,31}")
_SYMBOL = re.compile(r"[A-Z0-9]+/[A-Z0-9]+(:[A-Z0-9]+)?")
_BAR = ("open", "high", "low", "close", "volume")
_SIDES = ("long_base", "short_base", "long_notional", "short_notional")
_KEY = ("time", "exchange", "symbol")


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of file: its names, its series, and the columns that hold numbers.

    `length` is that of a row without a `timeframe`; None for rows that say it themselves.
    """

    stems: tuple[str, ...]
    series: Series
    numbers: tuple[str, ...]
    length: timedelta | None
    may_be_negative: frozenset[str] = frozenset()
    may_be_zero: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that such a file must have."""
        return (*_KEY, *(() if self.length is not None else ("timeframe",)), *self.numbers)


TABLES = (
    Table(("candles", "candles_1h"), Series.CANDLES, _BAR, None, may_be_zero=frozenset({"volume"})),
    Table(
        ("open_interest",),
        Series.OPEN_INTEREST,
        ("open_interest_base", "open_interest_notional"),
        HOUR,
    ),
    Table(
        ("funding",),
        Series.FUNDING,
        ("funding_rate", "interval_hours"),
        timedelta(0),
        may_be_negative=frozenset({"funding_rate"}),
    ),
    Table(("liquidations",), Series.LIQUIDATIONS, _SIDES, None, may_be_zero=frozenset(_SIDES)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its time, what it is about, and its numbers, None where the cell is empty."""

    time: datetime
    exchange: str
    symbol: str
    timeframe: str
    length: timedelta
    numbers: Mapping[str, float | None]

    @property
    def known_at(self) -> datetime:
        """When this became known: at the end of its bar."""
        return self.time + self.length

    def known(self) -> dict[str, float] | None:
        """Return the numbers if none of them is unknown."""
        known = {name: value for name, value in self.numbers.items() if value is not None}
        return known if len(known) == len(self.numbers) else None


def find_files(folder: Path, series: frozenset[Series]) -> list[tuple[Path, Table]]:
    """Return the files of these series in `folder`; SettingsError when there is none."""
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder")
    found = [
        (path, table)
        for table in TABLES
        if table.series in series
        for stem in table.stems
        for path in (folder / f"{stem}.csv", folder / f"{stem}.csv.gz")
        if path.is_file()
    ]
    if not found:
        names = [stem for table in TABLES if table.series in series for stem in table.stems]
        accepted = ", ".join(f"{name}.csv" for name in names)
        raise SettingsError(f"{folder}: nothing to import; accepted: {accepted} (or .csv.gz)")
    return found


def read_table(path: Path, table: Table) -> list[Row]:
    """Return all rows of a file; SettingsError names file, line, column and what is accepted."""
    place = Place(path)
    try:
        with _opened(path) as lines:
            return list(_rows(csv.reader(lines), table, place))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        raise place.error(f"cannot be read: {error}") from error


class Place:
    """Where in a file the reading is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.line = 0

    def error(self, problem: str, column: str | None = None) -> SettingsError:
        """Return the error that names this place."""
        at = f", line {self.line}" if self.line else ""
        named = f", column {column}" if column else ""
        return SettingsError(f"{self._path}{at}{named}: {problem}")


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _rows(reader: Iterator[list[str]], table: Table, place: Place) -> Iterator[Row]:
    header = next(reader, [])
    place.line = 1
    for column in table.columns:
        if column not in header:
            accepted = ",".join(table.columns)
            raise place.error(f"the column is missing; accepted: {accepted}", column)
    seen: set[tuple[object, ...]] = set()
    for place.line, cells in enumerate(reader, start=2):
        if len(cells) != len(header):
            raise place.error(f"{len(cells)} cells; accepted: {len(header)}, as in the header")
        row = _row(dict(zip(header, cells, strict=True)), table, place)
        key = (row.time, row.exchange, row.symbol, row.timeframe)
        if key in seen:
            raise place.error("a second row of the same time, exchange and symbol")
        seen.add(key)
        yield row


def _row(cells: Mapping[str, str], table: Table, place: Place) -> Row:
    timeframe = "" if table.length is not None else cells["timeframe"]
    if table.length is None and timeframe not in TIMEFRAMES:
        accepted = ", ".join(TIMEFRAMES)
        raise place.error(f"{timeframe!r}; accepted: {accepted}", "timeframe")
    length = TIMEFRAMES[timeframe] if table.length is None else table.length
    row = Row(
        _time(cells["time"], length, place),
        _matching(cells, "exchange", _EXCHANGE, "a plain name such as binance", place),
        _matching(cells, "symbol", _SYMBOL, "BTC/USDT:USDT or BTC/USDT", place),
        timeframe,
        length,
        {name: _number(cells[name], name, table, place) for name in table.numbers},
    )
    _check_bar(row, place)
    return row


def _time(text: str, length: timedelta, place: Place) -> datetime:
    try:
        time = parse_time(text)
    except ValueError as error:
        raise place.error(f"{text!r}; accepted: 2024-08-05T12:00:00Z", "time") from error
    if length and time != floor(time, length):
        raise place.error(f"{text!r} is no start of a bar of {length}", "time")
    return time


def _matching(
    cells: Mapping[str, str], column: str, pattern: re.Pattern[str], accepted: str, place: Place
) -> str:
    if not pattern.fullmatch(cells[column]):
        raise place.error(f"{cells[column]!r}; accepted: {accepted}", column)
    return cells[column]


def _number(text: str, column: str, table: Table, place: Place) -> float | None:
    if text == "":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise place.error(f"{text!r}; accepted: a number, or nothing for unknown", column)
    if value < 0 and column not in table.may_be_negative:
        raise place.error(f"{text!r}; accepted: a number that is not negative", column)
    may_be_zero = column in table.may_be_zero or column in table.may_be_negative
    if value == 0 and not may_be_zero:
        raise place.error(f"{text!r}; accepted: a number above zero", column)
    return value


def _check_bar(row: Row, place: Place) -> None:
    bar = row.known() if "high" in row.numbers else None
    if bar is None:
        return
    if not bar["low"] <= min(bar["open"], bar["close"]) <= max(bar["open"], bar["close"]):
        raise place.error(f"{bar['low']:g} is above open or close", "low")
    if max(bar["open"], bar["close"]) > bar["high"]:
        raise place.error(f"{bar['high']:g} is below open or close", "high")

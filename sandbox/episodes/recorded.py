"""Recorded folders: EPISODE.toml and CSV tables, plain or gzipped; times are the start of a bar."""

import csv
import gzip
import math
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from bot.clock import from_ms, parse_time, to_ms
from sandbox.episodes.episode import (
    HOUR_MS,
    Bar,
    Episode,
    Funding,
    Liquidations,
    Listing,
    OpenInterest,
    merged,
)

Record = dict[str, str]
Row = TypeVar("Row", OpenInterest, Funding, Liquidations)
Parsed = TypeVar("Parsed")

_TIMEFRAMES_MS = {
    "5m": 300_000,
    "15m": 900_000,
    "30m": 1_800_000,
    "1h": HOUR_MS,
    "1d": 24 * HOUR_MS,
}


def recorded_episode(folder: Path) -> Episode:
    """Return the episode of `folder`; ValueError names the file, the line and what is wrong."""
    description = _description(folder)
    candles = _candles(folder)
    if not candles:
        raise ValueError(f"{folder}: no candles.csv, candles.csv.gz or candles_1h.csv with rows")
    return Episode(
        name=str(description["name"]),
        start=description["start"],
        end=description["end"],
        opens_at=_opens_at(description),
        candles=candles,
        open_interest=_table(folder, "open_interest", _open_interest),
        funding=_table(folder, "funding", _funding),
        liquidations=_table(folder, "liquidations", _liquidations),
        folder=folder,
    )


def _description(folder: Path) -> dict[str, Any]:
    path = folder / "EPISODE.toml"
    if not path.is_file():
        raise ValueError(f"{folder}: not an episode, EPISODE.toml is missing")
    try:
        description = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if not isinstance(description.get("name"), str):
        raise ValueError(f"{path}: `name` is missing")  # noqa: TRY004 - one kind of error per folder
    for key in ("start", "end"):
        moment = description.get(key)
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            raise ValueError(f"{path}: `{key}` must be a time with its zone")
    return description


def _opens_at(description: dict[str, Any]) -> datetime:
    """Return the hour at which BTC's worst 24 hours close, else the end of the crash window."""
    for row in description.get("worst_24h", []):
        moment = row.get("close_time")
        if str(row.get("symbol", "")).startswith("BTC/") and isinstance(moment, datetime):
            return _whole_hour(moment)
    window_end = description.get("crash_window", {}).get("end", description["end"])
    return window_end if isinstance(window_end, datetime) else description["end"]


def _whole_hour(moment: datetime) -> datetime:
    """Return the first whole hour at or after `moment`, when the hourly bar is closed too."""
    return from_ms(-(-to_ms(moment) // HOUR_MS) * HOUR_MS)


def _candles(folder: Path) -> dict[Listing, list[Bar]]:
    """Return hourly bars per market: those recorded as such, else built from finer ones."""
    hourly: dict[Listing, dict[int, Bar]] = defaultdict(dict)
    finer: dict[Listing, list[tuple[int, Bar]]] = defaultdict(list)
    for stem in ("candles", "candles_1h"):
        for listing, timeframe_ms, bar in _parsed(folder, stem, _candle):
            if timeframe_ms == HOUR_MS:
                hourly[listing][bar.start_ms] = bar
            elif timeframe_ms < HOUR_MS:
                finer[listing].append((timeframe_ms, bar))
    for listing, parts in finer.items():
        if listing not in hourly:
            hourly[listing] = {bar.start_ms: bar for bar in _hours(parts)}
    return {listing: [bars[start] for start in sorted(bars)] for listing, bars in hourly.items()}


def _hours(parts: list[tuple[int, Bar]]) -> Iterator[Bar]:
    """Yield the hours that the finer bars cover without a gap."""
    parts = sorted(parts, key=lambda part: part[1].start_ms)
    for hour, members in groupby(parts, key=lambda part: part[1].start_ms // HOUR_MS):
        group = list(members)
        if sum(timeframe_ms for timeframe_ms, _ in group) != HOUR_MS:
            continue
        yield merged([bar for _, bar in group], hour * HOUR_MS)


def _table(
    folder: Path, stem: str, parse: Callable[[Record], Row | None]
) -> dict[Listing, list[Row]]:
    table: dict[Listing, list[Row]] = defaultdict(list)
    for listing, row in _parsed(folder, stem, lambda record: (_listing(record), parse(record))):
        if row is not None:
            table[listing].append(row)
    for rows in table.values():
        rows.sort(key=lambda row: row[0])
    return dict(table)


def _parsed(folder: Path, stem: str, parse: Callable[[Record], Parsed]) -> Iterator[Parsed]:
    """Yield what `parse` makes of each row of the table `stem`; a table not there has none."""
    for path in (folder / f"{stem}.csv", folder / f"{stem}.csv.gz"):
        if not path.is_file():
            continue
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            try:
                yield from map(parse, reader)
            except KeyError as error:
                raise ValueError(f"{path}: column {error} is missing") from error
            except (TypeError, ValueError, csv.Error, EOFError, OSError, zlib.error) as error:
                raise ValueError(f"{path}, line {reader.line_num}: {error}") from error


def _listing(record: Record) -> Listing:
    return Listing(record["exchange"], record["symbol"])


def _timeframe_ms(record: Record) -> int:
    try:
        return _TIMEFRAMES_MS[record["timeframe"]]
    except KeyError as error:
        raise ValueError(f"timeframe {record.get('timeframe')!r} is not known") from error


def _time_ms(record: Record) -> int:
    return to_ms(parse_time(record["time"]))


def _number(record: Record, column: str) -> float | None:
    """Return the number of a cell, None for an empty one (unknown)."""
    if not record[column]:
        return None
    number = float(record[column])
    if not math.isfinite(number):
        raise ValueError(f"{column} is {record[column]}")
    return number


def _candle(record: Record) -> tuple[Listing, int, Bar]:
    return _listing(record), _timeframe_ms(record), _bar(record)


def _bar(record: Record) -> Bar:
    bar = Bar(
        _time_ms(record),
        *(float(record[name]) for name in ("open", "high", "low", "close", "volume")),
    )
    if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
        raise ValueError(f"high and low do not enclose the bar of {record['time']}")
    return bar


def _open_interest(record: Record) -> OpenInterest | None:
    base = _number(record, "open_interest_base")
    notional = _number(record, "open_interest_notional")
    # The value holds at the end of the bar that the row's time begins.
    known_ms = _time_ms(record) + HOUR_MS
    return None if base is None and notional is None else OpenInterest(known_ms, base, notional)


def _funding(record: Record) -> Funding | None:
    rate = _number(record, "funding_rate")
    hours = float(record["interval_hours"])
    return None if rate is None else Funding(_time_ms(record), rate, hours)


def _liquidations(record: Record) -> Liquidations:
    return Liquidations(
        _time_ms(record),
        _timeframe_ms(record),
        _number(record, "long_base"),
        _number(record, "short_base"),
        _number(record, "long_notional"),
        _number(record, "short_notional"),
    )

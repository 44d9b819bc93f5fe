"""From an exchange's answer to records that can be believed, or the reason why not."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from bot.clock import format_time, from_ms
from bot.model.instruments import Instrument
from bot.model.series import TIMEFRAMES, Candle, LiquidationBucket, OpenInterest

Record = TypeVar("Record")

PRICE_TOLERANCE = 0.05
CLOCK_TOLERANCE = timedelta(seconds=10)
HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RefusedError(ValueError):
    """A record that cannot be true; the line says what is wrong with it."""


@dataclass(slots=True)
class Batch(Generic[Record]):
    """Records in rising order of time, and one line for each that was refused."""

    records: list[Record] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def extend(self, other: "Batch[Record]") -> None:
        """Take over what another batch holds."""
        self.records.extend(other.records)
        self.refused.extend(other.refused)


@dataclass(slots=True)
class Statistics:
    """What one exchange says about closed hours; `hours` are the starts of those it answered.

    `refused_hours` counts those whose liquidations were refused, which are worth asking for again.
    """

    liquidations: list[LiquidationBucket] = field(default_factory=list)
    open_interest: list[OpenInterest] = field(default_factory=list)
    hours: list[datetime] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    refused_hours: int = 0


def sift(rows: Iterable[Any], parse: Callable[[Any], Record | None]) -> Batch[Record]:
    """Return what `parse` makes of the rows: None is left out, RefusedError is noted."""
    batch: Batch[Record] = Batch()
    for row in rows:
        try:
            record = parse(row)
        except RefusedError as error:
            batch.refused.append(str(error))
            continue
        if record is not None:
            batch.records.append(record)
    return batch


def number(value: object, name: str) -> float:
    """Return a finite number; RefusedError for anything else, None included."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            parsed = float(value)
        except ValueError:
            parsed = math.nan
        if math.isfinite(parsed):
            return parsed
    raise RefusedError(f"{name} is {value!r}")


def positive(value: object, name: str) -> float:
    """Return a finite number above zero; RefusedError for anything else."""
    parsed = number(value, name)
    if parsed <= 0:
        raise RefusedError(f"{name} is {value!r}")
    return parsed


def not_negative(value: object, name: str) -> float:
    """Return a finite number of at least zero; RefusedError for anything else."""
    parsed = number(value, name)
    if parsed < 0:
        raise RefusedError(f"{name} is {value!r}")
    return parsed


def moment(value: object, name: str, now: datetime) -> datetime:
    """Return the time of Unix milliseconds that are not in the future; RefusedError otherwise."""
    milliseconds = number(value, name)
    if not 0 < milliseconds < 1e14:
        raise RefusedError(f"{name} is {value!r}")
    parsed = from_ms(int(milliseconds))
    if parsed > now + CLOCK_TOLERANCE:
        raise RefusedError(f"{name} is {format_time(parsed)}, in the future")
    return min(parsed, now)


def same_symbol(value: object, instrument: Instrument) -> None:
    """Return if the record is about this instrument; RefusedError otherwise."""
    if value != instrument.symbol:
        raise RefusedError(f"symbol is {value!r}, asked for {instrument.symbol}")


def floor(time: datetime, step: timedelta) -> datetime:
    """Return the start of the bar of length `step` that `time` lies in."""
    return time - (time - _EPOCH) % step


def ceiling(time: datetime, step: timedelta) -> datetime:
    """Return the first start of a bar at or after `time`."""
    return -(-(time - _EPOCH) // step) * step + _EPOCH


def closed_bar(value: object, timeframe: str, now: datetime) -> datetime | None:
    """Return the start of a bar on its grid; None while it is unfinished."""
    length = TIMEFRAMES[timeframe]
    start = moment(value, "open_time", now)
    if start != floor(start, length):
        raise RefusedError(f"open_time is {format_time(start)}, not on the grid of {timeframe}")
    return start if start + length <= now else None


def candle(instrument: Instrument, timeframe: str, row: Any, now: datetime) -> Candle | None:  # noqa: ANN401 - as it came
    """Return the closed bar of `[ms, open, high, low, close, volume]`; None while unfinished."""
    if not isinstance(row, list | tuple) or len(row) < 6:
        raise RefusedError(f"bar is {row!r}")
    start = closed_bar(row[0], timeframe, now)
    names = ("open", "high", "low", "close")
    first, high, low, close = (
        positive(value, name) for value, name in zip(row[1:5], names, strict=True)
    )
    if start is None:
        return None
    if not low <= min(first, close) <= max(first, close) <= high:
        raise RefusedError(f"bar of {format_time(start)} has open or close outside low and high")
    volume = not_negative(row[5], "volume")
    return Candle(
        instrument.exchange, instrument.symbol, timeframe, start, first, high, low, close, volume
    )


def believable(record: OpenInterest, price: float | None) -> OpenInterest:
    """Return the record if its notional over its base is within 5 % of `price`.

    RefusedError otherwise, and when there is no price to hold it against.
    """
    at = format_time(record.snapshot_at)
    if price is None:
        raise RefusedError(f"open interest of {at}: no price to check it against")
    base = positive(record.open_interest_base, "open interest")
    implied = positive(record.open_interest_notional, "open interest value") / base
    if abs(implied / price - 1) > PRICE_TOLERANCE:
        raise RefusedError(f"open interest of {at} implies a price of {implied:g}, not {price:g}")
    return record


def rising(records: Iterable[Record], time: Callable[[Record], datetime]) -> list[Record]:
    """Return the records by time, the first of each moment."""
    by_time: dict[datetime, Record] = {}
    for record in records:
        by_time.setdefault(time(record), record)
    return [by_time[key] for key in sorted(by_time)]

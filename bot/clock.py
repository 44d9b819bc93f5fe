"""The one clock: real speed, but it may stand for another time than the wall's."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Tells the time; may start in the past and runs at real speed from there.

    `offset` is what is added to the wall clock. A child process that receives the same `anchor`
    goes on with the same clock.
    """

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    @classmethod
    def starting_at(cls, start: datetime | None) -> "Clock":
        """Return a clock that shows `start` now, or the wall's time for None."""
        return cls(timedelta(0) if start is None else start - _wall())

    @classmethod
    def from_anchor(cls, anchor: str) -> "Clock":
        """Return the clock that `anchor()` described elsewhere; ValueError if malformed."""
        shown, separator, wall = anchor.partition("@")
        if not separator:
            raise ValueError(f"{anchor!r} is no anchor; accepted: TIME@WALLTIME")
        return cls(parse_time(shown) - parse_time(wall))

    def anchor(self) -> str:
        """Return `TIME@WALL`: the time this clock shows and the wall time that it stands for."""
        wall = _wall()
        return f"{format_time(wall + self._offset)}@{format_time(wall)}"

    @property
    def is_shifted(self) -> bool:
        """True when the clock shows another time than the wall's."""
        return self._offset != timedelta(0)

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return _wall() + self._offset

    def now_ms(self) -> int:
        """Return the current time in Unix milliseconds."""
        return to_ms(self.now())

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring spans."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep `seconds` of real time."""
        await asyncio.sleep(seconds)


def _wall() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the Clock is the one place that asks the wall


def to_ms(moment: datetime) -> int:
    """Return the Unix milliseconds of an aware datetime, exactly (no floating point)."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """Return the aware UTC datetime of Unix milliseconds."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def parse_time(text: str) -> datetime:
    """Return the aware UTC datetime of ISO-8601 `text`; ValueError when it has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: write it as 2024-08-05T12:00:00Z")
    return moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Return ISO-8601 with `Z`; fractions of a second only where there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

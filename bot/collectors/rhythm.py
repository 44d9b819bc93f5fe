"""When a series is due again: pure functions of the present and of how the last try went."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.collectors.records import HOUR, floor

Rhythm = Callable[[datetime], datetime]

HOUR_PUBLISHED_AFTER = timedelta(seconds=10)
FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(seconds=20)
FIRST_LOOK = timedelta(seconds=30)
LAST_LOOK = timedelta(minutes=8)


def every(span: timedelta) -> Rhythm:
    """Return the rhythm of something that is due `span` after it was done."""
    return lambda now: now + span


def hourly(now: datetime) -> datetime:
    """Return when the next closed hour can be asked for."""
    return floor(now - HOUR_PUBLISHED_AFTER, HOUR) + HOUR + HOUR_PUBLISHED_AFTER


def retry_at(now: datetime, failures: int) -> datetime:
    """Return when to try again after so many failures in a row: within 5, 10, 20 s."""
    return now + min(FIRST_RETRY * (1 << min(failures - 1, 8)), LAST_RETRY)


def look_again_at(now: datetime, tries: int, due: datetime) -> datetime:
    """Return when to ask again for what was not there yet: before `due`, more and more rarely."""
    return min(now + min(FIRST_LOOK * (1 << min(tries - 1, 8)), LAST_LOOK), due)

"""Discord's identifiers, which carry the time they were made."""

import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Hands out rising ids of the present moment.

    The time is real even when the sandbox's market starts in the past: discord.py judges the age of
    an interaction by its id and by the machine's own clock.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Return an id greater than every one before it."""
        now_ms = time.time_ns() // 1_000_000
        self._last = max(self._last + 1, (now_ms - DISCORD_EPOCH_MS) << 22)
        return self._last


def snowflake_time(snowflake: int) -> datetime:
    """Return the moment, in UTC, at which this id was made."""
    return datetime.fromtimestamp(((snowflake >> 22) + DISCORD_EPOCH_MS) / 1000, UTC)

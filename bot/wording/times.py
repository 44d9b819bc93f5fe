"""Moments and lengths of time as text; Discord shows its own marks in each reader's time zone."""

from datetime import UTC, datetime
from enum import StrEnum

from bot.clock import to_ms


class Medium(StrEnum):
    """Where text is shown: Discord with its time marks, or plain with times in UTC."""

    DISCORD = "discord"
    PLAIN = "plain"


def time_text(moment: datetime, medium: Medium, *, relative: bool) -> str:
    """Return a moment as text: a Discord time mark, or the minute in UTC."""
    if medium is Medium.DISCORD:
        return f"<t:{to_ms(moment) // 1000}:{'R' if relative else 'f'}>"
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def window_text(window: str) -> str:
    """Return a length of time such as `24h` as text: `24 h`."""
    return f"{window[:-1]} {window[-1]}"

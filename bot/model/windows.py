"""The windows that can be asked for."""

from datetime import timedelta
from enum import StrEnum


class Window(StrEnum):
    """A span looked back from the last closed bar."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def span(self) -> timedelta:
        """The window's length."""
        return timedelta(hours=self.hours)

    @property
    def hours(self) -> int:
        """The window's length in hours."""
        return {"24h": 24, "7d": 168, "30d": 720}[self.value]

    @property
    def label(self) -> str:
        """The window as text shows it: `24 h`, `7 d`, `30 d`."""
        return f"{self.value[:-1]} {self.value[-1]}"

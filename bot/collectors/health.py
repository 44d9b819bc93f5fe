"""How each source is doing, as plain data."""

from datetime import datetime

from msgspec import Struct


class SourceHealth(Struct, frozen=True):
    """One series of one exchange: when it last worked, why it last failed, when it is tried next.

    `last_error` is one line and stays until the next success; `refused` counts the records of the
    last round that were not believed, `stored` those of all rounds of this process.
    """

    exchange: str
    series: str
    last_success_at: datetime | None = None
    last_error: str | None = None
    failed_at: datetime | None = None
    failures: int = 0
    next_try_at: datetime | None = None
    stored: int = 0
    refused: int = 0

    @property
    def is_failing(self) -> bool:
        """True when the last try failed."""
        return self.last_error is not None

"""The book in which a report keeps its evidence, one entry per measured value."""

import math
from datetime import datetime

from bot.model.report import Coverage, Evidence, Source, Status, Unit


class EvidenceBook:
    """Collects the evidence of one report; every value is entered once, under its id."""

    def __init__(self, as_of: datetime) -> None:
        self._as_of = as_of
        self._entries: dict[str, Evidence] = {}

    def add(
        self,
        metric: str,
        asset: str,
        window: str,
        value: float | None,
        unit: Unit,
        *,
        as_of: datetime | None = None,
        sources: tuple[Source, ...] = (),
        coverage: tuple[Coverage, ...] = (),
        status: Status = Status.OK,
        parents: tuple[str, ...] = (),
        exchange: str = "",
    ) -> str:
        """Enter a value and return its id; nan and infinities are entered as unknown."""
        known = value is not None and math.isfinite(value) and status is not Status.UNKNOWN
        name = ".".join(part for part in (metric, asset, window, exchange) if part)
        self._entries[name] = Evidence(
            id=name,
            metric=metric,
            asset=asset,
            window=window,
            value=float(value) if known and value is not None else None,
            unit=unit,
            as_of=(as_of or self._as_of) if known else as_of,
            sources=sources,
            coverage=coverage,
            status=status if known else Status.UNKNOWN,
            parents=tuple(parent for parent in parents if parent in self._entries),
        )
        return name

    def limit(self, name: str, value: float, unit: Unit) -> str:
        """Enter a threshold of the method, so that text may show it, and return its id."""
        return self.add(f"limit_{name}", "method", "rule", value, unit)

    def known(self, *names: str) -> bool:
        """Return True when every named entry exists and may be shown."""
        return all(name in self._entries and self._entries[name].is_known for name in names)

    def value(self, name: str) -> float:
        """Return an entry's value; nan when it is absent or unknown."""
        entry = self._entries.get(name)
        return math.nan if entry is None or entry.value is None else entry.value

    def get(self, name: str) -> Evidence:
        """Return an entry; KeyError when it was not made."""
        return self._entries[name]

    def entries(self) -> tuple[Evidence, ...]:
        """Return every entry in the order it was made."""
        return tuple(self._entries.values())

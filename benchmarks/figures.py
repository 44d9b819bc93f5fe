"""The arithmetic of the benchmarks: percentiles, ratios by block, bars, the line of figures."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

WIDTH = 110


@dataclass(frozen=True)
class Bar:
    """A measured value and the most that it may be; nan misses every bar."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def is_met(self) -> bool:
        """Whether the value is at most the limit."""
        return self.value <= self.limit

    def __str__(self) -> str:
        missed = "" if self.is_met else " MISSED"
        return f"{self.name} {self.value:.3g} {self.unit} (at most {self.limit:g}){missed}"


def percentile(samples: Iterable[float], share: float) -> float:
    """Return the smallest sample with at least `share` of all at or below it; nan without any.

    `share` is in (0, 1]: the nearest-rank percentile, which is always a sample.
    """
    ordered = sorted(samples)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def paired_ratio(values: Sequence[float], references: Sequence[float]) -> float:
    """Return the median over blocks of value / reference; ValueError for unlike lengths."""
    return statistics.median(ratios(values, references))


def ratios(values: Sequence[float], references: Sequence[float]) -> list[float]:
    """Return value / reference of each block; ValueError for unlike lengths."""
    return [value / reference for value, reference in zip(values, references, strict=True)]


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """Return the names in the order of a turn: each comes first as often as the others."""
    start = turn % len(names)
    return [*names[start:], *names[:start]]


def show(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], console: Console
) -> None:
    """Print a title and a table whose first column is text and whose others are numbers."""
    table = Table()
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(title, highlight=False, markup=False)
    console.print(table)


def conclude(benchmark: str, bars: Iterable[Bar], console: Console) -> int:
    """Print one line with every figure and its bar; return 0 when all are met, else 1."""
    judged = list(bars)
    line = f"{benchmark}: {' · '.join(map(str, judged))}"
    console.print(line, soft_wrap=True, highlight=False, markup=False)
    return 0 if judged and all(bar.is_met for bar in judged) else 1

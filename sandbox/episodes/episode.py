"""What an outside world knows: series of a market stretch, asked for as of a moment.

All moments are Unix milliseconds. Every query takes `now_ms` and returns only what was known then.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from bot.clock import to_ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

Row = TypeVar("Row")


class Listing(NamedTuple):
    """One market at one exchange, in ccxt's unified symbols."""

    exchange: str
    symbol: str

    @property
    def is_perpetual(self) -> bool:
        """True for `BTC/USDT:USDT`, False for the spot market `BTC/USDT`."""
        return ":" in self.symbol

    @property
    def base(self) -> str:
        """Return the asset, `BTC`."""
        return self.symbol.split("/", maxsplit=1)[0]

    @property
    def quote(self) -> str:
        """Return the quote currency, `USDT`."""
        return self.symbol.split("/", maxsplit=1)[1].split(":", maxsplit=1)[0]


class Bar(NamedTuple):
    """One candle; `volume` in coins."""

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class OpenInterest(NamedTuple):
    """Open interest in coins and quote currency at the moment it became known."""

    known_ms: int
    open_interest_base: float | None
    open_interest_notional: float | None


class Funding(NamedTuple):
    """One settled payment, `funding_rate` a fraction per payment."""

    settled_ms: int
    funding_rate: float
    interval_hours: float


class Liquidations(NamedTuple):
    """Liquidations of one bar by side, coins and quote currency; None is unknown, never zero."""

    start_ms: int
    timeframe_ms: int
    long_base: float | None
    short_base: float | None
    long_notional: float | None
    short_notional: float | None


def merged(bars: list[Bar], start_ms: int) -> Bar:
    """Return the one bar that starts at `start_ms` and spans the given ones, in time order."""
    return Bar(
        start_ms,
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        sum(bar.volume for bar in bars),
    )


@dataclass(frozen=True, kw_only=True)
class Episode:
    """A market stretch from `start` to `end` (exclusive); the hourly series are sorted by time."""

    name: str
    start: datetime
    end: datetime
    opens_at: datetime
    # Not shown: the text of a hundred thousand rows takes a second.
    candles: Mapping[Listing, list[Bar]] = field(repr=False)
    open_interest: Mapping[Listing, list[OpenInterest]] = field(default_factory=dict, repr=False)
    funding: Mapping[Listing, list[Funding]] = field(default_factory=dict, repr=False)
    liquidations: Mapping[Listing, list[Liquidations]] = field(default_factory=dict, repr=False)
    folder: Path | None = None  # where a recorded episode was read from

    def listings(self, exchange: str, now_ms: int) -> list[Listing]:
        """Return the markets of `exchange` that have begun trading by `now_ms`."""
        return [
            listing
            for listing, bars in self.candles.items()
            if listing.exchange == exchange and bars and bars[0].start_ms <= now_ms
        ]

    def candles_at(self, listing: Listing, now_ms: int) -> list[Bar]:
        """Return the closed hourly bars and the running one, which knows its opening only."""
        bars = self.candles.get(listing, [])
        begun = _until(bars, now_ms, lambda bar: bar.start_ms)
        if begun and begun[-1].start_ms + HOUR_MS > now_ms:
            opening = begun[-1].open
            begun[-1] = Bar(begun[-1].start_ms, opening, opening, opening, opening, 0.0)
        return begun

    def price_at(self, listing: Listing, now_ms: int) -> float | None:
        """Return the last price known at `now_ms`; None before the first bar."""
        bars = self.candles.get(listing, [])
        index = bisect_right(bars, now_ms, key=lambda bar: bar.start_ms) - 1
        if index < 0:
            return None
        bar = bars[index]
        return bar.open if bar.start_ms + HOUR_MS > now_ms else bar.close

    def open_interest_at(self, listing: Listing, now_ms: int) -> list[OpenInterest]:
        """Return the open-interest values known by `now_ms`; empty when none are kept."""
        return _until(self.open_interest.get(listing, []), now_ms, lambda row: row.known_ms)

    def funding_at(self, listing: Listing, now_ms: int) -> list[Funding]:
        """Return the payments settled by `now_ms`."""
        return _until(self.funding.get(listing, []), now_ms, lambda row: row.settled_ms)

    def liquidations_at(self, listing: Listing, now_ms: int) -> list[Liquidations]:
        """Return the liquidations of the bars that are over by `now_ms`."""
        rows = self.liquidations.get(listing, [])
        return _until(rows, now_ms, lambda row: row.start_ms + row.timeframe_ms)

    @property
    def opens_ms(self) -> int:
        """Return the default first moment in Unix milliseconds."""
        return to_ms(self.opens_at)


def _until(rows: list[Row], now_ms: int, known_ms: Callable[[Row], int]) -> list[Row]:
    return rows[: bisect_right(rows, now_ms, key=known_ms)]

"""One exchange's part of an episode, as far as it is known at the clock's moment."""

from dataclasses import dataclass
from itertools import groupby

from bot.clock import Clock
from sandbox.episodes.episode import (
    DAY_MS,
    HOUR_MS,
    Bar,
    Episode,
    Funding,
    Liquidations,
    Listing,
    OpenInterest,
    merged,
)

# Finer bars than the episode's hours would have to be invented.
INTERVALS_MS = {
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
}
_DIGITS = {"BTC": 1, "ETH": 2, "SOL": 3, "XRP": 4, "BNB": 2, "DOGE": 5}
_DEFAULT_DIGITS = 4
_FUNDING_MS = 8 * HOUR_MS


@dataclass(frozen=True)
class Day:
    """The last 24 hours: first and last price, extremes, volume in coins and in quote currency."""

    open: float
    high: float
    low: float
    last: float
    volume: float
    turnover: float

    @property
    def change(self) -> float:
        """Return the fraction that the price changed by."""
        return self.last / self.open - 1


class KnownMarket:
    """The markets of one exchange; every answer is as of now."""

    def __init__(self, episode: Episode, clock: Clock, exchange: str) -> None:
        self._episode = episode
        self._clock = clock
        self.exchange = exchange

    def now_ms(self) -> int:
        """Return the clock's moment in Unix milliseconds."""
        return self._clock.now_ms()

    def listings(self, *, perpetual: bool) -> list[Listing]:
        """Return the perpetuals, or the spot markets."""
        listings = self._episode.listings(self.exchange, self.now_ms())
        return [listing for listing in listings if listing.is_perpetual is perpetual]

    def price(self, listing: Listing) -> float:
        """Return the last price; nan for a market without bars."""
        price = self._episode.price_at(listing, self.now_ms())
        return float("nan") if price is None else price

    def candles(self, listing: Listing, interval_ms: int) -> list[Bar]:
        """Return the bars of `interval_ms`; the last one may be unfinished."""
        bars = self._episode.candles_at(listing, self.now_ms())
        if interval_ms == HOUR_MS:
            return bars
        groups = groupby(bars, key=lambda bar: bar.start_ms // interval_ms)
        return [merged(list(group), number * interval_ms) for number, group in groups]

    def day(self, listing: Listing) -> Day:
        """Return the statistics of the last 24 hours, by whole hours."""
        since_ms = self.now_ms() - DAY_MS
        bars = [
            bar
            for bar in self._episode.candles_at(listing, self.now_ms())
            if bar.start_ms + HOUR_MS > since_ms
        ]
        closed_within = [bar for bar in bars if bar.start_ms >= since_ms] or bars
        return Day(
            open=bars[0].open,
            high=max(bar.high for bar in closed_within),
            low=min(bar.low for bar in closed_within),
            last=self.price(listing),
            volume=sum(bar.volume for bar in closed_within),
            turnover=sum(bar.volume * (bar.high + bar.low) / 2 for bar in closed_within),
        )

    def open_interest(self, listing: Listing) -> list[OpenInterest]:
        """Return the open-interest values known so far."""
        return self._episode.open_interest_at(listing, self.now_ms())

    def funding(self, listing: Listing) -> list[Funding]:
        """Return the payments settled so far."""
        return self._episode.funding_at(listing, self.now_ms())

    def funding_rate(self, listing: Listing) -> float:
        """Return the rate of the last settled payment, 0.01 % before the first."""
        settled = self.funding(listing)
        return settled[-1].funding_rate if settled else 0.0001

    def next_funding_ms(self) -> int:
        """Return the next payment's moment, on the grid of 8 hours."""
        return (self.now_ms() // _FUNDING_MS + 1) * _FUNDING_MS

    def liquidations(self, listing: Listing) -> list[Liquidations]:
        """Return the liquidations of the bars that are over."""
        return self._episode.liquidations_at(listing, self.now_ms())


def price_digits(base: str) -> int:
    """Return how many decimals the prices of an asset have."""
    return _DIGITS.get(base, _DEFAULT_DIGITS)


def tick(base: str) -> str:
    """Return the smallest price step of an asset, `0.01`."""
    digits = price_digits(base)
    return f"{10**-digits:.{digits}f}"

"""The bundled scenario: months of quiet, then weeks of decline that end with published figures.

The figures are those of METHODS 6, reached by bridging a seeded random path to them. Nothing else
about the path is chosen: what the decline is called is for the analytics to find out.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bot.clock import to_ms
from sandbox.episodes.episode import (
    HOUR_MS,
    Bar,
    Episode,
    Funding,
    Liquidations,
    Listing,
    OpenInterest,
)
from sandbox.simulation.wednesday import ASSETS, EXCHANGES, World, simulated_world

_OPENS_AT = datetime(2026, 2, 11, 12, tzinfo=UTC)
_HOURS_BEFORE = 125 * 24
_HOURS_AFTER = 7 * 24
# Gate is the one exchange whose own sums of liquidations need no key.
_LIQUIDATIONS_AT = "gate"


def wednesday_episode() -> Episode:
    """Return the bundled scenario; the same at every call."""
    world = simulated_world(_HOURS_BEFORE, _HOURS_AFTER, first_hour=_first_hour())
    candles: dict[Listing, list[Bar]] = {}
    open_interest: dict[Listing, list[OpenInterest]] = {}
    funding: dict[Listing, list[Funding]] = {}
    liquidations: dict[Listing, list[Liquidations]] = {}
    for asset in ASSETS:
        for exchange in EXCHANGES:
            listing = Listing(exchange, f"{asset}/USDT:USDT")
            candles[listing] = _candles(world, asset, exchange)
            open_interest[listing] = _open_interest(world, asset, exchange)
            funding[listing] = _funding(world, asset)
        listing = Listing(_LIQUIDATIONS_AT, f"{asset}/USDT:USDT")
        liquidations[listing] = _liquidations(world, asset)
    return Episode(
        name="wednesday",
        start=_OPENS_AT - timedelta(hours=_HOURS_BEFORE),
        end=_OPENS_AT + timedelta(hours=_HOURS_AFTER),
        opens_at=_OPENS_AT,
        candles=candles,
        open_interest=open_interest,
        funding=funding,
        liquidations=liquidations,
    )


def _first_hour() -> int:
    return to_ms(_OPENS_AT - timedelta(hours=_HOURS_BEFORE)) // HOUR_MS


def _starts_ms(world: World) -> list[int]:
    return list(
        range(world.first_hour * HOUR_MS, (world.first_hour + world.hours) * HOUR_MS, HOUR_MS)
    )


def _candles(world: World, asset: str, exchange: str) -> list[Bar]:
    prices = world.prices[asset]
    columns: list[NDArray[np.float64]] = [
        prices.open,
        prices.high,
        prices.low,
        prices.close,
        world.volume[asset, exchange],
    ]
    return list(map(Bar, _starts_ms(world), *(column.tolist() for column in columns)))


def _open_interest(world: World, asset: str, exchange: str) -> list[OpenInterest]:
    base = world.open_interest[asset, exchange]
    notional = np.round(base * world.prices[asset].close, 2)
    # The value of a bar holds, and is known, at its end.
    known_ms = [start_ms + HOUR_MS for start_ms in _starts_ms(world)]
    return list(map(OpenInterest, known_ms, base.tolist(), notional.tolist()))


def _funding(world: World, asset: str) -> list[Funding]:
    rates = world.funding_rate[asset].tolist()
    return [
        Funding(start_ms, rate, 8.0)
        for start_ms, rate in zip(_starts_ms(world), rates, strict=True)
        if start_ms % (8 * HOUR_MS) == 0
    ]


def _liquidations(world: World, asset: str) -> list[Liquidations]:
    middle = (world.prices[asset].high + world.prices[asset].low) / 2
    long_notional, short_notional = world.liquidated[asset]
    timeframes = [HOUR_MS] * world.hours
    columns: list[NDArray[np.float64]] = [
        long_notional / middle,
        short_notional / middle,
        long_notional,
        short_notional,
    ]
    rows = (column.tolist() for column in columns)
    return list(map(Liquidations, _starts_ms(world), timeframes, *rows))

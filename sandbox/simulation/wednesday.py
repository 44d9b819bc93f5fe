"""The numbers behind `wednesday`: a seeded hourly path bridged to published figures (METHODS 6).

The fixed moment is the start of bar `opening`, so that the close of bar `opening - 1` is the last
one known then. Arrays hold one value per hour.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

ASSETS = ("BTC", "ETH", "SOL", "XRP", "BNB")
EXCHANGES = ("binance", "gate")

_SEED = 20260211
_DAY = 24
_WEEK = 7 * _DAY
_MONTH = 30 * _DAY
# The peak lies a day inside the last 30 days, so that those hold the whole decline.
_PEAK = 29 * _DAY
_DEGREES_OF_FREEDOM = 4
_CALM_SD = 0.0035
_DECLINE_SD = 0.0058

# Published: last price of BTC, and what each asset lost over the last 24 hours.
_LAST_BTC = 67_570.0
_LAST_DAY = {"BTC": -0.0113, "ETH": -0.0198, "SOL": -0.0314, "XRP": -0.0213, "BNB": -0.0011}
# Published: BTC liquidations in USD (longs 24 h; both sides 7 d and 30 d), a little above the
# printed figure, because sums are rounded down.
_LONGS_DAY = 237_040_000.0
_BOTH_WEEK = 2_160_400_000.0
_BOTH_MONTH = 4_403_000_000.0
# Published: open interest of all assets together in USD.
_OPEN_INTEREST_DAY = -0.044
_OPEN_INTEREST_MONTH = -0.34

# Assumed: levels of BTC by hours before the fixed moment, weeks of decline from a peak.
_BTC_LEVELS = {
    _PEAK: 90_200.0,
    22 * _DAY: 84_900.0,
    15 * _DAY: 78_400.0,
    _WEEK: 72_900.0,
}
_BTC_START = 86_800.0
# Assumed: last prices, betas to BTC, noise of their own, ticks.
_LAST = {"BTC": _LAST_BTC, "ETH": 1_968.0, "SOL": 81.2, "XRP": 1.3807, "BNB": 602.4}
_BETA = {"BTC": 1.0, "ETH": 1.3, "SOL": 1.5, "XRP": 1.35, "BNB": 1.1}
_OWN_SD = {"BTC": 0.0, "ETH": 0.0022, "SOL": 0.0031, "XRP": 0.0033, "BNB": 0.0021}
_TICK_DIGITS = {"BTC": 1, "ETH": 2, "SOL": 3, "XRP": 4, "BNB": 2}
# Assumed: open interest at the fixed moment (USD) and daily turnover over open interest.
_OPEN_INTEREST = {
    ("BTC", "binance"): 5.6e9,
    ("BTC", "gate"): 3.3e9,
    ("ETH", "binance"): 3.4e9,
    ("ETH", "gate"): 1.9e9,
    ("SOL", "binance"): 9.0e8,
    ("SOL", "gate"): 4.6e8,
    ("XRP", "binance"): 5.2e8,
    ("XRP", "gate"): 2.9e8,
    ("BNB", "binance"): 4.1e8,
    ("BNB", "gate"): 1.2e8,
}
_DAILY_TURNOVER = 2.6
# Assumed: liquidations of an asset beside BTC's, and of a quiet hour of BTC (USD).
_LIQUIDATED_SHARE = {"BTC": 1.0, "ETH": 0.62, "SOL": 0.21, "XRP": 0.11, "BNB": 0.04}
_QUIET_HOUR = 1.1e6


@dataclass(frozen=True)
class Prices:
    """Open, high, low and close per hour."""

    open: Series
    high: Series
    low: Series
    close: Series


@dataclass(frozen=True)
class World:
    """Everything that the scenario knows, from `first_hour` (hours since 1970) on.

    `volume` and `open_interest` (at the end of the hour) are in coins, `liquidated` is long and
    short in USD, `funding_rate` a fraction for the 8 hours before.
    """

    first_hour: int
    hours: int
    prices: dict[str, Prices]
    volume: dict[tuple[str, str], Series]
    open_interest: dict[tuple[str, str], Series]
    funding_rate: dict[str, Series]
    liquidated: dict[str, tuple[Series, Series]]


def simulated_world(hours_before: int, hours_after: int, *, first_hour: int) -> World:
    """Return the calibrated world; `hours_before` must cover the 30 days of the figures."""
    random = np.random.default_rng(_SEED)
    hours = hours_before + hours_after
    closes = _closes(random, hours_before, hours)
    prices = {asset: _prices(random, asset, close) for asset, close in closes.items()}
    return World(
        first_hour=first_hour,
        hours=hours,
        prices=prices,
        volume={key: _volume(random, key, prices[key[0]]) for key in _OPEN_INTEREST},
        open_interest=_open_interest(random, prices, hours_before),
        funding_rate={asset: _funding_rate(random, prices[asset]) for asset in ASSETS},
        liquidated={
            asset: _liquidated(random, asset, prices[asset], hours_before) for asset in ASSETS
        },
    )


def _closes(random: np.random.Generator, opening: int, hours: int) -> dict[str, Series]:
    sd = np.where(np.arange(hours) < opening - _PEAK, _CALM_SD, _DECLINE_SD)
    noise = _student(random, hours) * sd
    levels = {hours_ago: np.log(level) for hours_ago, level in _BTC_LEVELS.items()}
    anchors = {opening - 1 - hours_ago: level for hours_ago, level in levels.items()}
    anchors |= {0: np.log(_BTC_START)} | _last_day("BTC", opening)
    bitcoin = bridged(np.cumsum(noise), anchors)
    return {asset: np.exp(_coupled(random, asset, bitcoin, opening)) for asset in ASSETS}


def _coupled(random: np.random.Generator, asset: str, bitcoin: Series, opening: int) -> Series:
    """Return log closes that move with BTC and meet the asset's own last day."""
    if asset == "BTC":
        return bitcoin
    own = np.cumsum(_student(random, bitcoin.size) * _OWN_SD[asset])
    # Own noise returns to zero over time, so that an asset follows its beta in the long run.
    own = bridged(own, dict.fromkeys(range(0, bitcoin.size, _WEEK), 0.0))
    return bridged(_BETA[asset] * bitcoin + own, _last_day(asset, opening))


def _last_day(asset: str, opening: int) -> dict[int, float]:
    """Return the log closes that the figures fix: at the fixed moment and 24 hours before."""
    last = float(np.log(_LAST[asset]))
    return {opening - 1 - _DAY: last - float(np.log1p(_LAST_DAY[asset])), opening - 1: last}


def bridged(path: Series, anchors: dict[int, float]) -> Series:
    """Return `path` plus the piecewise linear correction that meets `anchors` (index: level)."""
    at = np.array(sorted(anchors))
    correction = np.array([anchors[index] for index in at.tolist()]) - path[at]
    return np.asarray(path + np.interp(np.arange(path.size), at, correction))


def _student(random: np.random.Generator, size: int) -> Series:
    """Return heavy-tailed noise of unit variance whose scale comes in waves of about a day."""
    raw = random.standard_t(_DEGREES_OF_FREEDOM, size)
    raw *= np.sqrt((_DEGREES_OF_FREEDOM - 2) / _DEGREES_OF_FREEDOM)
    kernel = np.exp(-np.arange(5 * _DAY) / _DAY)
    waves = np.convolve(random.standard_normal(size), kernel / np.linalg.norm(kernel))[:size]
    scale = np.exp(0.3 * waves)
    return np.asarray(np.clip(raw, -6, 6) * scale / np.sqrt(np.mean(scale**2)))


def _prices(random: np.random.Generator, asset: str, close: Series) -> Prices:
    digits = _TICK_DIGITS[asset]
    close = np.round(close, digits)
    opening = np.concatenate(([close[0]], close[:-1]))
    wicks = 1 + np.abs(random.standard_normal((2, close.size))) * 0.0018
    high = np.round(np.maximum(opening, close) * wicks[0], digits)
    low = np.round(np.minimum(opening, close) / wicks[1], digits)
    return Prices(opening, high, low, close)


def _moves(prices: Prices) -> Series:
    return np.asarray(np.log(prices.close / prices.open))


def _volume(random: np.random.Generator, key: tuple[str, str], prices: Prices) -> Series:
    hourly_notional = _OPEN_INTEREST[key] * _DAILY_TURNOVER / _DAY
    activity = np.exp(0.35 * random.standard_normal(prices.close.size)) * (
        0.6 + np.abs(_moves(prices)) / _CALM_SD
    )
    return np.round(hourly_notional / prices.close * activity, 3)


def _funding_rate(random: np.random.Generator, prices: Prices) -> Series:
    """Return rates that lean with the move of the 8 hours before, around 0.01 %."""
    total = np.concatenate((np.zeros(8), np.cumsum(_moves(prices))))
    lean = 0.0015 * (total[8:] - total[:-8])
    noise = 2e-5 * random.standard_normal(prices.close.size)
    rates: Series = np.clip(7e-5 + lean + noise, -7.5e-4, 3e-4)
    return np.round(rates, 8)


def _open_interest(
    random: np.random.Generator, prices: dict[str, Prices], opening: int
) -> dict[tuple[str, str], Series]:
    """Return coins per market; all together in USD they meet the published changes."""
    raw = {
        key: _free_open_interest(random, notional, prices[key[0]].close, opening)
        for key, notional in _OPEN_INTEREST.items()
    }
    total = np.sum([raw[key] * prices[key[0]].close for key in raw], axis=0)
    last = float(np.sum(list(_OPEN_INTEREST.values())))
    month_ago = last / (1 + _OPEN_INTEREST_MONTH)
    fixed = {opening - 1: last, opening - 1 - _DAY: last / (1 + _OPEN_INTEREST_DAY)}
    # Binance serves only the latest 30 days: whoever asks some minutes late finds the first value
    # an hour or two inside, and that is the same to the printed digit.
    fixed |= {opening - 1 - _MONTH + late: month_ago for late in range(3)}
    factor = np.exp(bridged(np.log(total), {at: np.log(v) for at, v in fixed.items()})) / total
    return {key: np.round(coins * factor, 3) for key, coins in raw.items()}


def _free_open_interest(
    random: np.random.Generator, notional: float, close: Series, opening: int
) -> Series:
    steps = _student(random, close.size) * 0.002
    path = bridged(np.cumsum(steps), dict.fromkeys(range(0, close.size, 2 * _WEEK), 0.0))
    return np.asarray(notional / close[opening - 1] * np.exp(path - path[opening - 1]))


def _liquidated(
    random: np.random.Generator, asset: str, prices: Prices, opening: int
) -> tuple[Series, Series]:
    """Return long and short liquidations in USD; BTC's meet the published sums."""
    moves = _moves(prices) / _CALM_SD
    bursts = np.exp(0.6 * random.standard_normal((2, moves.size)))
    quiet = _QUIET_HOUR * _LIQUIDATED_SHARE[asset]
    longs = quiet * bursts[0] * (0.15 + np.maximum(-moves, 0) ** 2)
    shorts = quiet * bursts[1] * (0.15 + 0.5 * np.maximum(moves, 0) ** 2)
    scale = _LIQUIDATED_SHARE[asset]
    day, week = slice(opening - _DAY, opening), slice(opening - _WEEK, opening - _DAY)
    rest = slice(opening - _MONTH, opening - _WEEK)
    factor = scale * _LONGS_DAY / longs[day].sum()
    longs[day] *= factor
    shorts[day] *= factor
    both_day = longs[day].sum() + shorts[day].sum()
    for window, target in (
        (week, scale * _BOTH_WEEK - both_day),
        (rest, scale * (_BOTH_MONTH - _BOTH_WEEK)),
    ):
        factor = target / (longs[window].sum() + shorts[window].sum())
        longs[window] *= factor
        shorts[window] *= factor
    return np.round(longs, 2), np.round(shorts, 2)

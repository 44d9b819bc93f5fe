"""Altcoins against BTC: β, what it accounts for, and the dispersion (METHODS 4)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.regression import Regression, huber_regression
from bot.analytics.returns import log_return
from bot.analytics.series import Floats, hourly_values, hours_of, logs, ratio


@dataclass(frozen=True)
class AltcoinMove:
    """An altcoin's log return = β part + residual, exactly; nan where undefined."""

    beta: Regression
    beta_low: float  # β − 1.96 se
    beta_high: float  # β + 1.96 se
    move: float
    beta_part: float
    residual: float
    residual_z: float


def beta(closes: pd.Series, benchmark_closes: pd.Series, until: datetime) -> Regression:
    """Return the Huber β of hourly log returns over the 30 days that end at `until`.

    `until` is where the decline began, so that the decline does not measure itself. Nan with
    fewer than 336 hours known in both.
    """
    return huber_regression(
        _hourly_returns(benchmark_closes, until),
        _hourly_returns(closes, until),
        defaults.BETA_MINIMUM_RETURNS,
    )


def altcoin_move(
    closes: pd.Series,
    benchmark_closes: pd.Series,
    at: datetime,
    *,
    start: datetime,
    decline_start: datetime,
) -> AltcoinMove:
    """Return the log return from `start` to `at` split by the β from before `decline_start`.

    residual z = residual / (sd of the fit's hourly residuals × √hours).
    """
    window = at - start
    fit = beta(closes, benchmark_closes, min(decline_start, start))
    move = log_return(closes, at, window)
    beta_part = fit.slope * log_return(benchmark_closes, at, window)
    residual = move - beta_part
    spread = fit.residual_deviation * math.sqrt(max(hours_of(window), 0.0))
    margin = defaults.CONFIDENCE_SIGMAS * fit.standard_error
    return AltcoinMove(
        beta=fit,
        beta_low=fit.slope - margin,
        beta_high=fit.slope + margin,
        move=move,
        beta_part=beta_part,
        residual=residual,
        residual_z=ratio(residual, spread),
    )


def dispersion(moves: Iterable[float]) -> float:
    """Return σ_CS, the sample sd across assets of their log moves; nan with fewer than 3 known."""
    usable = [move for move in moves if math.isfinite(move)]
    if len(usable) < defaults.DISPERSION_MINIMUM_ASSETS:
        return math.nan
    return float(np.std(usable, ddof=1))


def first_component_share(closes: pd.DataFrame, at: datetime, hours: int) -> float:
    """Return the largest eigenvalue's share of the correlation matrix of hourly log returns.

    One column an asset, over the `hours` that end at `at`; hours that miss any asset are left
    out. Nan with fewer than 168 of them, or fewer than 2 assets that moved.
    """
    if closes.shape[1] == 0:
        return math.nan
    columns = [np.diff(logs(hourly_values(closes[name], at, hours))) for name in closes]
    returns = np.column_stack(columns)
    complete = returns[~np.isnan(returns).any(axis=1)]
    if len(complete) < defaults.COMPONENT_MINIMUM_RETURNS:
        return math.nan
    moving = complete[:, np.ptp(complete, axis=0) > 0]
    if moving.shape[1] < 2:
        return math.nan
    correlation = np.corrcoef(moving, rowvar=False)
    return float(np.linalg.eigvalsh(correlation)[-1] / moving.shape[1])


def _hourly_returns(closes: pd.Series, until: datetime) -> Floats:
    return np.diff(logs(hourly_values(closes, until, defaults.BETA_LOOKBACK_HOURS)))

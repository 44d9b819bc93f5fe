"""Markets to report on: made from a seed, with holes, or the recorded one of 2024-08-05."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bot.analytics.liquidations import Liquidations
from bot.builders.inputs import (
    HOUR,
    AssetInputs,
    ContractSeries,
    Inputs,
    LiquidationStream,
    Prices,
)
from bot.model.report import Coverage, Source
from bot.model.series import FeedKind, FundingRate, OpenInterest, Origin, Series, Ticker
from bot.model.windows import Window
from bot.wording.auditor import audit
from bot.wording.catalogue import read_catalogue
from bot.wording.sentences import Speaker
from bot.wording.times import Medium

AT = datetime(2024, 8, 5, 13, tzinfo=UTC)
_FLOW_HOURS = 32 * 24


@dataclass(frozen=True)
class Recipe:
    """What the series of one asset look like; `fall` is the log move of the last 24 h."""

    seed: int = 1
    fall: float = -0.2
    hours: int = 2900
    scale: float = 50_000.0
    noise: float = 0.004
    gaps: float = 0.0
    exchanges: tuple[str, ...] = ("binance",)
    closing: float = -0.15
    native: float = 90_000.0
    long: float = 1.0
    short: float = 1.0
    kind: FeedKind = FeedKind.SAMPLED
    lacks: frozenset[str] = frozenset()
    funding_rate: float = 0.0001
    market: str = "perpetual"


def closes(recipe: Recipe) -> pd.Series:
    random = np.random.default_rng(recipe.seed)
    steps = random.normal(0, recipe.noise, recipe.hours)
    steps[-24:] += recipe.fall / 24
    path = np.exp(np.cumsum(steps) - np.sum(steps)) * recipe.scale
    return _with_gaps(_hourly(path), recipe, random)


def contract(recipe: Recipe, exchange: str, symbol: str) -> ContractSeries:
    random = np.random.default_rng(recipe.seed + 1)
    steps = random.normal(0, 0.003, _FLOW_HOURS + 1)
    steps[-24:] += recipe.closing / 24
    native = _hourly(np.exp(np.cumsum(steps)) * recipe.native)
    source = Source(exchange, Series.OPEN_INTEREST.value)
    native = _with_gaps(native, recipe, random)
    latest = OpenInterest(exchange, symbol, AT + timedelta(seconds=10), recipe.native, 1.0)
    return ContractSeries(exchange, symbol, native, source, latest, starts_late=False)


def liquidations(recipe: Recipe, price: float) -> tuple[LiquidationStream, ...]:
    return tuple(liquidation_stream(recipe, price, name) for name in recipe.exchanges)


def liquidation_stream(recipe: Recipe, price: float, exchange: str) -> LiquidationStream:
    random = np.random.default_rng(recipe.seed + 2)
    shape = random.gamma(0.5, 2e5, (2, _FLOW_HOURS))
    shape[:, -24:] *= 9
    long, short = (
        _with_gaps(_hourly(row * size), recipe, random)
        for row, size in zip(shape, (recipe.long, recipe.short), strict=True)
    )
    known = int(long[-24:].notna().sum())
    coverage = {
        window: Coverage(
            exchange,
            recipe.kind,
            int(window.hours * 60 * known / 24),
            window.hours * 60,
            AT - timedelta(days=32),
        )
        for window in Window
    }
    return LiquidationStream(
        source=Source(exchange, Series.LIQUIDATIONS.value, origin=Origin.RECORDED),
        kind=recipe.kind,
        notional=Liquidations(long, short, HOUR),
        base=Liquidations(long / price, short / price, HOUR),
        newest=AT,
        coverage=coverage,
    )


def funding(recipe: Recipe, exchange: str, symbol: str) -> tuple[FundingRate, ...]:
    settled = [AT - 5 * HOUR - 8 * HOUR * number for number in range(90, -1, -1)]
    return tuple(
        FundingRate(exchange, symbol, at, recipe.funding_rate * (1 - 0.01 * number), 8)
        for number, at in enumerate(settled)
    )


def _prices(recipe: Recipe, exchange: str, asset: str) -> Prices:
    symbol = f"{asset}/USDT" if recipe.market == "spot" else f"{asset}/USDT:USDT"
    source = Source(exchange, Series.CANDLES.value, recipe.market)
    return Prices(closes(recipe), source, symbol)


def asset_inputs(asset: str, recipe: Recipe) -> AssetInputs:
    symbol, first = f"{asset}/USDT:USDT", recipe.exchanges[0]
    found = AssetInputs(
        asset,
        prices=_prices(recipe, first, asset),
        contracts=tuple(contract(recipe, name, symbol) for name in recipe.exchanges),
        liquidations=liquidations(recipe, recipe.scale),
        funding=((Source(first, Series.FUNDING.value), funding(recipe, first, symbol)),),
        ticker=Ticker(first, symbol, AT + timedelta(seconds=15), recipe.scale * 1.003),
    )
    empty = AssetInputs(asset)
    return replace(found, **{name: getattr(empty, name) for name in recipe.lacks})


def market(recipes: dict[str, Recipe], **changes: Any) -> Inputs:
    inputs = Inputs(
        at=AT,
        now=AT + timedelta(seconds=20),
        assets={asset: asset_inputs(asset, recipe) for asset, recipe in recipes.items()},
        altcoins=tuple(asset for asset in recipes if asset != "BTC"),
        exchanges=("binance",),
    )
    return replace(inputs, **changes)


def said(report, medium=Medium.PLAIN) -> dict[str, str]:
    """Every sentence of a report by its id; fails where the auditor finds anything."""
    speaker, evidence = Speaker(read_catalogue(), medium), {e.id: e for e in report.evidence}
    texts = {}
    for statement in (report.headline, *report.statements):
        text = speaker.unaudited(statement, evidence)
        problems = audit(text, statement, evidence, read_catalogue(), medium)
        assert not problems, (statement.id, text, problems)
        assert statement.id not in texts, f"{statement.id} twice"
        texts[statement.id] = text
    return texts


def _hourly(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=pd.date_range(end=AT, periods=len(values), freq=HOUR))


def _with_gaps(series: pd.Series, recipe: Recipe, random: np.random.Generator) -> pd.Series:
    holes = random.random(len(series)) < recipe.gaps
    return series.mask(holes, math.nan)


FIVE = {
    "BTC": Recipe(seed=1, fall=-0.20),
    "ETH": Recipe(seed=2, fall=-0.27, scale=2_200.0, native=1.5e6),
    "SOL": Recipe(seed=3, fall=-0.26, scale=110.0, native=1e7),
    "XRP": Recipe(seed=4, fall=-0.22, scale=0.44, market="spot", lacks=frozenset({"contracts"})),
    "BNB": Recipe(seed=5, fall=-0.24, scale=410.0, lacks=frozenset({"liquidations"})),
}


@pytest.fixture(scope="session")
def world() -> SimpleNamespace:
    """The makers above, for tests that make their own markets."""
    return SimpleNamespace(
        AT=AT, FIVE=FIVE, Recipe=Recipe, market=market, said=said, asset_inputs=asset_inputs
    )


@pytest.fixture(scope="session")
def falling() -> Inputs:
    """Five assets that fell by a fifth to a quarter in a day."""
    return market(FIVE)

"""Altcoins against BTC: what the beta from before the decline accounts for (METHODS 4)."""

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from bot.analytics import defaults
from bot.analytics.altcoins import (
    AltcoinMove,
    altcoin_move,
    dispersion,
    first_component_share,
)
from bot.analytics.drivers import driver_reading
from bot.analytics.returns import decline_start, non_overlapping, rolling_log_returns
from bot.analytics.series import ratio
from bot.builders.draft import Draft, DriverDraft
from bot.builders.freshness import bars_status, freshness_limit
from bot.builders.prices import price_status
from bot.builders.statements import NameSlot, WindowSlot, percent, share, signed, statement, word
from bot.builders.statements import ratio as plain
from bot.model.report import Slot, Source, Unit
from bot.model.series import Series
from bot.model.windows import Window

BENCHMARK = "BTC"
_MONTH = Window.MONTH.value


def add_altcoins(draft: Draft, altcoins: Iterable[str]) -> None:
    """Enter and say the move of each altcoin against BTC, and how far they spread."""
    moves = {}
    for asset in altcoins:
        moves[asset] = _enter(draft, asset)
        draft.note_status("beta", asset, _id("beta_part", asset, draft.window))
        _say_move(draft, asset)
    if len(moves) > 1:
        _say_spread(draft, moves)


def add_btc_driver(draft: Draft, asset: str) -> None:
    """Add what BTC's move accounts for in an altcoin's move, with the rest as unexplained."""
    part, beta = _id("beta_part", asset, draft.window), f"beta.{asset}.{_MONTH}"
    residual, total = (_id(name, asset, draft.window) for name in ("residual", "log_return"))
    if not draft.book.known(part, beta, residual, total):
        return
    move = _move(draft, asset)
    direction = (move.beta_part > 0) - (move.beta_part < 0)
    benchmark = draft.inputs.closes(BENCHMARK)
    rolling = rolling_log_returns(benchmark, draft.inputs.at, draft.window.span)
    history = non_overlapping(rolling, draft.inputs.at, draft.window.span)
    accounted = ratio(move.beta_part, move.move)
    reading = driver_reading(
        "btc_move",
        move.beta_part,
        move.beta.slope * history.to_numpy(),
        direction=direction,
        covered_share=1.0,
        age=draft.inputs.now - _newest(draft, asset),
        limit=freshness_limit(Series.CANDLES),
        measurable_share=min(1.0, accounted) if accounted > 0 else defaults.MEASURABLE_UNDEFINED,
    )
    sentence = statement(
        "driver.btc_move",
        "driver.btc_move",
        name=NameSlot(asset),
        total=signed(total),
        part=signed(part),
        beta=plain(beta),
        residual=signed(residual),
    )
    lead_line = statement(
        "summary.with.btc_move",
        "summary.with.btc_move",
        severity=93,
        name=NameSlot(BENCHMARK),
        moved=word("moved", _id("return", BENCHMARK, draft.window)),
        change=percent(_id("return", BENCHMARK, draft.window)),
    )
    evidence = (total, part, beta, residual)
    draft.drivers.append(DriverDraft(reading, Unit.FRACTION, evidence, sentence, lead_line))


def _move(draft: Draft, asset: str) -> AltcoinMove:
    inputs, benchmark = draft.inputs, draft.inputs.closes(BENCHMARK)
    start = inputs.at - draft.window.span
    began = decline_start(benchmark, inputs.at, draft.window.span) or start
    return altcoin_move(
        inputs.closes(asset), benchmark, inputs.at, start=start, decline_start=began
    )


def _enter(draft: Draft, asset: str) -> AltcoinMove:
    move = _move(draft, asset)
    sources, status = _sources(draft, asset, BENCHMARK), price_status(draft, asset)

    def add(metric: str, window: str, value: float, unit: Unit = Unit.FRACTION) -> None:
        draft.book.add(metric, asset, window, value, unit, sources=sources, status=status)

    add("beta", _MONTH, move.beta.slope, Unit.SCORE)
    add("beta_low", _MONTH, move.beta_low, Unit.SCORE)
    add("beta_high", _MONTH, move.beta_high, Unit.SCORE)
    add("beta_r_squared", _MONTH, move.beta.r_squared)
    add("log_return", draft.window.value, move.move)
    add("beta_part", draft.window.value, move.beta_part)
    add("residual", draft.window.value, move.residual)
    add("residual_sd", draft.window.value, move.residual_z, Unit.SD)
    return move


def _say_move(draft: Draft, asset: str) -> None:
    beta = [f"{name}.{asset}.{_MONTH}" for name in ("beta", "beta_low", "beta_high")]
    part, residual = (_id(name, asset, draft.window) for name in ("beta_part", "residual"))
    total = _id("log_return", asset, draft.window)
    if not draft.book.known(*beta, part, residual, total):
        return
    draft.say(
        statement(
            f"altcoins.{asset}",
            "altcoins.move",
            name=NameSlot(asset),
            total=signed(total),
            part=signed(part),
            beta=plain(beta[0]),
            low=plain(beta[1]),
            high=plain(beta[2]),
            residual=signed(residual),
        )
    )


def _say_spread(draft: Draft, moves: dict[str, AltcoinMove]) -> None:
    spread = draft.book.add(
        "dispersion",
        draft.asset,
        draft.window.value,
        dispersion(move.move for move in moves.values()),
        Unit.FRACTION,
        sources=_sources(draft, *moves),
        status=bars_status(draft.inputs.at, draft.inputs.now),
    )
    frame = pd.DataFrame({asset: draft.inputs.closes(asset) for asset in moves})
    component = draft.book.add(
        "first_component",
        draft.asset,
        _MONTH,
        first_component_share(frame, draft.inputs.at, Window.MONTH.hours),
        Unit.FRACTION,
        sources=_sources(draft, *moves),
        status=bars_status(draft.inputs.at, draft.inputs.now),
    )
    parts: dict[str, Slot] = {"dispersion": percent(spread)}
    if not draft.book.known(spread):
        return
    if draft.book.known(component):
        parts |= {"share": share(component), "month": WindowSlot(_MONTH)}
        draft.say(statement("altcoins.spread", "altcoins.dispersion", parts, severity=-1))
    else:
        draft.say(statement("altcoins.spread", "altcoins.spread", parts, severity=-1))


def _id(metric: str, asset: str, window: Window) -> str:
    return f"{metric}.{asset}.{window.value}"


def _sources(draft: Draft, *assets: str) -> tuple[Source, ...]:
    prices = [draft.inputs.of(asset).prices for asset in assets]
    return tuple(dict.fromkeys(found.source for found in prices if found is not None))


def _newest(draft: Draft, asset: str) -> datetime:
    prices = draft.inputs.of(asset).prices
    return draft.inputs.at if prices is None else prices.newest

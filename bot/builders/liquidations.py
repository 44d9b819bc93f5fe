"""Liquidations observed over a window, always as lower bounds, with their coverage (METHODS 3)."""

import math

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.drivers import driver_reading
from bot.analytics.liquidations import hourly_sums, pace
from bot.analytics.open_interest import liquidated_against_fall
from bot.analytics.series import Floats, value_at
from bot.builders.draft import Draft, DriverDraft
from bot.builders.freshness import freshness_limit
from bot.builders.inputs import HOUR
from bot.builders.observed import Observed, observed, same_contracts
from bot.builders.statements import (
    NameSlot,
    NamesSlot,
    TermSlot,
    TimeSlot,
    WindowSlot,
    at_least,
    at_least_share,
    share,
    statement,
)
from bot.model.report import MARKET, Coverage, Slot, Source, Status, Unit
from bot.model.series import Series
from bot.model.windows import Window

SIDES = {"long": -1, "short": 1}


def add_liquidations(draft: Draft) -> None:
    """Enter the sums of each asset and of all, say them with their coverage, add the drivers."""
    for asset in draft.assets:
        found = observed(draft.inputs, (asset,), draft.window)
        _enter_sums(draft, asset, found)
        draft.note_status("liquidations", asset, sum_id("long", asset, draft.window))
        if found is not None:
            _say_asset(draft, asset, found)
            _add_against_fall(draft, asset, found)
    known = tuple(asset for asset in draft.assets if _is_known(draft, asset))
    found = observed(draft.inputs, known, draft.window)
    if found is None:
        return
    if draft.asset == MARKET:
        _enter_sums(draft, draft.asset, found)
    _say_coverage(draft, found)
    for side in SIDES:
        _add_driver(draft, side, known, found)


def sum_id(side: str, asset: str, window: Window) -> str:
    """Return the id of the evidence of a sum of liquidated longs or shorts."""
    return f"{side}_liquidations.{asset}.{window.value}"


def _is_known(draft: Draft, asset: str) -> bool:
    return draft.book.known(*(sum_id(side, asset, draft.window) for side in SIDES))


def _enter_sums(draft: Draft, name: str, found: Observed | None) -> None:
    sources: tuple[Source, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    status, rate = Status.UNKNOWN, math.nan
    if found is not None:
        sources, coverage, status = found.sources, found.coverage, found.status(draft.inputs.now)
        rate = pace(found.notional.long, draft.inputs.at, HOUR)
    for side in SIDES:
        draft.book.add(
            f"{side}_liquidations",
            name,
            draft.window.value,
            None if found is None else found.sum_of(side).observed,
            Unit.USD,
            sources=sources,
            coverage=coverage,
            status=status,
        )
    draft.book.add(
        "liquidation_pace",
        name,
        Window.WEEK.value,
        rate,
        Unit.FRACTION,
        sources=sources,
        status=status,
    )


def _say_asset(draft: Draft, asset: str, found: Observed) -> None:
    long, short = (sum_id(side, asset, draft.window) for side in SIDES)
    if draft.book.known(long, short):
        draft.say(
            statement(
                f"liquidations.{asset}",
                "liquidations.asset",
                name=NameSlot(asset),
                long=at_least(long),
                short=at_least(short),
                exchanges=NamesSlot(found.exchanges),
            )
        )


def _add_against_fall(draft: Draft, asset: str, found: Observed) -> None:
    """Enter liquidations against the native fall of the same contracts; say the lead's."""
    contracts = same_contracts(draft.inputs, asset, found)
    start = draft.inputs.at - draft.window.span
    against = liquidated_against_fall(
        found.coins_of("long").observed,
        found.coins_of("short").observed,
        sum(value_at(c.native, start) for c in contracts),
        sum(value_at(c.native, draft.inputs.at) for c in contracts),
    )
    both, longs = (
        draft.book.add(
            metric,
            asset,
            draft.window.value,
            value,
            Unit.FRACTION,
            sources=(*found.sources, *(c.source for c in contracts)),
            coverage=found.coverage,
            status=found.status(draft.inputs.now),
        )
        for metric, value in (
            ("liquidated_against_native_fall", against.both_sides),
            ("liquidated_longs_against_native_fall", against.longs_only),
        )
    )
    # Above the whole, new positions were opened meanwhile: the ratio tells a reader nothing.
    if asset == draft.lead and draft.book.known(both, longs) and draft.book.value(both) <= 1:
        draft.say(
            statement(
                f"liquidations.{asset}.against_fall",
                "liquidations.against_fall",
                severity=-1,
                name=NameSlot(asset),
                ratio=at_least_share(both),
                longs=at_least_share(longs),
                exchanges=NamesSlot(found.exchanges),
            )
        )


def _say_coverage(draft: Draft, found: Observed) -> None:
    sources = {source.exchange: source for source in found.sources}
    full = draft.book.limit("coverage", 1.0, Unit.FRACTION)
    for coverage in found.coverage:
        if coverage.since is None:
            continue
        source = sources[coverage.exchange]
        covered = draft.book.add(
            "liquidation_coverage",
            draft.asset,
            draft.window.value,
            coverage.minutes_collected / coverage.minutes_asked,
            Unit.FRACTION,
            as_of=coverage.since,
            sources=(source,),
            coverage=(coverage,),
            exchange=coverage.exchange,
        )
        draft.say(
            statement(
                f"coverage.{coverage.exchange}",
                "coverage.exchange",
                severity=-2,
                exchange=NameSlot(coverage.exchange),
                kind=TermSlot(coverage.kind.value),
                origin=TermSlot(source.origin.value),
                covered=share(covered, apart_from=full),
                window=WindowSlot(draft.window.value),
                since=TimeSlot(coverage.since, covered),
            )
        )


def _add_driver(draft: Draft, side: str, assets: tuple[str, ...], found: Observed) -> None:
    name, driver = sum_id(side, draft.asset, draft.window), f"{side}_liquidations"
    if not draft.book.known(name):
        return
    direction = SIDES[side]
    reading = driver_reading(
        driver,
        direction * draft.book.value(name),
        direction * _history(getattr(found.notional, side), draft),
        direction=direction,
        covered_share=found.covered_share,
        age=draft.inputs.now - found.newest,
        limit=freshness_limit(Series.LIQUIDATIONS),
    )
    parts: dict[str, Slot] = {
        "amount": at_least(name),
        "names": NamesSlot(assets),
        "exchanges": NamesSlot(found.exchanges),
    }
    sentence = statement(
        f"driver.{driver}", f"driver.{driver}", parts, window=WindowSlot(draft.window.value)
    )
    lead_line = statement(f"summary.with.{driver}", f"summary.with.{driver}", parts, severity=94)
    draft.drivers.append(DriverDraft(reading, Unit.USD, (name,), sentence, lead_line))


def _history(total: pd.Series, draft: Draft) -> Floats:
    """Return the sums of the earlier windows of the same length, where 90 % of one is known."""
    hours = draft.window.hours
    count = defaults.BASELINE_DAYS * 24 // hours
    sums = hourly_sums(total, draft.inputs.at - draft.window.span, count * hours, HOUR)
    windows = sums.reshape(count, hours)
    known = np.mean(~np.isnan(windows), axis=1) >= defaults.MINIMUM_COVERAGE
    return np.where(known, np.nansum(windows, axis=1), np.nan)

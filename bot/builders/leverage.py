"""Open interest: what was closed in coins, and what only lost price (METHODS 2)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from bot.analytics import defaults
from bot.analytics.drivers import driver_reading
from bot.analytics.open_interest import (
    Contract,
    contract_at,
    open_interest_split,
)
from bot.analytics.series import Floats, ratio, simple_fraction
from bot.builders.draft import Draft, DriverDraft
from bot.builders.freshness import bars_status, freshness_limit
from bot.builders.inputs import ContractSeries, Inputs
from bot.builders.statements import (
    NameSlot,
    NamesSlot,
    TimeSlot,
    percent,
    signed,
    statement,
    word,
)
from bot.model.report import MARKET, Slot, Status, Unit
from bot.model.series import Series
from bot.model.windows import Window

OPEN_INTEREST = "open_interest"


@dataclass(frozen=True)
class _Scope:
    """The contracts of some assets, under the name that evidence gives them."""

    name: str
    assets: tuple[str, ...]


def add_leverage(draft: Draft) -> None:
    """Enter the split of each asset and of all together; say them and add the driver."""
    for asset in draft.assets:
        enter_split(draft, asset, (asset,), draft.window)
        draft.note_status("open_interest", asset, native_id(asset, draft.window))
        if draft.asset == MARKET:
            _say_asset(draft, asset)
    measured = tuple(a for a in draft.assets if draft.book.known(native_id(a, draft.window)))
    scope = _Scope(draft.asset, measured)
    if draft.asset == MARKET:
        enter_split(draft, scope.name, scope.assets, draft.window)
    _add_driver(draft, scope)


def add_open_interest_since_close(draft: Draft, asset: str) -> None:
    """Say how native open interest moved since the last closed bar, where snapshots are fresh."""
    inputs, at = draft.inputs, pd.Timestamp(draft.inputs.at)
    contracts = inputs.of(asset).contracts
    moments = [contract.latest.snapshot_at for contract in contracts]
    limit = freshness_limit(Series.OPEN_INTEREST)
    if not moments or inputs.now - min(moments) > limit or min(moments) <= inputs.at:
        return
    before = sum(float(contract.native.get(at, math.nan)) for contract in contracts)
    change = draft.book.add(
        "open_interest_since_close",
        asset,
        "now",
        ratio(sum(c.latest.open_interest_base for c in contracts) - before, before),
        Unit.FRACTION,
        as_of=min(moments),
        sources=tuple(contract.source for contract in contracts),
    )
    if draft.book.known(change, f"last_price.{asset}.now"):
        draft.say(
            statement(
                f"summary.open_interest_since_close.{asset}",
                "summary.open_interest_since_close",
                severity=9,
                name=NameSlot(asset),
                native=signed(change),
                time=TimeSlot(min(moments), change, relative=True),
            )
        )


def native_id(asset: str, window: Window) -> str:
    """Return the id of the evidence of a native change of open interest."""
    return f"open_interest_native_change.{asset}.{window.value}"


def contracts_at(
    contracts: Iterable[ContractSeries], inputs: Inputs, at: datetime, window: Window
) -> list[Contract]:
    """Return the contracts at both ends of the window that ends at `at`."""
    return [
        contract_at(f"{c.exchange} {c.symbol}", c.native, inputs.closes(c.asset), at, window.span)
        for c in contracts
    ]


def enter_split(draft: Draft, name: str, assets: tuple[str, ...], window: Window) -> None:
    """Enter the split of some assets' contracts over a window, under `name`.

    It stands on the contracts known at both ends, and names just their exchanges.
    """
    contracts = usable_contracts(draft.inputs, assets, window)
    split = open_interest_split(contracts_at(contracts, draft.inputs, draft.inputs.at, window))
    sources = tuple(dict.fromkeys(contract.source for contract in contracts))
    status = _status(draft, assets, contracts, window)

    def add(metric: str, value: float, unit: Unit = Unit.FRACTION) -> None:
        draft.book.add(
            f"open_interest_{metric}",
            name,
            window.value,
            value,
            unit,
            sources=sources,
            status=status,
        )

    add("native_change", simple_fraction(split.native_change))
    add("notional_change", simple_fraction(split.notional_change))
    add("price_effect", simple_fraction(split.price_effect))
    add("price_share", split.price_share)
    add("notional", split.notional_end, Unit.USD)


def usable_contracts(
    inputs: Inputs, assets: Iterable[str], window: Window
) -> tuple[ContractSeries, ...]:
    """Return the contracts of some assets that are known at both ends of the window."""
    ends = (pd.Timestamp(inputs.at - window.span), pd.Timestamp(inputs.at))
    return tuple(
        contract
        for contract in _contracts(inputs, assets)
        if all(pd.notna(contract.native.get(end)) for end in ends)
    )


def is_whole(inputs: Inputs, assets: Iterable[str], window: Window) -> bool:
    """Return True when every contract of the assets is known at both ends of the window."""
    names = tuple(assets)
    return len(usable_contracts(inputs, names, window)) == len(_contracts(inputs, names))


def _contracts(inputs: Inputs, assets: Iterable[str]) -> list[ContractSeries]:
    return [contract for asset in assets for contract in inputs.of(asset).contracts]


def _status(
    draft: Draft,
    assets: tuple[str, ...],
    contracts: tuple[ContractSeries, ...],
    window: Window,
) -> Status:
    if not contracts:
        return Status.UNKNOWN
    starts_late = window is Window.MONTH and any(c.starts_late for c in contracts)
    if starts_late or not is_whole(draft.inputs, assets, window):
        return Status.PARTIAL
    return bars_status(draft.inputs.at, draft.inputs.now)


def _say_asset(draft: Draft, asset: str) -> None:
    native = native_id(asset, draft.window)
    notional = f"open_interest_notional_change.{asset}.{draft.window.value}"
    if draft.book.known(native, notional):
        draft.say(
            statement(
                f"context.open_interest.{asset}",
                "context.open_interest",
                name=NameSlot(asset),
                native=signed(native),
                notional=signed(notional),
            )
        )


def _add_driver(draft: Draft, scope: _Scope) -> None:
    """Add the driver, unless a contract is missing: its history would be another market's."""
    native = native_id(scope.name, draft.window)
    lead = f"return.{draft.lead}.{draft.window.value}"
    if not draft.book.known(native, lead) or not is_whole(draft.inputs, scope.assets, draft.window):
        return
    contracts = usable_contracts(draft.inputs, scope.assets, draft.window)
    change = math.log1p(draft.book.value(native))
    side, turned = _sign(draft.book.value(lead)), _sign(change)
    reading = driver_reading(
        OPEN_INTEREST,
        side * turned * change,
        side * turned * _history(contracts, draft),
        direction=side,
        covered_share=_known_share(contracts, draft),
        age=draft.inputs.now - draft.inputs.at,
        limit=freshness_limit(Series.CANDLES),
    )
    effect = f"open_interest_price_effect.{scope.name}.{draft.window.value}"
    notional = f"open_interest_notional_change.{scope.name}.{draft.window.value}"
    parts: dict[str, Slot] = {
        "names": NamesSlot(scope.assets),
        "exchanges": NamesSlot(tuple(dict.fromkeys(c.exchange for c in contracts))),
    }
    sentence = statement(
        f"driver.{OPEN_INTEREST}",
        f"driver.{OPEN_INTEREST}",
        parts,
        moved=word("moved", native),
        native=percent(native),
        notional=signed(notional),
        price_effect=signed(effect),
    )
    lead_line = statement(
        f"summary.with.{OPEN_INTEREST}",
        f"summary.with.{OPEN_INTEREST}",
        severity=95,
        names=NamesSlot(scope.assets),
        moved=word("moved", native),
        native=percent(native),
    )
    evidence = (native, notional, effect)
    draft.drivers.append(DriverDraft(reading, Unit.FRACTION, evidence, sentence, lead_line))


def _history(contracts: tuple[ContractSeries, ...], draft: Draft) -> Floats:
    """Native log changes of the contracts together over the earlier windows of the same length."""
    hours = draft.window.hours
    at = draft.inputs.at
    ends = [at - draft.window.span * k for k in range(1, 1 + defaults.BASELINE_DAYS * 24 // hours)]
    changes = [
        open_interest_split(contracts_at(contracts, draft.inputs, end, draft.window)).native_change
        for end in ends
    ]
    return np.array(changes, dtype=float)


def _known_share(contracts: tuple[ContractSeries, ...], draft: Draft) -> float:
    start = draft.inputs.at - draft.window.span
    shares = [
        float(c.native.loc[(c.native.index > start)].notna().sum()) / draft.window.hours
        for c in contracts
    ]
    return min(1.0, sum(shares) / len(shares)) if shares else math.nan


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)

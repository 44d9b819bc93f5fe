"""The regime: what price and native open interest say together (METHODS 2)."""

import math

from bot.analytics.funding import eight_hour_rate
from bot.analytics.regime import Regime, RegimeReading, ShortEvidence, regime
from bot.analytics.returns import log_return, volatility
from bot.builders.draft import Draft
from bot.builders.inputs import ContractSeries
from bot.builders.leverage import enter_split, is_whole, native_id
from bot.builders.prices import return_id
from bot.builders.statements import NameSlot, TermSlot, WindowSlot, signed, statement
from bot.model.report import Slot
from bot.model.windows import Window

_WINDOWS = {Window.DAY: Window.DAY, Window.WEEK: Window.WEEK, Window.MONTH: Window.WEEK}
"""The method reads 24 h and 7 d; a month is read by its last week."""


def add_regime(draft: Draft, asset: str) -> None:
    """Say the regime of an asset over the window that the method has for the asked one."""
    window = _WINDOWS[draft.window]
    change, native = return_id(asset, window), native_id(asset, window)
    if not draft.book.known(native):
        enter_split(draft, asset, (asset,), window)
    if not draft.book.known(change, native) or not is_whole(draft.inputs, (asset,), window):
        return
    reading = _reading(draft, asset, window)
    parts: dict[str, Slot] = {
        "name": NameSlot(asset),
        "price": signed(change),
        "native": signed(native),
        "window": WindowSlot(window.value),
    }
    name = f"summary.regime.{asset}"
    if reading.regime in (Regime.UNCLEAR, Regime.UNKNOWN):
        draft.say(statement(name, "summary.regime_unclear", parts, severity=60))
    else:
        term = TermSlot(reading.regime.value)
        draft.say(statement(name, "summary.regime", parts, severity=60, regime=term))


def _reading(draft: Draft, asset: str, window: Window) -> RegimeReading:
    inputs, span = draft.inputs, window.span
    closes = inputs.closes(asset)
    largest = max(inputs.of(asset).contracts, key=_last, default=None)
    # σ ends where the window begins: otherwise a fall would widen its own dead band.
    before = inputs.at - span
    return regime(
        log_return(closes, inputs.at, span),
        math.log1p(draft.book.value(native_id(asset, window))),
        price_volatility=volatility(closes, before, span),
        native_volatility=math.nan if largest is None else volatility(largest.native, before, span),
        evidence=ShortEvidence(funding_change=_funding_change(draft, asset, window)),
    )


def _funding_change(draft: Draft, asset: str, window: Window) -> float:
    """Return how the settled rate per 8 h changed over the window; nan when it is not known."""
    start = draft.inputs.at - window.span
    for _, rates in draft.inputs.of(asset).funding:
        earlier = [rate for rate in rates if rate.settled_at <= start]
        if earlier:
            first, last = earlier[-1], rates[-1]
            return eight_hour_rate(last.funding_rate, last.interval_hours) - eight_hour_rate(
                first.funding_rate, first.interval_hours
            )
    return math.nan


def _last(contract: ContractSeries) -> float:
    known = contract.native.dropna()
    return float(known.iloc[-1]) if len(known) else 0.0

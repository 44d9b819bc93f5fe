"""The market report: one decline, its drivers ranked, what speaks against them, what is unknown."""

from bot.builders.altcoins import BENCHMARK, add_altcoins, add_btc_driver
from bot.builders.cascade import add_cascade
from bot.builders.context import add_funding, add_silent_exchanges, add_sources
from bot.builders.draft import Draft
from bot.builders.inputs import Inputs
from bot.builders.leverage import add_leverage, add_open_interest_since_close
from bot.builders.liquidations import add_liquidations
from bot.builders.prices import (
    add_age,
    add_move_since_close,
    add_prices,
    headline,
    return_id,
)
from bot.builders.regime import add_regime
from bot.builders.shape import add_decomposition, add_shape
from bot.model.report import MARKET, Report
from bot.model.windows import Window


def market_report(inputs: Inputs, window: Window, asset: str = MARKET) -> Report:
    """Return the report of one asset, or of the whole market, over a window; never raises on gaps.

    The market's move is BTC's; its altcoins are those of the settings that have prices.
    """
    draft = Draft(inputs, window, asset)
    for name in dict.fromkeys((*draft.assets, *_benchmark(draft))):
        add_prices(draft, name)
    add_age(draft)
    add_shape(draft, draft.lead)
    add_leverage(draft)
    add_regime(draft, draft.lead)
    add_liquidations(draft)
    for name in draft.assets:
        add_cascade(draft, name, only_confirmed=name != draft.lead)
        add_funding(draft, name, say=name == draft.lead)
    altcoins = tuple(name for name in draft.assets if name in _compared(inputs))
    add_altcoins(draft, altcoins)
    if draft.lead in _compared(inputs):
        add_btc_driver(draft, draft.lead)
    if window is Window.MONTH or asset != MARKET:
        add_decomposition(draft, draft.lead)
    add_move_since_close(draft, draft.lead)
    add_open_interest_since_close(draft, draft.lead)
    add_silent_exchanges(draft)
    add_sources(draft)
    move = draft.book.value(return_id(draft.lead, window))
    return draft.finish(headline(draft, altcoins), move)


def _benchmark(draft: Draft) -> tuple[str, ...]:
    return (BENCHMARK,) if draft.lead in _compared(draft.inputs) else ()


def _compared(inputs: Inputs) -> tuple[str, ...]:
    """Return the altcoins of the settings; comparing BTC with itself would say nothing."""
    return tuple(name for name in inputs.altcoins if name != BENCHMARK)

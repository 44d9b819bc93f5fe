"""Prices and returns of each asset, and the move since the last closed bar."""

import math

from bot.analytics.returns import drawdown, simple_return
from bot.analytics.series import ratio, value_at
from bot.builders.draft import Draft
from bot.builders.freshness import bars_status, freshness, freshness_limit
from bot.builders.inputs import AssetInputs, source_of
from bot.builders.statements import (
    NameSlot,
    TermSlot,
    TimeSlot,
    WindowSlot,
    percent,
    price,
    signed,
    statement,
    word,
)
from bot.model.report import MARKET, Slot, Source, Statement, Status, Unit
from bot.model.series import Origin, Series
from bot.model.windows import Window

_LIMIT = "2h"
"""The limit of hourly bars as text shows it: two of them."""


def add_prices(draft: Draft, asset: str) -> None:
    """Enter price, returns over every window and drawdown of an asset, and its row of prices."""
    inputs, book = draft.inputs, draft.book
    found = inputs.of(asset)
    closes, at = inputs.closes(asset), inputs.at
    sources, status = _sources(found), price_status(draft, asset)

    def add(metric: str, window: str, value: float, unit: Unit) -> str:
        return book.add(metric, asset, window, value, unit, sources=sources, status=status)

    close = add("price", "now", value_at(closes, at), Unit.USD_PER_COIN)
    for window in Window:
        change = simple_return(closes, at, window.span)
        add("return", window.value, change, Unit.FRACTION)
    depth = add("drawdown", Window.MONTH.value, drawdown(closes, at).depth, Unit.FRACTION)
    draft.note_status("prices", asset, return_id(asset, draft.window))
    if book.known(close, return_id(asset, draft.window)):
        market = TermSlot(sources[0].market)
        draft.say(_row(asset, draft.window, close, depth, market, has_depth=book.known(depth)))
    if draft.asset == asset:
        draft.say(*_window_lines(draft, asset))


def add_move_since_close(draft: Draft, asset: str) -> None:
    """Say where the last traded price stands against the last closed bar."""
    prices, ticker = draft.inputs.of(asset).prices, draft.inputs.of(asset).ticker
    if prices is None or ticker is None or not draft.book.known(f"price.{asset}.now"):
        return
    source = source_of(ticker.exchange, ticker.symbol, Series.TICKERS, Origin.LIVE)
    if (source.exchange, source.market) != (prices.source.exchange, prices.source.market):
        return  # the difference between two markets is no move
    status = freshness(ticker.seen_at, draft.inputs.now, freshness_limit(Series.TICKERS))
    if status is not Status.OK:
        return
    close = draft.book.value(f"price.{asset}.now")
    last = draft.book.add(
        "last_price",
        asset,
        "now",
        ticker.last_price,
        Unit.USD_PER_COIN,
        as_of=ticker.seen_at,
        sources=(source,),
    )
    change = draft.book.add(
        "return_since_close",
        asset,
        "now",
        ratio(ticker.last_price - close, close),
        Unit.FRACTION,
        as_of=ticker.seen_at,
        sources=(source,),
        parents=(last, f"price.{asset}.now"),
    )
    draft.say(
        statement(
            f"summary.since_close.{asset}",
            "summary.since_close",
            severity=10,
            name=NameSlot(asset),
            change=signed(change),
            price=price(last),
            time=TimeSlot(ticker.seen_at, last, relative=True),
        )
    )


def add_age(draft: Draft) -> None:
    """Say at once, before anything else, that the report's prices are old, if they are."""
    closes = [f"price.{asset}.now" for asset in draft.assets]
    old = [name for name in closes if draft.book.get(name).status is Status.STALE]
    if old:
        draft.say(
            statement(
                "summary.stale",
                "summary.stale",
                severity=100,
                about=tuple(old),
                limit=WindowSlot(_LIMIT),
                time=TimeSlot(draft.inputs.at, old[0], relative=True),
            )
        )


def price_status(draft: Draft, asset: str) -> Status:
    """Return ok, stale when the last closed bar is old, unknown when it is not the asset's own."""
    prices = draft.inputs.of(asset).prices
    if prices is None or math.isnan(value_at(prices.closes, draft.inputs.at)):
        return Status.UNKNOWN
    return bars_status(prices.newest, draft.inputs.now)


def return_id(asset: str, window: Window) -> str:
    """Return the id of the evidence of an asset's return over a window."""
    return f"return.{asset}.{window.value}"


def headline(draft: Draft, altcoins: tuple[str, ...]) -> Statement:
    """Return the headline: the lead's move, and for the market the range of the altcoins."""
    lead = return_id(draft.lead, draft.window)
    parts: dict[str, Slot] = {
        "name": NameSlot(draft.lead),
        "window": WindowSlot(draft.window.value),
    }
    if not draft.book.known(lead):
        return statement("headline", "missing.headline", parts, about=(lead,))
    parts |= {"moved": word("moved", lead), "change": percent(lead)}
    returns = [return_id(asset, draft.window) for asset in altcoins]
    known = sorted(filter(draft.book.known, returns), key=draft.book.value)
    if draft.asset != MARKET or len(known) < 2:
        return statement("headline", "headline.asset", parts)
    bounds: dict[str, Slot] = {"low": signed(known[0]), "high": signed(known[-1])}
    return statement("headline", "headline.market", parts | bounds)


def _row(
    asset: str, window: Window, close: str, depth: str, market: TermSlot, *, has_depth: bool
) -> Statement:
    parts: dict[str, Slot] = {
        "name": NameSlot(asset),
        "price": price(close),
        "change": signed(return_id(asset, window)),
        "market": market,
    }
    if not has_depth:
        return statement(f"price.{asset}", "price.row", parts)
    month = WindowSlot(Window.MONTH.value)
    return statement(
        f"price.{asset}", "price.row_from_high", parts, drawdown=signed(depth), month=month
    )


def _window_lines(draft: Draft, asset: str) -> list[Statement]:
    lines = []
    for window in (other for other in Window if other is not draft.window):
        change = return_id(asset, window)
        if draft.book.known(change):
            parts: dict[str, Slot] = {"window": WindowSlot(window.value), "change": signed(change)}
            lines.append(statement(f"price.{asset}.{window.value}", "price.window", parts))
        else:
            draft.note_status("prices", asset, change)
    return lines


def _sources(found: AssetInputs) -> tuple[Source, ...]:
    return () if found.prices is None else (found.prices.source,)

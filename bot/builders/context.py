"""What is measured beside the drivers: funding, and where every series comes from, with its age."""

from datetime import datetime

from bot.analytics.funding import annualized_funding, eight_hour_rate
from bot.builders.draft import Draft
from bot.builders.freshness import freshness, freshness_limit
from bot.builders.inputs import source_of
from bot.builders.statements import (
    NameSlot,
    NamesSlot,
    TermSlot,
    TimeSlot,
    WindowSlot,
    signed,
    statement,
)
from bot.builders.statements import rate as rate_slot
from bot.model.report import Source, Status, Unit
from bot.model.series import FundingRate, Origin, Series

_EIGHT_HOURS = "8h"


def add_funding(draft: Draft, asset: str, *, say: bool) -> None:
    """Enter the last settled funding of an asset per 8 h and a year, and say it if asked."""
    found = draft.inputs.of(asset).funding
    if not found:
        missing = draft.book.add("funding_rate", asset, _EIGHT_HOURS, None, Unit.FRACTION)
        draft.note_status("funding", asset, missing)
        return
    source, rate = found[0][0], found[0][1][-1]
    settled, annual = _enter(draft, source, rate, asset)
    draft.note_status("funding", asset, settled)
    if say and draft.book.known(settled, annual):
        draft.say(
            statement(
                f"context.funding.{asset}",
                "context.funding",
                severity=10,
                name=NameSlot(asset),
                rate=rate_slot(settled),
                eight_hours=WindowSlot(_EIGHT_HOURS),
                annual=signed(annual),
                time=TimeSlot(rate.settled_at, settled, relative=True),
            )
        )


def add_sources(draft: Draft) -> None:
    """Say where each series comes from and how old it is: of several assets, the oldest speaks."""
    newest: dict[Source, datetime] = {}
    for asset in draft.inputs.assets if draft.asset != draft.lead else draft.assets:
        for source, moment in _seen(draft, asset):
            newest[source] = min(newest.get(source, moment), moment)
    for source, moment in sorted(newest.items(), key=lambda item: _name(item[0])):
        name = draft.book.add(
            "newest",
            draft.asset,
            "now",
            (draft.inputs.now - moment).total_seconds() / 3600,
            Unit.HOURS,
            as_of=moment,
            sources=(source,),
            status=_status(draft, source, moment),
            exchange=_name(source),
        )
        draft.say(
            statement(
                f"source.{_name(source)}",
                "source.series",
                exchange=NameSlot(source.exchange),
                series=TermSlot(source.series),
                market=TermSlot(source.market),
                origin=TermSlot(source.origin.value),
                time=TimeSlot(moment, name, relative=True),
            )
        )


def add_silent_exchanges(draft: Draft) -> None:
    """Name the exchanges of the settings from which no series of any asset has come."""
    heard = {source.exchange for asset in draft.inputs.assets for source, _ in _seen(draft, asset)}
    silent = [name for name in draft.inputs.exchanges if name not in heard]
    if not silent:
        return
    about = tuple(
        draft.book.add("newest", draft.asset, "now", None, Unit.HOURS, exchange=name)
        for name in silent
    )
    names = NamesSlot(tuple(silent))
    draft.say(statement("missing.exchange", "missing.exchange", about=about, names=names))


def _enter(draft: Draft, source: Source, rate: FundingRate, asset: str) -> tuple[str, str]:
    limit = freshness_limit(Series.FUNDING)
    status = freshness(rate.settled_at, draft.inputs.now, limit)

    def add(metric: str, value: float) -> str:
        return draft.book.add(
            metric,
            asset,
            _EIGHT_HOURS,
            value,
            Unit.FRACTION,
            as_of=rate.settled_at,
            sources=(source,),
            status=status,
        )

    return (
        add("funding_rate", eight_hour_rate(rate.funding_rate, rate.interval_hours)),
        add("funding_annual", annualized_funding(rate.funding_rate, rate.interval_hours)),
    )


def _seen(draft: Draft, asset: str) -> list[tuple[Source, datetime]]:
    found = draft.inputs.of(asset)
    seen = [(c.source, c.newest) for c in found.contracts if c.newest is not None]
    seen += [(source, rates[-1].settled_at) for source, rates in found.funding]
    if found.prices is not None:
        seen.append((found.prices.source, found.prices.newest))
    if found.ticker is not None:
        ticker = found.ticker
        source = source_of(ticker.exchange, ticker.symbol, Series.TICKERS, Origin.LIVE)
        seen.append((source, ticker.seen_at))
    seen += [(stream.source, stream.newest) for stream in found.liquidations]
    return seen


def _status(draft: Draft, source: Source, moment: datetime) -> Status:
    series = Series(source.series)
    is_hourly = series is Series.OPEN_INTEREST  # windows stand on its whole hours
    limit = freshness_limit(Series.CANDLES if is_hourly else series)
    return freshness(moment, draft.inputs.now, limit)


def _name(source: Source) -> str:
    return f"{source.exchange}_{source.series}_{source.market}_{source.origin.value}"

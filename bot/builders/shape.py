"""Shock or grind: the shape of the decline, and the month split into its parts (METHODS 5)."""

from bot.analytics import defaults
from bot.analytics.series import simple_fraction
from bot.analytics.shape import Shape, ShapeClass, decomposition, shape
from bot.builders.draft import Draft
from bot.builders.prices import price_status
from bot.builders.statements import (
    NameSlot,
    TermSlot,
    TimeSlot,
    WindowSlot,
    fine,
    share,
    signed,
    statement,
    times,
)
from bot.model.report import Source, Unit
from bot.model.windows import Window

_MONTH = Window.MONTH.value
_DAY = Window.DAY.value


def add_shape(draft: Draft, asset: str) -> None:
    """Enter the shape of the decline of an asset and say it with the figures that decide it."""
    reading = shape(draft.inputs.closes(asset), draft.inputs.at)
    _enter(draft, asset, reading)
    if reading.shape_class is ShapeClass.UNKNOWN:
        figures = [f"{name}.{asset}.{_MONTH}" for name in ("c24", "worst_day_sd", "effective_days")]
        lacking = (name for name in figures if not draft.book.known(name))
        draft.note_status("shape", asset, next(lacking, figures[0]))
        return
    if reading.shape_class is ShapeClass.NO_DECLINE:
        _say_no_decline(draft, asset)
        return
    book = draft.book
    if reading.peak_time is None or not book.known(f"c24.{asset}.{_MONTH}"):
        return
    shock = book.limit("shock_c24", defaults.SHOCK_SHARE, Unit.FRACTION)
    grind = book.limit("grind_c24", defaults.GRIND_SHARE, Unit.FRACTION)
    c24 = f"c24.{asset}.{_MONTH}"
    near = min((shock, grind), key=lambda name: abs(book.value(name) - book.value(c24)))
    draft.say(
        statement(
            f"summary.shape.{asset}",
            "summary.shape",
            severity=90,
            about=tuple(filter(book.known, (f"decline.{asset}.{_MONTH}", _spread_id(asset)))),
            shape=TermSlot(reading.shape_class.value),
            part=share(c24, apart_from=near),
            measure=NameSlot("C24"),
            c24=fine(c24, apart_from=near),
            peak=TimeSlot(reading.peak_time, f"decline_start.{asset}.{_MONTH}"),
            day=WindowSlot(_DAY),
            shock=fine(shock),
            grind=fine(grind),
        )
    )
    if reading.sharp_leg:
        _say_sharp_leg(draft, asset)


def add_decomposition(draft: Draft, asset: str) -> None:
    """Say how the month's log return adds up: last day, rest of the week, before."""
    parts = decomposition(draft.inputs.closes(asset), draft.inputs.at)

    def add(name: str, value: float) -> str:
        return draft.book.add(
            f"log_return_{name}",
            asset,
            _MONTH,
            value,
            Unit.FRACTION,
            sources=_sources(draft, asset),
            status=price_status(draft, asset),
        )

    total = add("total", parts.total)
    day, week = add("last_day", parts.last_24_hours), add("days_2_to_7", parts.days_2_to_7)
    rest = add("days_8_to_30", parts.days_8_to_30)
    if draft.book.known(total, day, week, rest):
        draft.say(
            statement(
                f"context.decomposition.{asset}",
                "context.decomposition",
                severity=20,
                name=NameSlot(asset),
                month=WindowSlot(_MONTH),
                week=WindowSlot(Window.WEEK.value),
                day=WindowSlot(_DAY),
                total=signed(total),
                day_part=signed(day),
                week_part=signed(week),
                rest=signed(rest),
            )
        )


def _spread_id(asset: str) -> str:
    return f"worst_day_sd.{asset}.{_MONTH}"


def _enter(draft: Draft, asset: str, reading: Shape) -> None:
    sources, status = _sources(draft, asset), price_status(draft, asset)

    def add(metric: str, value: float, unit: Unit) -> None:
        draft.book.add(metric, asset, _MONTH, value, unit, sources=sources, status=status)

    add("decline", reading.total, Unit.FRACTION)
    add("worst_day", reading.worst_24_hours, Unit.FRACTION)
    add("c24", reading.concentration, Unit.FRACTION)
    add("worst_day_sd", reading.z_score, Unit.SD)
    add("effective_days", reading.effective_days, Unit.COUNT)
    draft.book.add(
        "decline_start",
        asset,
        _MONTH,
        reading.days_since_peak * 24,
        Unit.HOURS,
        as_of=reading.peak_time,
        sources=sources,
        status=status,
    )


def _say_no_decline(draft: Draft, asset: str) -> None:
    depth = f"drawdown.{asset}.{_MONTH}"
    # The rule is in logs, the drawdown beside it a simple fraction.
    rule = simple_fraction(defaults.DECLINE_THRESHOLD)
    limit = draft.book.limit("decline", rule, Unit.FRACTION)
    if not draft.book.known(depth):
        return
    draft.say(
        statement(
            f"summary.shape.{asset}",
            "summary.no_decline",
            severity=90,
            about=(f"decline.{asset}.{_MONTH}",),
            name=NameSlot(asset),
            drawdown=signed(depth, apart_from=limit),
            month=WindowSlot(_MONTH),
            limit=signed(limit),
        )
    )


def _say_sharp_leg(draft: Draft, asset: str) -> None:
    z = _spread_id(asset)
    depth = draft.book.add(
        "worst_day_multiple", asset, _MONTH, abs(draft.book.value(z)), Unit.SD, parents=(z,)
    )
    draft.say(
        statement(
            f"summary.sharp_leg.{asset}",
            "summary.sharp_leg",
            severity=80,
            name=NameSlot(asset),
            day=WindowSlot(_DAY),
            z=times(depth),
        )
    )


def _sources(draft: Draft, asset: str) -> tuple[Source, ...]:
    prices = draft.inputs.of(asset).prices
    return () if prices is None else (prices.source,)

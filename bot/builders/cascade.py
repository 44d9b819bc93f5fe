"""Whether the fall was forced selling, said with the figure that decides it (METHODS 3)."""

import math

from bot.analytics import defaults
from bot.analytics.cascade import CascadeGrade, CascadeReading, cascade
from bot.analytics.open_interest import open_interest_split
from bot.builders.draft import Draft
from bot.builders.leverage import contracts_at
from bot.builders.observed import Observed, observed, same_contracts
from bot.builders.statements import (
    NameSlot,
    WindowSlot,
    share,
    signed,
    statement,
    times,
)
from bot.model.report import Slot, Status, Unit
from bot.model.windows import Window

_DAY = Window.DAY
_SAID = frozenset(
    {CascadeGrade.ACTIVE, CascadeGrade.BUILDING, CascadeGrade.FADING, CascadeGrade.CONFIRMED}
)


def add_cascade(draft: Draft, asset: str, *, only_confirmed: bool = False) -> None:
    """Enter the cascade's figures over 24 h for an asset and say its grade."""
    found = observed(draft.inputs, (asset,), _DAY)
    reading = None if found is None else _reading(draft, asset, found)
    _enter(draft, asset, found, reading)
    if only_confirmed and (reading is None or reading.grade not in _SAID):
        return
    if reading is None or reading.grade is CascadeGrade.UNKNOWN:
        draft.note_status("cascade", asset, f"cascade_rule.{asset}.{_DAY.value}")
        return
    _say(draft, asset, reading)


def _reading(draft: Draft, asset: str, found: Observed) -> CascadeReading:
    inputs = draft.inputs
    contracts = same_contracts(inputs, asset, found)
    split = open_interest_split(contracts_at(contracts, inputs, inputs.at, _DAY))
    return cascade(
        found.notional,
        inputs.closes(asset),
        inputs.at,
        open_interest_before=split.notional_start,
        native_change=split.native_change,
        capture=1.0 if found.is_complete_count and contracts else math.nan,
    )


def _enter(
    draft: Draft, asset: str, found: Observed | None, reading: CascadeReading | None
) -> None:
    sources = () if found is None else found.sources
    coverage = () if found is None else found.coverage
    status = Status.UNKNOWN if found is None else found.status(draft.inputs.now)
    is_unknown = reading is None or reading.grade is CascadeGrade.UNKNOWN
    holds = None if reading is None or is_unknown else reading.holds

    def add(metric: str, value: float | None, unit: Unit = Unit.FRACTION) -> str:
        return draft.book.add(
            metric,
            asset,
            _DAY.value,
            value,
            unit,
            sources=sources,
            coverage=coverage,
            status=status,
        )

    add("cascade_rule", None if holds is None else float(holds), Unit.SCORE)
    if reading is None:
        return
    add("cascade_price_limit", reading.fall.threshold)
    add("liquidated_long_share", reading.long_share)
    add("liquidation_multiple", reading.volume.median_multiple, Unit.SCORE)
    add("liquidated_longs_of_open_interest", reading.volume.open_interest_share)
    add("liquidation_concentration", reading.concentration)


def _say(draft: Draft, asset: str, reading: CascadeReading) -> None:
    template, slots = _template(draft, asset, reading)
    name = f"summary.cascade.{asset}"
    about = (f"cascade_rule.{asset}.{_DAY.value}",)
    draft.say(statement(name, template, slots, severity=85, about=about))


def _template(draft: Draft, asset: str, reading: CascadeReading) -> tuple[str, dict[str, Slot]]:
    slots: dict[str, Slot] = {"name": NameSlot(asset), "day": WindowSlot(_DAY.value)}
    where = f"{asset}.{_DAY.value}"
    book, volume = draft.book, reading.volume
    if reading.grade in _SAID:
        return _confirmed(reading.grade, slots)
    if reading.grade is CascadeGrade.NONE:
        limit = f"cascade_price_limit.{where}"
        if not book.known(limit):
            limit = book.limit("cascade_fall", -defaults.CASCADE_FALL, Unit.FRACTION)
        change = signed(f"return.{where}", apart_from=limit)
        return "summary.cascade.none", slots | {"change": change, "limit": signed(limit)}
    if volume.holds is False and not math.isnan(volume.open_interest_threshold):
        limit = book.limit("cascade_share", volume.open_interest_threshold, Unit.FRACTION)
        part = f"liquidated_longs_of_open_interest.{where}"
        found = share(part, apart_from=limit)
        return "summary.cascade.fall_by_share", slots | {"share": found, "limit": share(limit)}
    multiple = f"liquidation_multiple.{where}"
    if volume.median_multiple < defaults.CASCADE_MEDIAN_MULTIPLE and book.known(multiple):
        limit = book.limit("cascade_multiple", defaults.CASCADE_MEDIAN_MULTIPLE, Unit.SCORE)
        found = times(multiple, apart_from=limit)
        return "summary.cascade.fall_by_median", slots | {"multiple": found, "limit": times(limit)}
    return "summary.cascade.fall", slots


def _confirmed(grade: CascadeGrade, slots: dict[str, Slot]) -> tuple[str, dict[str, Slot]]:
    chosen = {"name": slots["name"]}
    if grade in (CascadeGrade.ACTIVE, CascadeGrade.BUILDING):
        chosen["month"] = WindowSlot(Window.MONTH.value)
    if grade is CascadeGrade.CONFIRMED:
        chosen["day"] = slots["day"]
    return f"summary.cascade.{grade.value}", chosen

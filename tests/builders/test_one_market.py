"""A window and its history stand on one market: the same hours, exchanges and contracts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.builders.inputs import HOUR
from bot.builders.loading import window_end
from bot.builders.market import market_report
from bot.builders.observed import observed, same_contracts
from bot.model.report import Status
from bot.model.series import FeedKind, Origin, Series
from bot.model.windows import Window

DAY = Window.DAY


@pytest.fixture(scope="module")
def two(world):
    """BTC on two exchanges."""
    return world.market({"BTC": world.Recipe(exchanges=("binance", "gate"))})


def of_btc(inputs, **changes):
    return replace(inputs, assets={"BTC": replace(inputs.assets["BTC"], **changes)})


def without_last_hours(series, hours):
    return series.where(series.index <= series.index[-1] - hours * HOUR)


def ended(stream, hours):
    notional = replace(
        stream.notional,
        long=without_last_hours(stream.notional.long, hours),
        short=without_last_hours(stream.notional.short, hours),
    )
    return replace(stream, notional=notional, newest=stream.newest - hours * HOUR)


def live(found):
    source = replace_origin(found.source)
    return replace(found, source=source)


def replace_origin(source):
    return type(source)(source.exchange, source.series, source.market, Origin.LIVE)


def test_a_window_ends_where_every_fresh_price_has_come(world):
    inputs = world.market({"BTC": world.Recipe(), "ETH": world.Recipe(seed=2)})
    late = inputs.assets["BTC"].prices
    one_hour_old = replace(late, closes=late.closes.iloc[:-1])
    three_hours_old = replace(late, closes=late.closes.iloc[:-3])
    found = list(inputs.assets.values())
    now = world.AT + timedelta(minutes=30)
    assert window_end(found, now) == world.AT
    found[0] = replace(found[0], prices=one_hour_old)
    assert window_end(found, now) == world.AT - HOUR
    found[0] = replace(found[0], prices=three_hours_old)
    assert window_end(found, now) == world.AT, "what is old holds nobody up"
    assert window_end([], now) == world.AT


@pytest.mark.parametrize(("minutes", "hours_back"), [(0, 1), (9, 1), (10, 0), (40, 0)])
def test_ten_minutes_are_given_to_open_interest_that_is_late(world, two, minutes, hours_back):
    first, second = two.assets["BTC"].contracts
    late = replace(live(second), native=without_last_hours(second.native, 1))
    found = replace(two.assets["BTC"], contracts=(live(first), late))
    end = window_end([found], world.AT + timedelta(minutes=minutes))
    assert end == world.AT - hours_back * HOUR


def test_liquidations_that_are_late_are_awaited_too_but_no_recordings(world, two):
    first, second = two.assets["BTC"].liquidations
    recorded = replace(two.assets["BTC"], liquidations=(live(first), ended(second, 1)))
    coming = replace(recorded, liquidations=(live(first), live(ended(second, 1))))
    assert window_end([recorded], world.AT) == world.AT
    assert window_end([coming], world.AT) == world.AT - HOUR


def test_half_of_the_open_interest_ranks_nothing_and_says_so(world, two):
    first, second = two.assets["BTC"].contracts
    half = of_btc(
        two, contracts=(first, replace(second, native=without_last_hours(second.native, 1)))
    )
    report = market_report(half, DAY, "BTC")
    texts = world.said(report)
    found = {entry.id: entry for entry in report.evidence}
    native = found["open_interest_native_change.BTC.24h"]
    assert native.status is Status.PARTIAL
    assert {source.exchange for source in native.sources} == {"binance"}
    assert "open_interest" not in {driver.name for driver in report.drivers}
    assert not {key for key in texts if key.startswith("summary.regime")}
    assert "Only a part of 24 h is collected for open interest of BTC." in texts.values()


def test_a_recording_that_ended_is_no_part_of_the_window_or_its_history(world, two):
    first, second = two.assets["BTC"].liquidations
    complete = replace(first, kind=FeedKind.COMPLETE)
    alone = of_btc(two, liquidations=(complete,))
    beside = of_btc(two, liquidations=(complete, ended(second, 100)))
    found = observed(beside, ("BTC",), DAY)
    assert found is not None
    assert found.exchanges == ("binance",)
    assert found.is_complete_count
    one, other = (market_report(inputs, DAY, "BTC") for inputs in (alone, beside))
    sums = ("driver.", "rank.", "liquidations.", "coverage.", "summary.")
    texts = [
        {key: text for key, text in world.said(report).items() if key.startswith(sums)}
        for report in (one, other)
    ]
    assert texts[0] == texts[1]


def test_liquidations_are_set_against_the_open_interest_of_the_same_exchanges(two):
    found = observed(two, ("BTC",), DAY)
    assert found is not None
    assert len(same_contracts(two, "BTC", found)) == 2
    first, second = two.assets["BTC"].contracts
    assert same_contracts(of_btc(two, contracts=(first,)), "BTC", found) == ()
    late = replace(second, native=without_last_hours(second.native, 1))
    assert same_contracts(of_btc(two, contracts=(first, late)), "BTC", found) == ()
    only_gate = of_btc(two, liquidations=two.assets["BTC"].liquidations[1:])
    found = observed(only_gate, ("BTC",), DAY)
    assert found is not None
    assert [c.exchange for c in same_contracts(only_gate, "BTC", found)] == ["gate"]


def test_the_age_of_several_assets_is_that_of_the_oldest(world):
    inputs = world.market({"BTC": world.Recipe(), "ETH": world.Recipe(seed=2)})
    source, rates = inputs.assets["ETH"].funding[0]
    old = replace(inputs.assets["ETH"], funding=((source, rates[:-2]),))
    report = market_report(replace(inputs, assets={**inputs.assets, "ETH": old}), DAY)
    ages = [e for e in report.evidence if e.metric == "newest" and Series.FUNDING.value in e.id]
    assert [entry.as_of for entry in ages] == [rates[-3].settled_at]


def test_open_interest_since_the_close_is_fresh_or_not_said(world, two):
    texts = world.said(market_report(two, DAY, "BTC"))
    assert "summary.open_interest_since_close.BTC" in texts
    later = replace(two, now=world.AT + timedelta(minutes=20))
    assert "summary.open_interest_since_close.BTC" not in world.said(
        market_report(later, DAY, "BTC")
    )


def test_a_rare_reading_is_not_called_usual_where_the_data_is_thin(world, two):
    thin = tuple(
        replace(
            stream,
            coverage={
                w: type(c)(c.exchange, c.kind, 60, c.minutes_asked, c.since)
                for w, c in stream.coverage.items()
            },
        )
        for stream in two.assets["BTC"].liquidations
    )
    texts = world.said(market_report(of_btc(two, liquidations=thin), DAY, "BTC"))
    assert texts["rank.long_liquidations"].startswith("too little data to rank it higher")

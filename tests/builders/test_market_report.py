"""Single rules of the market report, each at the place where it could mislead."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from bot.builders.draft import Draft
from bot.builders.evidence import EvidenceBook
from bot.builders.freshness import bars_status, freshness, freshness_limit
from bot.builders.market import market_report
from bot.model.report import Source, Status, Unit
from bot.model.series import FeedKind, Series
from bot.model.windows import Window

HOUR = timedelta(hours=1)


@pytest.fixture
def report_of(world):
    def made(window=Window.DAY, asset="market", now=None, only=None, **changes):
        recipes = {
            name: replace(recipe, **changes) if name == "BTC" else recipe
            for name, recipe in world.FIVE.items()
            if only is None or name in only
        }
        inputs = world.market(recipes, now=now or world.AT + timedelta(seconds=20))
        report = market_report(inputs, window, asset)
        return report, world.said(report)

    return made


# --- age -------------------------------------------------------------------------------------


@pytest.mark.parametrize("asset", ["market", "ETH"])
def test_old_prices_are_said_first(world, report_of, asset):
    _, texts = report_of(asset=asset, now=world.AT + 2 * HOUR)
    assert "summary.stale" not in texts
    old, texts = report_of(asset=asset, now=world.AT + 2 * HOUR + timedelta(seconds=1))
    assert old.statements[0].id == "summary.stale"
    assert texts["summary.stale"] == (
        "**Old prices**: older than their limit of 2 h."
        " The newest closed bar ended 2024-08-05 13:00 UTC."
    )
    statuses = {e.id: e.status for e in old.evidence}
    for metric in ("return.ETH.24h", "price.ETH.now", "beta.ETH.30d", "decline.BTC.30d"):
        if metric in statuses:
            assert statuses[metric] is Status.STALE, metric
    assert any(key.startswith("missing.stale.prices") for key in texts)


def test_freshness(world):
    limit = freshness_limit(Series.TICKERS)
    assert limit == timedelta(minutes=2)
    assert freshness_limit(Series.OPEN_INTEREST) == timedelta(minutes=10)
    assert freshness_limit(Series.FUNDING) == 9 * HOUR
    assert freshness_limit(Series.CANDLES) == 2 * HOUR
    assert freshness_limit(Series.LIQUIDATIONS, "1m") == timedelta(minutes=2)
    assert freshness_limit(Series.LIQUIDATIONS) == 2 * HOUR
    assert freshness(world.AT, world.AT + limit, limit) is Status.OK
    assert freshness(world.AT, world.AT + limit * 1.01, limit) is Status.STALE
    assert freshness(None, world.AT, limit) is Status.UNKNOWN
    assert bars_status(world.AT, world.AT + 3 * HOUR) is Status.STALE


def test_a_stale_ticker_says_nothing(world, report_of):
    assert "summary.since_close.BTC" in report_of()[1]
    late = world.AT + timedelta(minutes=2, seconds=16)
    assert "summary.since_close.BTC" not in report_of(now=late)[1]


def test_the_last_price_of_another_market_is_no_move(report_of):
    assert "summary.since_close.BTC" not in report_of(market="spot")[1]
    assert "+0.30 %" in report_of()[1]["summary.since_close.BTC"]


# --- one asset only --------------------------------------------------------------------------


def test_a_market_of_one_asset_has_all_its_drivers(report_of):
    report, texts = report_of(only=["BTC"])
    assert {driver.name for driver in report.drivers} == {"open_interest", "long_liquidations"}
    assert "context.open_interest.BTC" in texts
    assert texts["headline"].startswith("BTC fell")
    assert "altcoins" not in texts["headline"]


def test_btc_is_never_compared_with_itself(world):
    inputs = world.market(world.FIVE, altcoins=("BTC", "ETH", "SOL"))
    for asset in ("market", "BTC"):
        texts = world.said(market_report(inputs, Window.DAY, asset))
        assert "altcoins.BTC" not in texts
        assert "driver.btc_move" not in texts


def test_without_btc_the_first_asset_leads(report_of):
    _, texts = report_of(only=["ETH", "SOL"])
    assert texts["headline"].startswith("ETH fell")
    assert "Not enough data for beta to BTC of ETH, SOL over 24 h." in texts.values()


# --- thresholds ------------------------------------------------------------------------------


def test_the_limit_of_a_decline_is_what_the_drawdown_is_compared_with(world):
    recipe = world.Recipe(fall=-0.0492, noise=1e-7)
    texts = world.said(market_report(world.market({"BTC": recipe}), Window.DAY, "BTC"))
    assert "BTC stands −4.80 %" in texts["summary.shape.BTC"]
    assert "starts at −4.88 %" in texts["summary.shape.BTC"]


def test_almost_all_is_not_all(world):
    recipe = world.Recipe()
    inputs = world.market({"BTC": recipe})
    (found,) = inputs.assets["BTC"].liquidations
    covered = {
        window: replace_coverage(one, int(one.minutes_asked * 0.9965))
        for window, one in found.coverage.items()
    }
    asset = replace(inputs.assets["BTC"], liquidations=(replace(found, coverage=covered),))
    report = market_report(replace(inputs, assets={"BTC": asset}), Window.MONTH, "BTC")
    texts = world.said(report)
    assert ": 99.6 % of the minutes of 30 d collected" in texts["coverage.binance"]
    assert "Only a part of 30 d is collected for liquidations of BTC." in texts.values()


def replace_coverage(coverage, minutes):
    return msgspec.structs.replace(coverage, minutes_collected=minutes)


def test_a_class_that_needs_no_sigma_is_said_without_it(world):
    # 400 hours: too few before the peak for a σ, yet a fall spread evenly over them is a grind
    # or a staircase whatever σ was; the sentence must not stand on the unknown value.
    recipe = world.Recipe(hours=721, fall=0.0, noise=0.0)
    inputs = world.market({"BTC": recipe})
    closes = inputs.closes("BTC")
    closes[:] = [50_000 * 0.9996**hour for hour in range(len(closes))]
    texts = world.said(market_report(inputs, Window.DAY, "BTC"))
    assert "GRIND" in texts["summary.shape.BTC"]


# --- cascade ---------------------------------------------------------------------------------


def test_cascade_grades_are_said_with_their_figures(report_of):
    assert "No cascade: BTC moved" in report_of(fall=-0.01)[1]["summary.cascade.BTC"]
    fall = report_of()[1]["summary.cascade.BTC"]
    assert fall.startswith("A fall without confirmed forced selling")
    assert "(confirmed from 30.0 ×)" in fall
    complete = report_of(kind=FeedKind.COMPLETE)[1]["summary.cascade.BTC"]
    assert "of open interest (confirmed from 3 %)" in complete


@pytest.mark.parametrize(
    ("last_hours", "every", "wording"),
    [
        ((1, 1, 1, 900), 15, "active: liquidated longs of BTC in the last hour are higher"),
        ((900, 1, 1, 1), 15, "fading: liquidated longs of BTC are back"),
        ((300, 300, 1, 19), 40, "building: liquidated longs of BTC are rising"),
        ((1, 1, 900, 2), 15, "forced selling of BTC is confirmed over 24 h"),
    ],
)
def test_a_cascade_is_said_when_the_feeds_show_it(world, last_hours, every, wording):
    inputs = world.market({"BTC": world.Recipe(kind=FeedKind.COMPLETE, short=0.001)})
    long = inputs.assets["BTC"].liquidations[0].notional.long
    long[:] = 1e5
    # Every 15th hour sets the 95th percentile, every 40th only the 99th.
    long.iloc[:-30:every] = 2e7
    long.iloc[-4:] = [hour * 1e6 for hour in last_hours]
    report = market_report(inputs, Window.DAY, "BTC")
    values = {entry.id: entry.value for entry in report.evidence}
    assert values["cascade_rule.BTC.24h"] == 1.0
    assert (values["liquidated_longs_of_open_interest.BTC.24h"] or 0) > 0.03
    said = world.said(report)["summary.cascade.BTC"]
    assert said.startswith("A cascade by the rule")
    assert wording in said


def test_a_grade_that_is_unknown_is_listed_as_such(report_of):
    report, texts = report_of(hours=200, short=9.0)
    assert "summary.cascade.BTC" not in texts
    assert "Not enough data for a cascade of BTC over 24 h." in texts.values()
    rule = next(e for e in report.evidence if e.id == "cascade_rule.BTC.24h")
    assert rule.status is Status.UNKNOWN


# --- ranking ---------------------------------------------------------------------------------


def test_few_windows_are_not_ranked(report_of):
    report, texts = report_of(window=Window.WEEK)
    for driver in (*report.drivers, *report.counter_evidence):
        if driver.n < 21:
            assert driver.score is None
            assert driver.percentile is None
            count = f"{driver.n} earlier windows are too few"
            assert texts[f"rank.{driver.name}"] == f"not ranked: {count}"


def test_counter_evidence_is_listed_however_small(report_of):
    for size in (1e-6, 1.0):
        report, texts = report_of(short=size)
        assert [driver.name for driver in report.counter_evidence] == ["short_liquidations"]
        assert "driver.short_liquidations" in texts


def test_an_unusual_reading_is_above_its_own_history(report_of):
    report, texts = report_of()
    for driver in (*report.drivers, *report.counter_evidence):
        assert driver.percentile == pytest.approx(1 - driver.p)
        is_usual = texts[f"rank.{driver.name}"].startswith("no unusual reading")
        assert is_usual == (driver.score < 10)


# --- sources ---------------------------------------------------------------------------------


def test_every_source_of_a_shown_value_is_listed(report_of):
    report, texts = report_of()
    sources = {s for e in report.evidence for s in e.sources}
    listed = [text for key, text in texts.items() if key.startswith("source.")]
    assert len(listed) == len(sources)
    assert "binance tickers (perpetual, from the exchange), 2024-08-05 13:00 UTC" in listed
    assert "binance liquidations (perpetual, recorded), 2024-08-05 13:00 UTC" in listed


# --- the book --------------------------------------------------------------------------------


def test_the_book_of_evidence(world):
    book = EvidenceBook(world.AT)
    name = book.add("return", "BTC", "24h", -0.1, Unit.FRACTION, sources=(Source("gate", "x"),))
    assert name == "return.BTC.24h"
    assert book.add("newest", "BTC", "now", 1, Unit.HOURS, exchange="gate") == "newest.BTC.now.gate"
    for value in (None, float("nan"), float("inf")):
        lost = book.add("lost", "BTC", "24h", value, Unit.FRACTION, parents=(name, "nobody"))
        assert book.get(lost).status is Status.UNKNOWN
        assert book.get(lost).value is None
        assert book.get(lost).as_of is None
        assert book.get(lost).parents == (name,)
        assert not book.known(name, lost)
    unknown = book.add("kept", "BTC", "24h", 1.0, Unit.USD, status=Status.UNKNOWN)
    assert book.get(unknown).value is None
    assert book.known(name)
    assert not book.known("nobody")
    assert book.value(name) == -0.1
    assert book.value("nobody") != book.value("nobody")
    assert book.limit("fall", 0.3, Unit.FRACTION) == "limit_fall.method.rule"
    with pytest.raises(KeyError):
        book.get("nobody")


def test_a_draft_without_assets_in_common(world):
    draft = Draft(world.market({"ETH": world.Recipe()}), Window.DAY)
    assert draft.lead == "ETH"
    assert draft.assets == ("ETH",)

"""The recorded 2024-08-05, imported into a real store, reported on, and published by the board."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from bot.builders.board import Board, build, standing_keys
from bot.builders.loading import Universe, load_inputs
from bot.builders.market import market_report
from bot.clock import Clock
from bot.collectors.recorded import import_recorded
from bot.metrics import Metrics
from bot.model.report import ReportKey
from bot.model.windows import Window
from bot.store.requests import RequestState
from bot.store.schema import migrate
from bot.store.store import open_store

ASSETS = ("BTC", "ETH", "SOL", "XRP", "BNB")
UNIVERSE = Universe(ASSETS, ASSETS[1:], ("binance", "gate"))
NOW = datetime(2024, 8, 5, 13, 0, 20, tzinfo=UTC)
pytestmark = pytest.mark.recorded


@pytest.fixture(scope="module")
def url(recorded_data, tmp_path_factory):
    """The URL of a database that holds what was known of the episode at NOW."""
    address = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('recorded') / 'undertow.db'}"
    asyncio.run(_import(address, recorded_data / "episodes" / "2024-08-05"))
    return address


async def _import(address, folder):
    await migrate(address)
    clock = Clock.starting_at(NOW)
    async with open_store(address, clock) as store:
        await import_recorded(folder, store, clock)


@pytest.fixture(scope="module")
def inputs(url):
    async def load():
        async with open_store(url, Clock.starting_at(NOW)) as store:
            return await load_inputs(store, UNIVERSE, NOW)

    return asyncio.run(load())


@pytest.fixture(scope="module")
def market(inputs, world):
    report = market_report(inputs, Window.DAY)
    return report, world.said(report)


def test_the_day_ends_at_the_last_closed_bar(market, inputs):
    assert market[0].as_of == inputs.at == NOW.replace(second=0)


def test_prices(market):
    report, texts = market
    values = {entry.id: entry.value for entry in report.evidence}
    wanted = {"BTC": -0.184, "ETH": -0.238, "SOL": -0.228, "BNB": -0.217}
    for asset, change in wanted.items():
        assert values[f"return.{asset}.24h"] == pytest.approx(change, abs=0.001)
        assert f"−{abs(change):.1%}".replace("%", " %") in texts[f"price.{asset}"]
        assert "(perpetual)" in texts[f"price.{asset}"]
    assert "−19.7 % (spot)" in texts["price.XRP"]
    assert texts["headline"] == "BTC fell 18.4 % over 24 h; altcoins −23.8 % to −19.7 %"


def test_open_interest_in_coins_beside_usd(market):
    report, texts = market
    values = {entry.id: entry.value for entry in report.evidence}
    assert values["open_interest_native_change.BTC.24h"] == pytest.approx(-0.138, abs=0.002)
    assert texts["context.open_interest.BTC"] == (
        "**BTC** open interest −13.8 % in coins, −29.7 % in USD"
    )
    assert "open interest −13.8 % in coins over 24 h" in texts["summary.regime.BTC"]


def test_liquidations_are_lower_bounds(market):
    assert market[1]["liquidations.BTC"] == "**BTC** at least $55.8 M long, $17.9 M short (binance)"
    assert "a sampled feed that shows only a part, recorded" in market[1]["coverage.binance"]


def test_a_shock_without_a_confirmed_cascade(market):
    assert market[1]["summary.shape.BTC"].startswith(
        "**SHOCK** since 2024-07-29 13:00 UTC: 60.3 % of the log fall"
    )
    assert market[1]["summary.cascade.BTC"].startswith("A fall without confirmed forced selling")
    assert "coincided" not in market[1]["summary.cascade.BTC"]


def test_what_is_missing_is_named(market):
    texts = market[1]
    lines = [text for key, text in texts.items() if key.startswith("missing.")]
    assert "Not enough data for open interest of XRP, BNB over 24 h." in lines
    assert "Nothing was received from gate." in lines
    assert not [key for key in texts if key.startswith("context.open_interest.BNB")]


def test_drivers_and_counter_evidence(market):
    report = market[0]
    assert {driver.name for driver in report.drivers} == {"long_liquidations", "open_interest"}
    assert [driver.name for driver in report.counter_evidence] == ["short_liquidations"]
    assert all(driver.direction == -1 for driver in report.drivers)
    assert report.counter_evidence[0].direction == 1


def test_the_asset_itself(inputs, world):
    texts = world.said(market_report(inputs, Window.DAY, "BNB"))
    assert texts["headline"] == "BNB fell 21.7 % over 24 h"
    missing = " ".join(text for key, text in texts.items() if key.startswith("missing."))
    assert "open interest of BNB" in missing
    assert (
        "Of the move of BNB, in logs −24.5 %, BTC accounts arithmetically for"
        in texts["driver.btc_move"]
    )


@pytest.mark.parametrize("asset", ["market", *ASSETS])
@pytest.mark.parametrize("window", list(Window))
def test_every_standing_report_is_clean(inputs, world, asset, window):
    texts = world.said(market_report(inputs, window, asset))
    assert not re.search(r"\bnan\b|\{", " ".join(texts.values()))


async def test_the_board_publishes_and_answers(url):
    clock = Clock.starting_at(NOW)
    async with open_store(url, clock) as store:
        board = Board(store, UNIVERSE, clock, Metrics())
        await board.answer_requests()  # nothing to answer from, and nothing asked: no harm
        version = await board.rebuild()
        standing = await store.publications.since(version - 1)
        assert {one.key for one in standing} == set(standing_keys(UNIVERSE))
        asked = ReportKey("market", "ETH", "7d")
        good = await store.requests.ask(asked)
        bad = [
            await store.requests.ask(ReportKey(*parts))
            for parts in (
                ("market", "NOPE", "24h"),
                ("market", "BTC", "99h"),
                ("odd", "BTC", "24h"),
            )
        ]
        await board.answer_requests()
        assert await store.requests.state(good) is RequestState.ANSWERED
        assert {await store.requests.state(one) for one in bad} == {RequestState.FAILED}
        (answer,) = await store.publications.since(version)
        assert answer.key == asked
        assert answer.report().window == "7d"


def test_unknown_kinds_and_assets(inputs):
    for key in (ReportKey("odd", "BTC", "24h"), ReportKey("market", "NOPE", "24h")):
        with pytest.raises(KeyError):
            build(key, inputs)

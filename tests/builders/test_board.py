"""The board: one report that cannot be built keeps no other from publication."""

from datetime import UTC, datetime

import pytest

from bot.builders import board as boards
from bot.builders.board import Board, standing_keys
from bot.builders.loading import Universe
from bot.clock import Clock
from bot.metrics import Metrics
from bot.model.report import MARKET, Report, ReportKey, Statement
from bot.store.requests import RequestState
from bot.store.schema import migrate
from bot.store.store import open_store

NOW = datetime(2024, 8, 5, 13, tzinfo=UTC)
UNIVERSE = Universe(("BTC", "ETH"), ("ETH",), ("gate",))
BAD = ReportKey(MARKET, "BTC", "24h")


@pytest.fixture
async def store(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'undertow.db'}"
    await migrate(url)
    async with open_store(url, Clock.starting_at(NOW)) as opened:
        yield opened


@pytest.fixture
def broken(monkeypatch):
    """The keys whose reports cannot be built; all others are empty reports."""
    keys: set[ReportKey] = set()

    def report(_inputs, window, asset):
        if ReportKey(MARKET, asset, window.value) in keys:
            raise ZeroDivisionError
        headline = Statement("headline", "headline.asset", {}, ())
        return Report(MARKET, asset, window.value, NOW, 0, headline, ())

    monkeypatch.setitem(boards._BUILDERS, MARKET, report)
    return keys


async def test_a_report_that_fails_keeps_its_last_version(store, broken):
    board = Board(store, UNIVERSE, Clock.starting_at(NOW), Metrics())
    assert await board.rebuild() == 1
    broken.add(BAD)
    assert await board.rebuild() == 2
    versions = {one.key: one.version for one in await store.publications.since(0)}
    assert versions.pop(BAD) == 1
    assert set(versions) == set(standing_keys(UNIVERSE)) - {BAD}
    assert set(versions.values()) == {2}


async def test_a_request_for_a_report_that_fails_is_told_so(store, broken):
    board = Board(store, UNIVERSE, Clock.starting_at(NOW), Metrics())
    broken.add(BAD)
    await board.rebuild()
    bad = await store.requests.ask(BAD)
    good = await store.requests.ask(ReportKey(MARKET, "ETH", "7d"))
    await board.answer_requests()
    assert await store.requests.state(bad) is RequestState.FAILED
    assert await store.requests.state(good) is RequestState.ANSWERED

"""The desk: at once from what stands, else with a request and some patience."""

from datetime import timedelta

import pytest

from bot.answers.desk import LOOK_PAUSE, PATIENCE, Desk, Problem
from bot.answers.published import KEPT_UP, PublishedReports
from bot.metrics import Metrics
from bot.model.report import ReportKey
from bot.settings import Role
from bot.store.requests import RequestState

KEY = ReportKey("market", "ETH", "7d")
OTHER = ReportKey("market", "ETH", "24h")


@pytest.fixture
async def desk(stores, clock):
    """A desk whose collector was seen this moment, and which looks while it waits."""
    collector, gateway = stores
    published = PublishedReports(gateway, clock, Metrics())

    async def look():
        await published.refresh()

    await collector.signs.give(Role.COLLECTOR)
    await published.refresh()
    clock.meanwhile = look
    return Desk(gateway, published, clock)


def alive(stores, clock, then=None):
    """Let the collector show its sign at every look, and do `then` with the open requests."""
    collector, _ = stores
    look = clock.meanwhile

    async def work():
        await collector.signs.give(Role.COLLECTOR)
        if then is not None:
            await then(await collector.requests.open(clock.now()))
        await look()

    clock.meanwhile = work


async def test_what_stands_is_answered_at_once(stores, desk, clock, make_report):
    assert desk.at_once(KEY) is None
    await stores[0].publications.publish([make_report(asset="ETH", window="7d")])
    await clock.meanwhile()
    answer = desk.at_once(KEY)
    assert answer.standing.key == KEY
    assert (answer.problem, answer.down_since, answer.is_nearest) == (None, None, False)
    assert (await desk.prepared(KEY)).standing.key == KEY
    assert clock.slept == []


async def test_what_stands_is_served_with_a_word_when_the_collector_is_down(
    stores, desk, clock, make_report
):
    await stores[0].publications.publish([make_report(asset="ETH", window="7d")])
    await clock.meanwhile()
    seen = clock.now()
    clock.move(11)
    answer = desk.at_once(KEY)
    assert (answer.problem, answer.down_since) == (Problem.DOWN, seen)
    assert (answer.standing.key, answer.is_nearest) == (KEY, False)


async def test_a_report_that_stood_still_is_prepared_anew(stores, desk, clock, make_report):
    collector, _ = stores
    await collector.publications.publish([make_report(asset="ETH", window="7d")])
    clock.move(KEPT_UP.total_seconds() + 1)
    await clock.meanwhile()
    assert desk.at_once(KEY).problem is Problem.DOWN

    async def build(requests):
        for request in requests:
            await collector.publications.publish([make_report(-0.3, "ETH", "7d")])
            await collector.requests.answered(request.id)

    alive(stores, clock, build)
    await collector.signs.give(Role.COLLECTOR)
    await desk._published.refresh()
    assert desk.at_once(KEY) is None
    answer = await desk.prepared(KEY)
    assert (answer.standing.version, answer.problem) == (2, None)


async def test_old_reports_are_shown_as_such_until_the_collector_is_there_again(
    stores, clock, make_report
):
    collector, gateway = stores
    await collector.publications.publish([make_report(asset="ETH", window="7d")])
    await collector.signs.give(Role.COLLECTOR)
    clock.move(KEPT_UP.total_seconds() + 1)
    published = PublishedReports(gateway, clock, Metrics())
    await published.refresh()
    answer = Desk(gateway, published, clock).at_once(KEY)
    assert answer is not None
    assert answer.standing is not None
    assert (answer.standing.key, answer.problem) == (KEY, Problem.LATE)


async def test_a_request_is_answered_by_the_collector(stores, desk, clock, make_report):
    collector, gateway = stores
    answered = []

    async def build(requests):
        if len(clock.slept) < 3:
            return
        for request in requests:
            report = make_report(asset=request.key.asset, window=request.key.window)
            await collector.publications.publish([report])
            await collector.requests.answered(request.id)
            answered.append(request)

    alive(stores, clock, build)
    answer = await desk.prepared(KEY)
    assert answer.standing.key == KEY
    assert answer.standing.embed("en").title == "over 7 d: −18.4 %"
    assert answer.down_since is None
    assert [request.key for request in answered] == [KEY]
    assert clock.slept == [LOOK_PAUSE.total_seconds()] * 3
    assert await gateway.requests.state(answered[0].id) is RequestState.ANSWERED


async def test_without_a_sign_the_nearest_is_shown(stores, desk, clock, make_report):
    await stores[0].publications.publish([make_report(asset="ETH", window="24h")])
    await clock.meanwhile()
    seen = clock.now()
    answer = await desk.prepared(KEY)
    assert (answer.standing.key, answer.is_nearest) == (OTHER, True)
    assert (answer.problem, answer.down_since) == (Problem.DOWN, seen)
    assert 10 < sum(clock.slept) < 11


async def test_without_a_sign_and_a_report_there_is_none(desk):
    answer = await desk.prepared(KEY)
    assert (answer.standing, answer.is_nearest) == (None, False)
    assert answer.problem is Problem.DOWN
    assert answer.down_since is not None


@pytest.mark.parametrize("has_another", [False, True])
async def test_a_request_that_fails_ends_the_wait(stores, desk, clock, make_report, has_another):
    collector, _ = stores
    if has_another:
        await collector.publications.publish([make_report(asset="ETH", window="24h")])
        await clock.meanwhile()

    async def refuse(requests):
        for request in requests:
            await collector.requests.answered(request.id, RequestState.FAILED)

    alive(stores, clock, refuse)
    answer = await desk.prepared(KEY)
    assert (answer.standing is not None) is answer.is_nearest is has_another
    assert (answer.problem, answer.down_since) == (Problem.FAILED, None)
    assert len(clock.slept) <= 2


@pytest.fixture
def slow_looks(monkeypatch):
    """Look at every fifth second: the time passes in fewer steps."""
    monkeypatch.setattr("bot.answers.desk.LOOK_PAUSE", timedelta(seconds=5))


@pytest.mark.usefixtures("slow_looks")
async def test_patience_ends(stores, desk, clock, make_report):
    await stores[0].publications.publish([make_report(asset="ETH", window="24h")])
    alive(stores, clock)
    answer = await desk.prepared(KEY)
    assert sum(clock.slept) == pytest.approx(PATIENCE.total_seconds(), abs=5)
    assert (answer.standing.key, answer.is_nearest) == (OTHER, True)
    assert (answer.problem, answer.down_since) == (Problem.LATE, None)


@pytest.mark.usefixtures("slow_looks")
async def test_without_a_report_it_tells_what_the_collector_does(stores, desk, clock):
    collector, _ = stores

    async def fetch():
        await collector.signs.give(Role.COLLECTOR, "gate tickers BTC/USDT:USDT: 5")
        await desk._published.refresh()

    clock.meanwhile = fetch
    answer = await desk.prepared(KEY)
    assert (answer.standing, answer.problem) == (None, Problem.LATE)
    assert answer.note == "gate tickers BTC/USDT:USDT: 5"


@pytest.mark.usefixtures("slow_looks")
async def test_a_request_expires(stores, desk, clock):
    collector, gateway = stores
    alive(stores, clock)
    await desk.prepared(KEY)
    (request,) = await collector.requests.open(clock.now())
    clock.move(600)
    assert await collector.requests.open(clock.now()) == []
    assert await gateway.requests.state(request.id) is RequestState.EXPIRED


@pytest.mark.usefixtures("slow_looks")
async def test_two_who_ask_leave_one_request(stores, desk, clock):
    collector, _ = stores
    alive(stores, clock)
    await desk.prepared(KEY)
    await desk.prepared(KEY)
    assert len(await collector.requests.open(clock.now())) == 1

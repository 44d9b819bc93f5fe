"""The published reports in memory, over two stores on one file."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.answers import published
from bot.answers.published import KEPT_UP, RENDER_PAUSE, PublishedReports
from bot.metrics import Metrics
from bot.model.report import ReportKey
from bot.rendering.embeds import report_embed
from bot.settings import Role

KEY = ReportKey("market", "BTC", "24h")


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def reports(stores, clock, metrics):
    return PublishedReports(stores[1], clock, metrics)


async def test_nothing_is_published_yet(reports):
    await reports.refresh()
    assert reports.version == 0
    assert reports.get(KEY) is None
    assert reports.nearest(KEY) is None
    assert reports.collector_note == ""


async def test_what_was_published_before_the_start_is_found(stores, reports, make_report):
    await stores[0].publications.publish([make_report()])
    await reports.refresh()
    assert reports.version == 1
    assert reports.get(KEY).embed("en").title == "over 24 h: −18.4 %"


async def test_a_new_version_is_noticed(stores, reports, metrics, make_report):
    collector, _ = stores
    await collector.publications.publish([make_report(), make_report(asset="ETH")])
    await reports.refresh()
    first = reports.get(KEY)
    await reports.refresh()
    assert reports.get(KEY) is first
    await collector.publications.publish([make_report(-0.2)])
    assert reports.get(KEY) is first
    await reports.refresh()
    assert reports.get(KEY).version == reports.version == 2
    assert reports.get(KEY).embed("en").title == "over 24 h: −20.0 %"
    assert reports.get(ReportKey("market", "ETH", "24h")).version == 1
    assert metrics.registry.get_sample_value("undertow_served_version") == 2


async def test_a_report_is_rendered_once_for_each_language(
    stores, reports, make_report, monkeypatch
):
    rendered = []

    def counted(shown):
        rendered.append(shown)
        return report_embed(shown)

    monkeypatch.setattr(published, "report_embed", counted)
    await stores[0].publications.publish([make_report()])
    await reports.refresh()
    assert not rendered
    english = reports.get(KEY).embed("en")
    assert reports.get(KEY).embed("en") is english
    assert len(rendered) == 1
    assert reports.get(KEY).embed("xx").title == english.title
    assert len(rendered) == 2
    reports.render_all("en")
    assert len(rendered) == 2


async def test_what_is_new_is_rendered_before_it_is_asked_for(
    stores, reports, clock, make_report, monkeypatch
):
    collector, _ = stores
    rendered = []

    def counted(shown):
        rendered.append(shown.title)
        if len(rendered) == 2:
            raise ValueError("damaged")
        return report_embed(shown)

    monkeypatch.setattr(published, "report_embed", counted)
    await collector.publications.publish([make_report(asset=asset) for asset in ("A1", "A2", "A3")])
    task = asyncio.create_task(reports.keep_fresh())
    async with asyncio.timeout(5):
        while clock.slept.count(published.WATCH_PAUSE.total_seconds()) < 3:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)
    task.cancel()
    assert len(rendered) == 3, "the damaged one is not tried again and keeps no other"
    assert clock.slept.count(RENDER_PAUSE.total_seconds()) == 3, "each in a turn of its own"
    assert reports.get(ReportKey("market", "A1", "24h")).embed("en").title
    assert len(rendered) == 3


async def test_memory_serves_while_the_database_fails(
    stores, reports, clock, make_report, monkeypatch
):
    collector, gateway = stores
    await collector.publications.publish([make_report()])
    await reports.refresh()
    await collector.publications.publish([make_report(-0.3)])
    real, failures = gateway.publications.since, []

    async def broken(version):
        failures.append(version)
        if len(failures) < 3:
            raise OperationalError("SELECT", {}, Exception("disk I/O error"))
        return await real(version)

    monkeypatch.setattr(gateway.publications, "since", broken)
    task = asyncio.create_task(reports.keep_fresh())
    for _ in range(2000):
        await asyncio.sleep(0.001)
        assert reports.get(KEY) is not None
        if reports.version == 2:
            break
    task.cancel()
    # The change was told of once, before the reading failed: it was not forgotten.
    assert reports.version == 2
    assert len(failures) == 3
    assert clock.slept.count(5) == 2


async def test_the_collector_that_was_never_seen_is_silent_after_ten_seconds(reports, clock):
    began = clock.now()
    await reports.refresh()
    clock.move(10)
    assert reports.silent_since() is None
    clock.move(1)
    assert reports.silent_since() == began


async def test_the_collector_falls_silent_and_comes_back(stores, reports, clock):
    collector, _ = stores
    clock.move(100)
    await collector.signs.give(Role.COLLECTOR, "collecting candles")
    seen = clock.now()
    await reports.refresh()
    assert reports.collector_note == "collecting candles"
    clock.move(10)
    assert reports.silent_since() is None
    clock.move(0.1)
    assert reports.silent_since() == seen
    await collector.signs.give(Role.COLLECTOR)
    await reports.refresh()
    assert reports.silent_since() is None


async def test_an_old_sign_counts_only_ten_seconds_after_the_watch_began(stores, clock):
    collector, gateway = stores
    await collector.signs.give(Role.COLLECTOR)
    old = clock.now()
    clock.move(3600)
    reports = PublishedReports(gateway, clock, Metrics())
    await reports.refresh()
    assert reports.silent_since() is None
    clock.move(11)
    assert reports.silent_since() == old


async def test_the_nearest_has_the_asset_then_the_window_then_is_the_newest(
    stores, reports, make_report
):
    await stores[0].publications.publish(
        [
            make_report(asset="market", window="7d"),
            make_report(asset="market", window="24h"),
            make_report(asset="BTC", window="24h"),
        ]
    )
    await reports.refresh()

    def nearest(asset, window):
        return str(reports.nearest(ReportKey("market", asset, window)).key)

    assert nearest("BTC", "7d") == "market.BTC.24h"
    assert nearest("SOL", "7d") == "market.market.7d"
    assert reports.nearest(ReportKey("odd", "BTC", "24h")) is None


async def test_what_is_not_kept_up_is_left_behind_while_the_collector_lives(
    stores, reports, clock, make_report
):
    collector, _ = stores
    asked = ReportKey("market", "ETH", "7d")
    await collector.publications.publish([make_report(asset="ETH", window="7d")])
    for pause, stands in ((KEPT_UP, True), (timedelta(seconds=1), False)):
        clock.move(pause.total_seconds())
        await collector.signs.give(Role.COLLECTOR)
        await reports.refresh()
        assert (reports.get(asked) is not None) is stands, pause
    standing = reports.nearest(asked)
    assert standing.key == asked
    assert reports.is_overdue(standing)


async def test_what_stood_when_the_collector_was_seen_last_goes_on_standing(
    stores, reports, clock, make_report
):
    collector, _ = stores
    old = ReportKey("market", "ETH", "7d")
    await collector.publications.publish([make_report(asset="ETH", window="7d")])
    clock.move(KEPT_UP.total_seconds() + 1)
    await collector.publications.publish([make_report()])
    await collector.signs.give(Role.COLLECTOR)
    await reports.refresh()
    assert not reports.is_overdue(reports.get(KEY))
    clock.move(timedelta(days=1).total_seconds())
    await reports.refresh()
    assert reports.is_overdue(reports.get(KEY))
    assert reports.get(old) is None

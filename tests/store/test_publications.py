import asyncio
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.store.publications import superfluous
from bot.store.store import open_store

NOW = datetime(2024, 8, 5, 12, tzinfo=UTC)
HOUR, DAY = 3_600_000, 86_400_000


async def test_nothing_is_published_at_first(store):
    assert await store.publications.version() == 0
    assert await store.publications.since(0) == []


async def test_a_published_report_comes_back_with_its_version(store, clock, make_report):
    key, report = make_report()
    assert await store.publications.publish([(key, report)]) == 1
    (published,) = await store.publications.since(0)
    assert published.report() == replace(report, version=1)
    assert (published.key, published.version) == (key, 1)
    assert (published.as_of, published.published_at) == (report.as_of, clock.now())


async def test_one_round_has_one_version(store, make_report):
    reports = [make_report(asset=asset) for asset in ("SOL", "BTC", "ETH")]
    assert await store.publications.publish(reports) == 1
    assert await store.publications.publish(reports[:1]) == 2
    assert await store.publications.version() == 2
    found = await store.publications.since(0)
    assert [(one.key.asset, one.version) for one in found] == [("BTC", 1), ("ETH", 1), ("SOL", 2)]
    assert [(one.key.asset, one.version) for one in await store.publications.since(1)] == [
        ("SOL", 2)
    ]
    assert await store.publications.since(2) == []


async def test_an_empty_round_is_a_version_too(store):
    assert await store.publications.publish([]) == 1
    assert await store.publications.since(0) == []


async def test_of_a_key_twice_in_a_round_the_last_stands(store, make_report):
    first, last = make_report(-0.1), make_report(-0.2)
    await store.publications.publish([first, last])
    (published,) = await store.publications.since(0)
    assert published.report().evidence[0].value == -0.2


async def test_versions_rise_when_two_processes_publish(url, clock, make_report):
    async with open_store(url, clock) as one, open_store(url, clock) as two:
        await one.publications.publish([])
        versions = await asyncio.gather(
            *(
                store.publications.publish([make_report()])
                for store in (one, two)
                for _ in range(10)
            )
        )
    assert sorted(versions) == list(range(2, 22))


async def test_old_versions_are_pruned_and_the_newest_kept(store, clock, make_report):
    for _ in range(40):
        await store.publications.publish([make_report(), make_report(asset="ETH")])
        clock.move(minutes=15)
    assert await store.publications.prune(clock.now()) == 2 * 30
    assert await store.publications.prune(clock.now()) == 0
    clock.move(days=100)
    assert await store.publications.prune(clock.now()) == 2 * 9
    assert [one.version for one in await store.publications.since(0)] == [40, 40]


async def test_many_are_pruned_at_once(store, clock, make_report):
    reports = [make_report(asset=f"A{number}") for number in range(700)]
    for _ in range(4):
        await store.publications.publish(reports)
    assert await store.publications.prune(clock.now()) == 2100
    assert len(await store.publications.since(0)) == 700


@settings(deadline=None)
@given(st.lists(st.integers(0, 70 * 24 * 4), max_size=40))
def test_superfluous_against_the_rules(quarters):
    now = 10**12
    ages = [quarter * HOUR // 4 for quarter in sorted(quarters, reverse=True)]
    editions = [("key", version, now - age) for version, age in enumerate(ages)]

    def last_of(edition, length):
        return edition == [one for one in editions if one[2] // length == edition[2] // length][-1]

    kept = [
        one
        for one in editions
        if one == editions[-1]
        or (now - one[2] <= 7 * DAY and last_of(one, HOUR))
        or (now - one[2] <= 60 * DAY and last_of(one, DAY))
    ]
    assert sorted(superfluous(editions, now)) == [one for one in editions if one not in kept]


def test_keys_are_pruned_apart():
    editions = [("a", 1, 10), ("b", 2, 10), ("a", 3, 10)]
    assert superfluous(editions, 10) == [("a", 1, 10)]

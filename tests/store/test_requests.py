import asyncio

import pytest

from bot.model.report import ReportKey
from bot.store.database import open_database
from bot.store.requests import Request, Requests, RequestState
from bot.store.store import open_store

KEY = ReportKey("liquidations", "DOGE", "7d")
OTHER = ReportKey("market", "ADA", "24h")


async def test_a_request_is_open_until_it_is_answered(store, clock):
    number = await store.requests.ask(KEY)
    assert await store.requests.open(clock.now()) == [Request(number, KEY, clock.now())]
    assert await store.requests.state(number) is RequestState.OPEN
    await store.requests.answered(number)
    assert await store.requests.open(clock.now()) == []
    assert await store.requests.state(number) is RequestState.ANSWERED


async def test_a_request_may_fail_and_stays_so(store, clock):
    number = await store.requests.ask(KEY)
    await store.requests.answered(number, RequestState.FAILED)
    await store.requests.answered(number)
    assert await store.requests.state(number) is RequestState.FAILED
    assert await store.requests.open(clock.now()) == []


async def test_one_open_request_for_each_key(store, clock):
    first = await store.requests.ask(KEY)
    clock.move(minutes=1)
    other = await store.requests.ask(OTHER)
    assert await store.requests.ask(KEY) == first
    assert [one.id for one in await store.requests.open(clock.now())] == [first, other]
    await store.requests.answered(first)
    assert await store.requests.ask(KEY) not in {first, other}


async def test_requests_expire_after_ten_minutes(store, clock):
    number = await store.requests.ask(KEY)
    clock.move(minutes=9, seconds=59)
    assert [one.id for one in await store.requests.open(clock.now())] == [number]
    clock.move(seconds=1)
    assert await store.requests.open(clock.now()) == []
    assert await store.requests.state(number) is RequestState.EXPIRED
    again = await store.requests.ask(KEY)
    assert again != number
    assert [one.id for one in await store.requests.open(clock.now())] == [again]
    assert await store.requests.state(number) is RequestState.EXPIRED


async def test_old_requests_are_forgotten(store, clock):
    number = await store.requests.ask(KEY)
    clock.move(days=2)
    await store.requests.ask(OTHER)
    assert await store.requests.state(number) is None


@pytest.mark.parametrize("times", [10])
async def test_two_gateways_that_ask_at_once_share_a_request(url, clock, times):
    async with open_store(url, clock) as one, open_store(url, clock) as two:
        numbers = await asyncio.gather(
            *(store.requests.ask(KEY) for store in (one, two) for _ in range(times))
        )
        assert len(set(numbers)) == 1
        assert len(await two.requests.open(clock.now())) == 1


async def test_a_request_that_is_answered_while_it_is_asked_for_again_is_made_anew(
    postgresql_url, clock
):
    async with open_store(postgresql_url, clock) as store, open_database(postgresql_url) as other:
        first = await store.requests.ask(KEY)

        class Slow:
            """A connection on which somebody answers between one statement and the next."""

            def __init__(self, connection):
                self._connection = connection

            async def execute(self, statement, *rows):
                if statement.is_select:
                    await store.requests.answered(first)
                return await self._connection.execute(statement, *rows)

        requests = Requests(other, clock)
        again = await other.write(lambda connection: requests._ask(Slow(connection), KEY))  # type: ignore[arg-type]  # enough of a connection
        assert again != first
        assert [one.id for one in await store.requests.open(clock.now())] == [again]

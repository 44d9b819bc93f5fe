import asyncio
import sqlite3
import time
from contextlib import closing

import pytest
from sqlalchemy import func, insert, select, text
from structlog.testing import capture_logs

from bot.errors import DatabaseError
from bot.store import tables
from bot.store.database import Database, open_database

STATE = insert(tables.state)


def rows(first, number):
    return [{"name": f"{n:06}", "value": "x"} for n in range(first, first + number)]


async def stored(database):
    row = await database.row(select(func.count().label("number")).select_from(tables.state))
    return row.number


def transactions(database: Database):
    """Record how many jobs each transaction carries, by wrapping the one that the writer uses."""
    sizes = []
    original = database.writer._batch

    def batch():
        jobs = original()
        sizes.append(sum(job.rows for job in jobs))
        return jobs

    database.writer._batch = batch  # type: ignore[method-assign]  # the test looks inside
    return sizes


async def test_a_write_returns_after_its_commit(url, database):
    await database.add(STATE, rows(0, 3))
    async with open_database(url) as other:
        assert await stored(other) == 3


async def test_writes_that_wait_share_transactions_of_at_most_2000_rows(database):
    sizes = transactions(database)
    await asyncio.gather(*(database.add(STATE, rows(300 * n, 300)) for n in range(10)))
    assert sizes == [1800, 1200]
    assert await stored(database) == 3000


async def test_a_large_write_is_split(database):
    sizes = transactions(database)
    await database.add(STATE, rows(0, 4500))
    assert sizes == [2000, 2000, 500]
    assert await stored(database) == 4500


async def test_nothing_to_write_is_no_transaction(database):
    sizes = transactions(database)
    await database.add(STATE, [])
    assert sizes == []


async def test_closing_writes_what_waits(url):
    async with open_database(url) as database:
        waiting = [asyncio.create_task(database.add(STATE, rows(n * 900, 900))) for n in range(20)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
    assert all(task.done() for task in waiting)
    await asyncio.gather(*waiting)
    async with open_database(url) as database:
        assert await stored(database) == 18_000


async def test_a_cancelled_caller_loses_nothing(url):
    async with open_database(url) as database:
        task = asyncio.create_task(database.add(STATE, rows(0, 5)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with open_database(url) as database:
        assert await stored(database) == 5


async def test_leaving_by_cancellation_writes_what_waits(url):
    ready = asyncio.Event()

    async def role():
        async with open_database(url) as database:
            for n in range(30):
                asyncio.create_task(database.add(STATE, rows(n * 100, 100)))  # noqa: RUF006 - kept by the writer
            await asyncio.sleep(0)
            ready.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(role())
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with open_database(url) as database:
        assert await stored(database) == 3000


async def test_closing_gives_up_behind_a_writer_that_does_not_end(sqlite_url, monkeypatch):
    monkeypatch.setattr("bot.store.writer.DRAIN_SECONDS", 0.2)
    monkeypatch.setattr("bot.store.database.LOCK_SECONDS", 0.1)
    file = sqlite_url.partition("///")[2]
    with closing(sqlite3.connect(file, isolation_level=None)) as another, capture_logs() as said:
        async with open_database(sqlite_url) as database:
            another.execute("BEGIN IMMEDIATE")
            writing = [asyncio.create_task(database.add(STATE, rows(n, 7))) for n in (0, 7)]
            await asyncio.sleep(0)
            writing[0].cancel()
            started = time.monotonic()
        assert time.monotonic() - started < 1
        await asyncio.wait(writing)
        assert all(task.cancelled() for task in writing)
    (line,) = said
    assert (line["log_level"], line["lost_writes"], line["lost_rows"]) == ("error", 2, 14)


async def test_a_writer_waits_for_another_through_many_short_waits(sqlite_url, monkeypatch):
    monkeypatch.setattr("bot.store.database.LOCK_SECONDS", 0.01)
    with closing(sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)) as another:
        async with open_database(sqlite_url) as database:
            another.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(database.add(STATE, rows(0, 1)))
            await asyncio.sleep(0.2)
            assert not writing.done()
            another.execute("COMMIT")
            await writing
            assert await stored(database) == 1
            monkeypatch.setattr("bot.store.database.BUSY_SECONDS", 0.05)
            another.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseError, match="database is locked"):
                await database.add(STATE, rows(1, 1))


async def test_a_closed_database_refuses_writes(url):
    async with open_database(url) as database:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await database.add(STATE, rows(0, 1))


async def test_a_failing_write_fails_alone(database):
    await database.add(STATE, rows(0, 1))
    outcomes = await asyncio.gather(
        database.add(STATE, rows(1, 2)),
        database.add(STATE, rows(0, 1)),
        database.add(STATE, rows(3, 4)),
        return_exceptions=True,
    )
    assert [outcomes[0], outcomes[2]] == [None, None]
    assert isinstance(outcomes[1], DatabaseError)
    assert len(str(outcomes[1]).splitlines()) == 1
    assert await stored(database) == 7


async def test_work_that_fails_is_rolled_back_whole(database):
    async def work(connection):
        await connection.execute(STATE, rows(0, 2))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(work)
    assert await stored(database) == 0


async def test_two_that_read_and_then_write_are_never_locked_out(url):
    async def add_one(connection):
        row = (await connection.execute(select(tables.state))).first()
        if row is not None:
            number = tables.state.update().values(value=str(int(row.value) + 1))
            await connection.execute(number)

    async with open_database(url) as one, open_database(url) as two:
        await one.add(STATE, [{"name": "count", "value": "0"}])
        lock = text("SELECT 1")
        for _ in range(100):
            await asyncio.gather(one.write(add_one), two.write(add_one), one.rows(lock))
        row = await one.row(select(tables.state))
    assert row is not None
    # PostgreSQL lets two transactions read the same count; none may fail.
    assert row.value == "200" or (one.dialect == "postgresql" and int(row.value) >= 100)


async def test_sqlite_is_set_up(sqlite_url):
    async with open_database(sqlite_url) as database:
        values = [
            (await database.rows(text(f"PRAGMA {name}")))[0][0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert values == ["wal", 1, 1, 30_000]


async def test_sqlite_begins_write_transactions_with_the_lock(sqlite_url):
    async with open_database(sqlite_url) as database, open_database(sqlite_url) as other:
        inside, go_on = asyncio.Event(), asyncio.Event()

        async def hold(_connection):
            inside.set()
            await go_on.wait()

        holding = asyncio.create_task(database.write(hold))
        await inside.wait()
        writing = asyncio.create_task(other.add(STATE, rows(0, 1)))
        await asyncio.sleep(0.1)
        assert not writing.done()
        assert await stored(other) == 0  # readers are not held up
        go_on.set()
        await asyncio.gather(holding, writing)
        assert await stored(database) == 1


async def test_changed_on_sqlite_tells_of_any_commit_of_another(sqlite_url):
    async with open_database(sqlite_url) as watcher, open_database(sqlite_url) as other:
        assert await watcher.changed()
        assert not await watcher.changed()
        await other.add(STATE, rows(0, 1))
        assert await watcher.changed()
        assert not await watcher.changed()


async def test_changed_tells_of_a_new_version(url):
    async with open_database(url) as watcher, open_database(url) as other:
        assert await watcher.changed()
        assert not await watcher.changed()
        await other.add(insert(tables.versions), [{"id": 1, "version": 1}])
        assert await watcher.changed()
        assert not await watcher.changed()


async def test_a_failing_read_is_one_clear_line(database):
    with pytest.raises(DatabaseError) as caught:
        await database.rows(text("SELECT name FROM nowhere"))
    assert "nowhere" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1

import asyncio
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, table, text, update

import bot.store.migrations
from bot.clock import Clock
from bot.errors import DatabaseError, SchemaTooNewError
from bot.store import schema
from bot.store.address import database_url
from bot.store.database import open_database, open_engine
from bot.store.schema import REVISIONS, SchemaState, await_schema, migrate, schema_state
from bot.store.tables import metadata

VERSION = table("alembic_version", column("version_num"))


async def set_revision(url, revision):
    async with open_database(url) as database:
        await database.execute(update(VERSION).values(version_num=revision))


async def test_an_empty_database_is_migrated(empty_url):
    assert await schema_state(empty_url) is SchemaState.MISSING
    await migrate(empty_url)
    assert await schema_state(empty_url) is SchemaState.CURRENT


async def test_migrating_again_changes_nothing(url):
    async with open_database(url) as database:
        await database.execute(text("INSERT INTO state (name, value) VALUES ('a', 'b')"))
        await migrate(url)
        rows = await database.rows(text("SELECT name, value FROM state"))
    assert [tuple(row) for row in rows] == [("a", "b")]


async def test_a_current_schema_is_left_without_loading_alembic(sqlite_url):
    script = (
        "import asyncio, sys; from bot.store.schema import migrate;"
        f"asyncio.run(migrate({sqlite_url!r}));"
        "sys.exit('alembic' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0


async def test_several_may_migrate_at_once(empty_url):
    await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    assert await schema_state(empty_url) is SchemaState.CURRENT


async def test_the_migrations_make_the_tables(url):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with open_engine(database_url(url)) as engine, engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_migration_that_fails_leaves_nothing_behind(empty_url, monkeypatch):
    def fail(connection):
        connection.execute(text("CREATE TABLE half (name TEXT)"))
        connection.execute(text("CREATE nonsense"))

    monkeypatch.setattr(schema, "_upgrade", fail)
    with pytest.raises(DatabaseError):
        await migrate(empty_url)
    async with open_database(empty_url) as database:
        with pytest.raises(DatabaseError, match="half"):
            await database.rows(text("SELECT * FROM half"))


def test_the_known_revisions_are_those_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(Path(bot.store.migrations.__path__[0])))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in walked)[::-1] == REVISIONS


async def test_a_newer_schema_is_refused(url):
    await set_revision(url, "9999")
    assert await schema_state(url) is SchemaState.TOO_NEW
    with pytest.raises(SchemaTooNewError, match="a newer Undertow has migrated it") as caught:
        await migrate(url)
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(SchemaTooNewError):
        await asyncio.wait_for(await_schema(url, Clock()), 20)  # it waits 30 s for others


async def test_an_older_schema_is_known_as_old(url, monkeypatch):
    monkeypatch.setattr(schema, "REVISIONS", (*REVISIONS, "9999"))
    assert await schema_state(url) is SchemaState.OLD


async def test_waiting_ends_when_another_migrates(empty_url):
    waiting = asyncio.create_task(await_schema(empty_url, Clock()))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await migrate(empty_url)
    await asyncio.wait_for(waiting, 30)


async def test_waiting_ends_with_one_clear_line(empty_url):
    with pytest.raises(DatabaseError, match="its schema is missing: run `undertow migrate`"):
        await await_schema(empty_url, Clock(), seconds=0.1)


async def test_waiting_for_an_unreachable_database_says_why(tmp_path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'undertow.db'}"
    with pytest.raises(DatabaseError, match="unable to open database file"):
        await await_schema(url, Clock(), seconds=0.1)


WRITER = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from bot.clock import Clock
from bot.model.series import CollectedSpan, FeedKind, Series
from bot.store.schema import migrate
from bot.store.store import open_store

async def main(url, name):
    await migrate(url)
    start = datetime(2024, 8, 5, tzinfo=UTC)
    async with open_store(url, Clock()) as store:
        for n in range(60):
            times = start + timedelta(minutes=n), start + timedelta(minutes=n + 1)
            span = CollectedSpan(name, "BTC/USDT:USDT", Series.CANDLES, FeedKind.COMPLETE, *times)
            await store.coverage.add_spans([span])
            await store.state.set(f"{name} {n}", "written")

asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_migrate_and_write_at_once(empty_url):
    names = ("binance", "gate")
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, empty_url, name)
        for name in names
    ]
    assert [await process.wait() for process in processes] == [0, 0]
    async with open_database(empty_url) as database:
        written = await database.rows(text("SELECT name FROM state"))
        spans = await database.rows(text("SELECT exchange, end_ms - start_ms FROM spans"))
    assert len(written) == 120
    assert sorted(tuple(span) for span in spans) == [(name, 60 * 60_000) for name in names]

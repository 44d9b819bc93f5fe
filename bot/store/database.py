"""The open database: reading, the one writer, and noticing that another process has written."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Executable, Row, event, select
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store import tables
from bot.store.address import database_url, is_sqlite, translated
from bot.store.writer import Writer

Result = TypeVar("Result")

BUSY_SECONDS = 30
LOCK_SECONDS = 0.5
_BEGIN = "undertow_begin"
_NEVER = object()
_POSTGRESQL_ARGUMENTS = {"timeout": 10, "command_timeout": 60}


class Database:
    """Reads and writes one open database; every failure is a DatabaseError of one line."""

    def __init__(self, engine: AsyncEngine, watching: AsyncConnection | None, url: URL) -> None:
        self._engine = engine
        self._watching = watching
        self._watched = asyncio.Lock()
        self._seen: object = _NEVER
        self._url = url
        self.writer = Writer(self._transaction)

    @property
    def dialect(self) -> str:
        """The name of the SQL dialect: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """Return the rows of one reading statement."""
        with translated(self._url):
            async with self._engine.connect() as connection:
                return (await connection.execute(statement)).all()

    async def row(self, statement: Executable) -> Row[Any] | None:
        """Return the first row of one reading statement, None when there is none."""
        return next(iter(await self.rows(statement)), None)

    async def add(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Execute a writing statement for every row; returns when all of them are committed."""
        await self.writer.add(statement, rows)

    async def write(
        self, work: Callable[[AsyncConnection], Awaitable[Result]], rows: int = 1
    ) -> Result:
        """Return what `work` returns, run in a write transaction, once that is committed."""
        return await self.writer.run(work, rows)

    async def execute(self, statement: Executable, rows: int = 1) -> None:
        """Execute one writing statement, which writes at most `rows`, and commit it."""
        await self.writer.run(lambda connection: connection.execute(statement), rows)

    async def changed(self) -> bool:
        """Return whether something may have been written since this was asked last.

        True at first. On SQLite any commit counts, on PostgreSQL only a published version.
        """
        async with self._watched:
            seen, self._seen = self._seen, await self._mark()
            return seen != self._seen

    async def _mark(self) -> object:
        if self._watching is None:
            return await self.row(select(tables.versions.c.version))
        with translated(self._url):
            return (await self._watching.exec_driver_sql("PRAGMA data_version")).scalar_one()

    async def _transaction(self, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        last = time.monotonic() + BUSY_SECONDS
        with translated(self._url):
            while True:
                try:
                    return await self._attempt(work)
                except OperationalError as error:
                    if not _is_locked(error) or time.monotonic() > last:
                        raise

    async def _attempt(self, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
        async with self._engine.connect() as connection:
            await connection.execution_options(**{_BEGIN: LOCK_SECONDS})
            async with connection.begin():
                return await work(connection)


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Open the database at `url` until the block ends; leaving it commits every pending write.

    SettingsError for a URL of another kind, DatabaseError when it cannot be reached.
    """
    address = database_url(url)
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(open_engine(address))
        # SQLite counts the commits of others for each connection, so one must be held to ask.
        watching = engine.connect() if is_sqlite(address) else nullcontext()
        database = Database(engine, await stack.enter_async_context(watching), address)
        await stack.enter_async_context(database.writer)
        yield database


@asynccontextmanager
async def open_engine(url: URL) -> AsyncIterator[AsyncEngine]:
    """Open an engine that has proved that it reaches its database; DatabaseError otherwise."""
    engine = _engine(url)
    try:
        with translated(url):
            await _reach(engine, url)
        yield engine
    finally:
        await engine.dispose()


def begin_immediate(engine: AsyncEngine) -> AsyncEngine:
    """Return the engine as it begins write transactions: with the write lock from the start."""
    return engine.execution_options(**{_BEGIN: BUSY_SECONDS})


def _engine(url: URL) -> AsyncEngine:
    if not is_sqlite(url):
        return create_async_engine(url, pool_pre_ping=True, connect_args=_POSTGRESQL_ARGUMENTS)
    # Without an isolation level sqlite3 begins nothing by itself: `_begin` below says when and how.
    engine = create_async_engine(
        url, max_overflow=0, connect_args={"isolation_level": None, "timeout": BUSY_SECONDS}
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A single reading statement is its own transaction; one that reads and then writes must hold
    # the write lock from the start, or it fails beside another writer. SQLite waits for the lock in
    # a thread that cannot be called off, so who must be able to end asks for a short wait.
    seconds = connection.get_execution_options().get(_BEGIN)
    if seconds is None:
        return
    connection.exec_driver_sql(_busy_timeout(seconds))
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(_busy_timeout(BUSY_SECONDS))


def _busy_timeout(seconds: float) -> str:
    return f"PRAGMA busy_timeout = {seconds * 1_000:.0f}"


def _is_locked(error: OperationalError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_BUSY


async def _reach(engine: AsyncEngine, url: URL) -> None:
    if is_sqlite(url):
        await asyncio.to_thread(_reach_sqlite, str(url.database))
        return
    async with engine.connect():
        pass


def _reach_sqlite(path: str) -> None:
    # Not by the engine: a thread of aiosqlite whose connection fails may outlive the event loop,
    # and then ends with a traceback on the terminal.
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        # SQLite does not wait for the lock that this switch needs, and two processes may start.
        for attempt in range(50):
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or attempt == 49:
                    raise
                time.sleep(0.1)
            else:
                return

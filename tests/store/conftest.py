"""Fresh migrated databases: a copied SQLite file, and a database of a real PostgreSQL server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.clock import Clock
from bot.model.report import Evidence, NumberSlot, NumberStyle, Report, ReportKey, Statement, Unit
from bot.store.database import Database, open_database
from bot.store.schema import migrate
from bot.store.store import Store, open_store

START = datetime(2024, 8, 5, 12, tzinfo=UTC)
_NUMBERS = count()


class MovableClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self.time = start

    def now(self) -> datetime:
        return self.time

    def move(self, **length: float) -> None:
        self.time += timedelta(**length)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating once costs more than a thousand copies."""
    path = tmp_path_factory.mktemp("template") / "undertow.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh migrated SQLite file."""
    path = tmp_path / "undertow.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql(postgresql: SimpleNamespace) -> SimpleNamespace:
    """The server with a migrated database to copy, and a user who needs the password `right`."""

    async def prepare() -> None:
        await postgresql.run("CREATE ROLE guarded LOGIN PASSWORD 'right'")
        hosts = postgresql.folder / "pg_hba.conf"
        hosts.write_text("local all guarded scram-sha-256\n" + hosts.read_text())
        await postgresql.run("SELECT pg_reload_conf()")
        await postgresql.run("CREATE DATABASE migrated")
        await migrate(postgresql.url("migrated"))

    asyncio.run(prepare())
    return postgresql


@pytest.fixture
async def postgresql_url(postgresql: SimpleNamespace) -> str:
    """The URL of a fresh migrated PostgreSQL database."""
    name = f"test{next(_NUMBERS)}"
    await postgresql.run(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY file_copy")
    url: str = postgresql.url(name)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh migrated database of each kind."""
    value: str = request.getfixturevalue(f"{request.param}_url")
    return value


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    server = request.getfixturevalue("postgresql")
    name = f"empty{next(_NUMBERS)}"
    asyncio.run(server.run(f"CREATE DATABASE {name}"))
    value: str = server.url(name)
    return value


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
async def store(url: str, clock: MovableClock) -> AsyncIterator[Store]:
    async with open_store(url, clock) as opened:
        yield opened


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with open_database(url) as opened:
        yield opened


@pytest.fixture
def make_report() -> Any:
    """A function that makes a report to publish, told apart by its value."""

    def make(value: float = -0.184, asset: str = "BTC") -> tuple[ReportKey, Report]:
        evidence = Evidence(
            f"return.{asset}.24h", "return", asset, "24h", value, Unit.FRACTION, START
        )
        slot = NumberSlot(evidence.id, NumberStyle.SIGNED_PERCENT)
        headline = Statement("headline", "asset_fell", {"change": slot}, (evidence.id,), 1.0)
        report = Report("market", asset, "24h", START, 0, headline, (), evidence=(evidence,))
        return ReportKey("market", asset, "24h"), report

    return make

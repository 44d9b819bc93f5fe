"""A migrated SQLite file, a clock that stands still, and reports to publish."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock
from bot.model.report import (
    Evidence,
    NumberSlot,
    NumberStyle,
    Report,
    ReportKey,
    Slot,
    Statement,
    Unit,
    WindowSlot,
)
from bot.store.schema import migrate
from bot.store.store import open_store

START = datetime(2024, 8, 5, 13, tzinfo=UTC)


class StillClock(Clock):
    """A clock that moves only when somebody sleeps or moves it."""

    def __init__(self):
        super().__init__()
        self.time = START
        self.seconds = 1000.0
        self.slept = []
        self.meanwhile = None

    def now(self):
        return self.time

    def monotonic(self):
        return self.seconds

    def move(self, seconds):
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.move(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()
        await asyncio.sleep(0)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "undertow.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
async def stores(migrated, tmp_path, clock):
    """Two stores on one file: the collector's and the gateway's."""
    path = tmp_path / "undertow.db"
    shutil.copyfile(migrated, path)
    url = f"sqlite+aiosqlite:///{path}"
    async with open_store(url, clock) as collector, open_store(url, clock) as gateway:
        yield collector, gateway


@pytest.fixture
def make_report():
    def make(value=-0.184, asset="BTC", window="24h", as_of=START):
        name = f"return.{asset}.{window}"
        evidence = Evidence(name, "return", asset, window, value, Unit.FRACTION, as_of)
        slots: dict[str, Slot] = {
            "window": WindowSlot(window),
            "change": NumberSlot(name, NumberStyle.SIGNED_PERCENT),
        }
        headline = Statement("headline", "price.window", slots, (name,))
        report = Report("market", asset, window, as_of, 0, headline, (), evidence=(evidence,))
        return ReportKey("market", asset, window), report

    return make

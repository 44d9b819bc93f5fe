"""The supervisor with a real collector as its child."""

import asyncio
import shutil
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.metrics import Metrics
from bot.roles import supervisor as supervising
from bot.roles.supervisor import Supervisor
from bot.settings import Settings
from bot.store.schema import migrate
from bot.store.store import open_store

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
async def store(tmp_path, monkeypatch):
    url = f"sqlite+aiosqlite:///{tmp_path / 'undertow.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("UNDERTOW_LOOPBACK_URL", NOBODY)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    await migrate(url)
    async with open_store(url, Clock()) as opened:
        yield opened


@pytest.fixture
def children(monkeypatch):
    """The processes that the supervisor starts, in order."""
    started = []
    start = asyncio.create_subprocess_exec

    async def noted(*arguments, **how):
        started.append(await start(*arguments, **how))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    return started


async def until(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - of the store nobody is told
            await asyncio.sleep(0.05)


async def test_a_collector_that_hangs_is_replaced_and_both_are_gone_in_the_end(
    store, children, monkeypatch
):
    metrics = Metrics()
    monkeypatch.setattr(supervising, "LOOK_PAUSE", 0.1)
    monkeypatch.setattr(supervising, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.05)
    settings = Settings.read()
    task = asyncio.create_task(Supervisor(settings, store, Clock(), metrics).keep_alive())

    async def signs() -> bool:
        return await store.signs.newest("collector") is not None

    await until(signs)
    (first,) = children
    first_sign = await store.signs.newest("collector")

    first.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.5)
    assert len(children) == 1, "a silence below the limit is no hang"
    monkeypatch.setattr(supervising, "HANG_LIMIT", timedelta(seconds=0.2))

    async def replaced() -> bool:
        return len(children) > 1

    await until(replaced)
    monkeypatch.setattr(supervising, "HANG_LIMIT", timedelta(seconds=60))
    assert first.returncode == -signal.SIGKILL  # stopped, it could not listen to SIGTERM

    async def newer_sign() -> bool:
        sign = await store.signs.newest("collector")
        return bool(sign.started_at > first_sign.started_at)

    await until(newer_sign)
    assert metrics.registry.get_sample_value("undertow_collector_restarts_total") == 1

    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert all(child.returncode is not None for child in children)


async def test_pauses_between_restarts_double_up_to_half_a_minute(store, children, monkeypatch):
    slept = []

    class Impatient(Clock):
        async def sleep(self, seconds):
            slept.append(seconds)
            await asyncio.sleep(0)
            if len(slept) == 7:
                raise asyncio.CancelledError

    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    supervisor = Supervisor(Settings.read(), store, Impatient(), Metrics())
    with pytest.raises(asyncio.CancelledError):
        await supervisor.keep_alive()
    assert slept == [1, 2, 4, 8, 16, 30, 30]
    assert [child.returncode for child in children] == [1] * 7


async def test_a_database_that_is_away_is_no_hang(store, children, monkeypatch):
    class Away:
        async def newest(self, role):
            raise OSError(f"no {role}")

    monkeypatch.setattr(store, "signs", Away())
    monkeypatch.setattr(supervising, "HANG_LIMIT", timedelta(0))
    monkeypatch.setattr(supervising, "LOOK_PAUSE", 0.05)
    monkeypatch.setattr(supervising, "STOP_SECONDS", 0.1)
    task = asyncio.create_task(Supervisor(Settings.read(), store, Clock(), Metrics()).keep_alive())
    await asyncio.sleep(0.6)
    assert [child.returncode for child in children] == [None]
    task.cancel()
    await asyncio.wait([task])
    assert children[0].returncode is not None


async def test_a_collector_that_cannot_be_started_is_tried_again(store, monkeypatch):
    slept = []

    class Impatient(Clock):
        async def sleep(self, seconds):
            slept.append(seconds)
            await asyncio.sleep(0)
            if len(slept) == 3:
                raise asyncio.CancelledError

    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(asyncio.CancelledError):
        await Supervisor(Settings.read(), store, Impatient(), Metrics()).keep_alive()
    assert slept == [1, 2, 4]

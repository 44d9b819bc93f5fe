"""The real bot as its own processes, against a sandboxed outside world on loopback."""

import asyncio
import fcntl
import os
import pickle
import re
import shutil
import signal
import sqlite3
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from sandbox.bot_process import bot_environment, running
from sandbox.demo import TOKEN
from sandbox.discord.asked import Asked
from sandbox.episodes.loading import load_episode
from sandbox.world import OutsideWorld, open_world

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0
_CHILD = re.compile(r'event="collector started" pid=(\d+)')


@dataclass
class Bot:
    """One process of the bot in a session of its own, so that Ctrl-C can reach its group."""

    process: Process
    log: Path
    world: OutsideWorld
    database: str

    @property
    def lines(self) -> str:
        return self.log.read_text()

    @property
    def collectors(self) -> list[int]:
        """The process ids of the collectors that were started, oldest first."""
        return [int(number) for number in _CHILD.findall(self.lines)]

    async def until_logged(self, text: str, count: int = 1) -> None:
        """Return when the log holds `text` so often; fails when the process ends before."""
        async with asyncio.timeout(PATIENCE):
            while self.lines.count(text) < count:
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.05)

    async def until_connected(self) -> None:
        """Return when commands can be asked: discord.py itself is `ready` two seconds later."""
        gateway = self.world.discord.gateway
        async with asyncio.timeout(PATIENCE):
            while not (gateway.identified.is_set() and gateway.is_connected):
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.02)

    async def until_reports(self) -> None:
        """Return when a first version of reports is published and commands can be asked."""
        await self.until_logged('event="reports published"')
        await self.until_connected()

    async def ask(self, asset: str | None = None, window: str | None = None, **how: Any) -> Asked:
        """Ask /market."""
        given = {"asset": asset, "window": window}
        options = {name: value for name, value in given.items() if value is not None}
        return await self.world.discord.ask("market", options, **how)

    async def ask_until_report(self, *options: str) -> Asked:
        """Ask /market until the answer is a report."""
        deadline = time.monotonic() + PATIENCE
        while True:
            asked = await self.ask(*options)
            if asked.error is None and asked.message.embeds:
                return asked
            assert time.monotonic() < deadline, (asked, self.lines)
            await asyncio.sleep(0.25)

    async def end(self, number: int = signal.SIGTERM, *, group: bool = False) -> None:
        """Send a signal to the process, or its whole group, and return when it has ended."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        await asyncio.wait_for(self.process.wait(), PATIENCE)

    def rows(self, sql: str) -> list[Any]:
        """Return what a reading statement finds in the SQLite file."""
        with closing(sqlite3.connect(self.database.removeprefix(SQLITE))) as connection:
            return connection.execute(sql).fetchall()


SQLITE = "sqlite+aiosqlite:///"


@dataclass(frozen=True)
class Prepared:
    """A SQLite file as a bot left it behind, and how that bot ended."""

    file: Path
    ended_at: datetime
    code: int | None
    log: str
    collector_lives: bool
    commands: list[dict[str, Any]]


_load_once = cache(load_episode)


class Sandbox:
    """Opens worlds and starts bots in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self._logs = 0

    def another(self, name: str) -> "Sandbox":
        """Return a sandbox in a folder of its own inside this one."""
        return Sandbox(self.folder / name)

    def database(self, source: Path | None = None) -> str:
        """Return the URL of a database file in the folder, copied from `source` if given."""
        file = self.folder / "undertow.db"
        if source is not None:
            shutil.copyfile(source, file)
        return f"{SQLITE}{file}"

    @asynccontextmanager
    async def world(
        self, episode: str | Path = "wednesday", at: datetime | None = None, **more: Any
    ) -> AsyncIterator[OutsideWorld]:
        """Open a world whose clock starts `at`, or where the episode opens."""
        loaded = _load_once(episode)
        async with open_world(
            loaded, Clock.starting_at(at or loaded.opens_at), TOKEN, **more
        ) as world:
            yield world

    def environment(self, world: OutsideWorld, database: str, **settings: str) -> dict[str, str]:
        """Return a bot's environment, which shows nothing of the caller's settings."""
        made = bot_environment(world.url, world.clock, database, TOKEN, settings)
        return {**made, "PYTHONPATH": str(ROOT)}

    async def command(
        self, environment: dict[str, str], *arguments: str
    ) -> tuple[int | None, str, str]:
        """Run `python -m bot …` to its end; return its exit code, output and errors."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            cwd=self.folder,
            env=environment,
            stdin=DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode, out.decode(), err.decode()

    @asynccontextmanager
    async def bot(self, world: OutsideWorld, database: str, **settings: str) -> AsyncIterator[Bot]:
        """Run the bot until the block ends; nothing of it is left behind, whatever happened."""
        self._logs += 1
        log = self.folder / f"bot-{self._logs}.log"
        environment = self.environment(world, database, **settings)
        async with AsyncExitStack() as stack:
            output = stack.enter_context(log.open("wb"))
            process = await stack.enter_async_context(
                running(
                    *("bot", "run"),
                    environment=environment,
                    folder=self.folder,
                    output=output,
                    is_apart=True,
                )
            )
            await stack.enter_async_context(left_by_none(process))
            yield Bot(process, log, world, database)


@asynccontextmanager
async def left_by_none(process: Process) -> AsyncIterator[None]:
    """Kill a process that stands apart, and its children, when the block or this process ends."""
    kill = f"read _; kill -s KILL -- -{process.pid}"  # the pipe closes however this process ends
    guard = await asyncio.create_subprocess_exec(
        *("sh", "-c", kill), stdin=PIPE, stderr=DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        guard.kill()
        await guard.wait()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def until_gone(pid: int) -> None:
    """Return when a process has ended; TimeoutError when it does not end."""
    async with asyncio.timeout(PATIENCE):
        while is_alive(pid):  # noqa: ASYNC110 - of another process nobody is told
            await asyncio.sleep(0.02)


async def until_listening(pid: int) -> None:
    """Return when a process has a handler for SIGTERM, which would kill it before."""
    async with asyncio.timeout(PATIENCE):
        while not _caught(pid) >> (signal.SIGTERM - 1) & 1:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)


def _caught(pid: int) -> int:
    (line,) = re.findall(r"(?m)^SigCgt:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text())
    return int(line, 16)


@pytest.fixture(scope="session")
def processes() -> Any:
    """`is_alive(pid)`, `until_gone(pid)`, `until_listening(pid)`, `left_by_none(process)`."""
    named = {
        one.__name__: staticmethod(one)
        for one in (is_alive, until_gone, until_listening, left_by_none)
    }
    return type("Processes", (), named)


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A folder for worlds and bots."""
    return Sandbox(tmp_path)


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A folder for a world that several tests share."""
    return Sandbox(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Prepared:
    """The store of a bot that ran on `wednesday` until Ctrl-C: reports and all history."""
    mine = tmp_path_factory.getbasetemp()
    folder = (mine if worker_id == "master" else mine.parent) / "prepared"
    folder.mkdir(exist_ok=True)
    made = folder / "prepared.pickle"
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first worker prepares it for all
        if not made.exists():
            made.write_bytes(pickle.dumps(asyncio.run(_prepare(Sandbox(folder)))))
        one: Prepared = pickle.loads(made.read_bytes())  # noqa: S301 - our own
        return one


async def _prepare(sandbox: Sandbox) -> Prepared:
    database = sandbox.database()
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(sandbox.world())
        bot = await stack.enter_async_context(sandbox.bot(world, database))
        await bot.until_reports()
        await bot.ask_until_report()
        (collector,) = bot.collectors
        await bot.end(signal.SIGINT, group=True)
        return Prepared(
            file=sandbox.folder / "undertow.db",
            ended_at=world.clock.now(),
            code=bot.process.returncode,
            log=bot.lines,
            collector_lives=is_alive(collector),
            commands=world.discord.commands.registered(),
        )


@pytest.fixture
async def standing(sandbox: Sandbox, prepared: Prepared) -> AsyncIterator[OutsideWorld]:
    """The world a minute after the prepared store's end; Discord remembers the commands."""
    async with sandbox.world(at=prepared.ended_at + timedelta(minutes=1)) as world:
        world.discord.commands._registered[None] = list(prepared.commands)
        yield world

"""Keeps the collector alive: a child process that is restarted when it dies or hangs."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.log import logger
from bot.metrics import Metrics
from bot.settings import Role, Settings
from bot.store.store import Store

_log = logger(__name__)

HANG_LIMIT = timedelta(seconds=60)
LOOK_PAUSE = 1.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY = timedelta(minutes=2)
STOP_SECONDS = 3.0


class Supervisor:
    """Starts the collector, watches its signs of life in the store, restarts it."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, metrics: Metrics) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._metrics = metrics

    async def keep_alive(self) -> None:
        """Run the collector until cancelled; pauses between restarts double up to 30 s."""
        pause = FIRST_PAUSE
        while True:
            started_at = self._clock.now()
            await self._run_once(started_at)
            if self._clock.now() - started_at > STEADY:
                pause = FIRST_PAUSE
            self._metrics.collector_restarted()
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run_once(self, started_at: datetime) -> None:
        try:
            process = await self._start()
        except OSError as error:  # no memory, no descriptors: that passes, and answering goes on
            _log.error("the collector cannot be started", problem=str(error))
            return
        try:
            while process.returncode is None:
                if await self._hangs(started_at):
                    _log.error("the collector hangs and is restarted", pid=process.pid)
                    return
                await _wait(process, LOOK_PAUSE)
            _log.error("the collector ended and is restarted", code=process.returncode)
        finally:
            await _stop(process)

    async def _start(self) -> Process:
        environment = self._settings.child_environment(Role.COLLECTOR, self._clock)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--with-parent", stdin=PIPE, env=environment
        )
        _log.info("collector started", pid=process.pid)
        return process

    async def _hangs(self, started_at: datetime) -> bool:
        try:
            sign = await self._store.signs.newest(Role.COLLECTOR)
        except Exception as error:  # noqa: BLE001 - a database that is away is no hang
            _log.warning("signs of life cannot be read", problem=str(error))
            return False
        seen_at = started_at if sign is None else max(started_at, sign.seen_at)
        return self._clock.now() - seen_at > HANG_LIMIT


async def _stop(process: Process) -> None:
    """Ask the process to end, kill it when it does not within STOP_SECONDS, return at its end."""
    if process.returncode is not None:
        return
    process.terminate()
    if not await _wait(process, STOP_SECONDS):
        process.kill()
        await process.wait()


async def _wait(process: Process, seconds: float) -> bool:
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        return False
    return True

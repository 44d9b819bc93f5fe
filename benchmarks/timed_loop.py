"""The bot with a stopwatch on its event loop: `… FILE BOT_ARGUMENTS`.

Every callback is timed from outside, so the bot's code runs unchanged. At the end FILE holds the
long ones as JSON.
"""

import asyncio
import atexit
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from bot.__main__ import main

LONG_SECONDS = 0.002

_Run = Callable[[Any], None]


class Hold(Struct, frozen=True):
    """One callback that held the loop; seconds, `started` on the machine's monotonic clock.

    `queued` is the part of `seconds` in which the machine had no core free for it, `collecting`
    the part that garbage collection took.
    """

    name: str
    started: float
    seconds: float
    queued: float
    collecting: float

    @property
    def held(self) -> float:
        """Seconds that are the program's own: a machine with a core free would show these."""
        return self.seconds - self.queued


class Stopwatch:
    """Times the callbacks of the main thread's event loop."""

    def __init__(self, scheduling: IO[bytes]) -> None:
        self._scheduling = scheduling
        self._collecting_since = 0.0
        self._collecting = 0.0
        self.count = 0
        self.long: list[Hold] = []
        gc.callbacks.append(self._note_collection)

    def time(self, run: _Run) -> _Run:
        """Return `Handle._run` with this stopwatch on it."""

        def timed(handle: Any) -> None:  # noqa: ANN401 - an asyncio.Handle, which hides its callback
            callback = handle._callback  # noqa: SLF001 - it is gone from the handle afterwards
            queued, collecting = self._queued(), self._collecting
            started = time.monotonic()
            run(handle)
            seconds = time.monotonic() - started
            self.count += 1
            if seconds >= LONG_SECONDS:
                waited = self._queued() - queued
                spent = self._collecting - collecting
                self.long.append(Hold(_name(callback), started, seconds, waited, spent))

        return timed

    def write(self, file: Path) -> None:
        """Write how many callbacks ran, and the long ones."""
        holds = [
            [hold.name, hold.started, hold.seconds, hold.queued, hold.collecting]
            for hold in self.long
        ]
        file.write_text(json.dumps({"count": self.count, "holds": holds}), "utf-8")

    def _queued(self) -> float:
        self._scheduling.seek(0)
        return int(self._scheduling.read().split()[1]) / 1e9

    def _note_collection(self, phase: str, _: dict[str, int]) -> None:
        now = time.monotonic()
        if phase == "start":
            self._collecting_since = now
        else:
            self._collecting += now - self._collecting_since


def read_holds(file: Path) -> tuple[int, list[Hold]]:
    """Return what a stopwatch wrote: how many callbacks ran, and the long ones."""
    content = json.loads(file.read_text("utf-8"))
    return content["count"], [Hold(*fields) for fields in content["holds"]]


def _name(callback: object) -> str:
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return str(getattr(owner.get_coro(), "__qualname__", owner))
    return str(getattr(callback, "__qualname__", callback))


def _start() -> None:
    file = Path(sys.argv.pop(1))
    scheduling = Path("/proc/thread-self/schedstat").open("rb", buffering=0)  # noqa: SIM115 - until the end
    stopwatch = Stopwatch(scheduling)
    handle: Any = asyncio.Handle
    handle._run = stopwatch.time(handle._run)  # noqa: SLF001 - the only place to time a loop from
    atexit.register(stopwatch.write, file)
    main()


if __name__ == "__main__":
    _start()

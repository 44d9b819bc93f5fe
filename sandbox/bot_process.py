"""The real bot, or another module, as a process of its own, pointed at the sandbox."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from bot.clock import Clock

STOP_SECONDS = 8.0
_ROOT = Path(__file__).resolve().parent.parent


def bot_environment(
    url: str, clock: Clock, database_url: str, token: str, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment for a bot in the sandbox: no setting of the caller's gets through."""
    inherited = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - handed on, never read for a setting
        if not name.startswith("UNDERTOW_") and name not in ("DISCORD_TOKEN", "DATABASE_URL")
    }
    return {
        **inherited,
        "UNDERTOW_LOOPBACK_URL": url,
        "UNDERTOW_CLOCK_ANCHOR": clock.anchor(),
        "DATABASE_URL": database_url,
        "DISCORD_TOKEN": token,
        **(more or {}),
    }


@asynccontextmanager
async def running(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    folder: Path,
    output: IO[bytes] | None = None,
    is_apart: bool = False,
) -> AsyncIterator[Process]:
    """Run `python -m MODULE …` in `folder` until the block ends; SIGTERM, after 8 s SIGKILL.

    The folder keeps a stray `.env` of the caller out of the run; the project is found by path.
    Apart, it leads a session and a process group of its own, which Ctrl-C here does not reach.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=folder,
        env={**environment, "PYTHONPATH": str(_ROOT)},
        stdin=DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=is_apart,
    )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()

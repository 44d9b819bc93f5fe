"""What every benchmark stands on: the sandbox, an empty database, and processes against them."""

import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.clock import Clock
from bot.store.store import open_store
from sandbox.bot_process import bot_environment, running
from sandbox.demo import TOKEN
from sandbox.episodes.loading import load_episode
from sandbox.world import OutsideWorld, open_world

EPISODE = "wednesday"
LOG_LINES = 20


@dataclass(frozen=True)
class Stage:
    """A running sandbox with the `wednesday` episode, and the environment of a bot in it."""

    world: OutsideWorld
    environment: dict[str, str]
    database_url: str
    folder: Path

    def running(self, module: str, *arguments: str) -> AbstractAsyncContextManager[Process]:
        """Run `python -m MODULE …` against the sandbox until the block ends."""
        return logged(module, *arguments, environment=self.environment, folder=self.folder)

    async def version(self) -> int:
        """Return the version of the newest published reports."""
        async with open_store(self.database_url, self.world.clock) as store:
            return await store.publications.version()


@asynccontextmanager
async def open_stage() -> AsyncIterator[Stage]:
    """Open a stage in a folder that is gone afterwards; bodies are held to Discord's rules.

    They are not validated against its OpenAPI document: that would be most of the time.
    """
    episode = load_episode(EPISODE)
    clock = Clock.starting_at(episode.opens_at)
    with tempfile.TemporaryDirectory(prefix="undertow-bench-") as name:
        folder = Path(name)
        database_url = f"sqlite+aiosqlite:///{folder / 'undertow.db'}"
        async with open_world(episode, clock, TOKEN) as world:
            environment = bot_environment(world.url, clock, database_url, TOKEN)
            yield Stage(world, environment, database_url, folder)


@asynccontextmanager
async def logged(
    module: str, *arguments: str, environment: Mapping[str, str], folder: Path
) -> AsyncIterator[Process]:
    """Run `python -m MODULE …` in a folder until the block ends.

    Its output goes into a log in the folder, whose end is shown when the block fails.
    """
    log = folder / f"{module}.log"
    try:
        with log.open("ab") as output:
            async with running(
                module, *arguments, environment=environment, folder=folder, output=output
            ) as process:
                yield process
    except BaseException:
        print(f"{module} said last:", *_last_lines(log), sep="\n", file=sys.stderr)
        raise


def _last_lines(log: Path) -> list[str]:
    return log.read_text("utf-8", "replace").splitlines()[-LOG_LINES:]

"""A board that rebuilds without rest, as a process beside the bot: `… PAUSE_SECONDS`.

The bot's own board rebuilds at most once a minute. This one uses the same code on the same store,
so that answers are measured while reports are built, published and taken over all the time.
"""

import asyncio
import sys

from bot.builders.board import Board
from bot.clock import Clock
from bot.log import configure_logs
from bot.metrics import Metrics
from bot.roles.collector import universe
from bot.roles.lifetime import run_until, stop_event
from bot.settings import Settings
from bot.store.store import open_store

PAUSE_SECONDS = 2.0


async def rebuild_on(settings: Settings, clock: Clock, pause_seconds: float) -> None:
    """Rebuild and publish every standing report, pause, and again, until SIGTERM."""
    stop = stop_event(with_parent=False)
    async with open_store(settings.database_url, clock) as store:
        board = Board(store, universe(settings), clock, Metrics())
        await run_until(stop, _rebuild(board, clock, pause_seconds))


async def _rebuild(board: Board, clock: Clock, pause_seconds: float) -> None:
    while True:
        await board.rebuild()
        await clock.sleep(pause_seconds)


if __name__ == "__main__":
    read = Settings.read()
    configure_logs(read.log_level, role="rebuilding", secrets=read.secrets())
    asyncio.run(rebuild_on(read, read.clock(), float(sys.argv[1])))

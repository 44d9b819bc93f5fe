"""From the start of the process to `/market` answered from stored reports."""

import asyncio
import statistics
import sys
import time
from dataclasses import dataclass

from rich.console import Console

from benchmarks.asking import STANDING, reported
from benchmarks.figures import WIDTH, Bar, conclude, show
from benchmarks.stage import Stage, open_stage

STARTS = 5
BAR_SECONDS = 3.0


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process until Discord knew the bot, and until it answered."""

    identified: float
    answered: float


def main() -> int:
    """Run the benchmark; return 0 when its bar is met."""
    return asyncio.run(_run(Console(width=WIDTH)))


async def _run(console: Console) -> int:
    async with open_stage() as stage:
        await _publish(stage)
        starts = [await _start(stage) for _ in range(STARTS)]
    rows = [
        (f"start {number}", f"{start.identified:.2f}", f"{start.answered:.2f}")
        for number, start in enumerate(starts, 1)
    ]
    title = (
        "`python -m bot run` on a database with published reports, s after the start of the "
        "process; its collector starts beside it. Every start finds a fresh IDENTIFY allowance."
    )
    show(title, ("", "identified", "/market answered"), rows, console)
    median = statistics.median(start.answered for start in starts)
    return conclude("start", [Bar("median start", median, BAR_SECONDS, "s")], console)


async def _publish(stage: Stage) -> None:
    """Run the bot until every standing report is published."""
    async with stage.running("bot", "run"):
        await stage.world.discord.until_ready()
        for question in STANDING:
            await reported(stage.world.discord, question)


async def _start(stage: Stage) -> Start:
    discord = stage.world.discord
    await asyncio.sleep(discord.timings.identify_spacing)
    started = time.monotonic()
    async with stage.running("bot", "run"):
        await discord.until_ready()
        identified = time.monotonic()
        answered = (await reported(discord)).responses[0].at
    return Start(identified - started, answered - started)


if __name__ == "__main__":
    sys.exit(main())

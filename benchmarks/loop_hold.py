"""How long anything held the gateway's event loop, in a storm of questions over new reports."""

import asyncio
import math
import os
import sys
import time

from rich.console import Console

from benchmarks.asking import STANDING, reported, storm_for
from benchmarks.figures import WIDTH, Bar, conclude, percentile, show
from benchmarks.rebuilding import PAUSE_SECONDS
from benchmarks.stage import open_stage
from benchmarks.timed_loop import LONG_SECONDS, Hold, read_holds

STORM_SECONDS = 40.0
CONCURRENCY = 50
SHOWN = 8
BAR_MS = 20.0


def main() -> int:
    """Run the benchmark; return 0 when its bar is met."""
    return asyncio.run(_run(Console(width=WIDTH)))


async def _run(console: Console) -> int:
    async with open_stage() as stage:
        discord, file = stage.world.discord, stage.folder / "holds.json"
        async with stage.running("benchmarks.timed_loop", str(file), "run"):
            await discord.until_ready()
            ready = time.monotonic()
            for question in STANDING:
                await reported(discord, question)
            async with stage.running("benchmarks.rebuilding", str(PAUSE_SECONDS)):
                before = await stage.version()
                seconds = await storm_for(discord, list(STANDING), CONCURRENCY, STORM_SECONDS)
                published = await stage.version() - before
        count, holds = read_holds(file)
    since_ready = [hold for hold in holds if hold.started >= ready]
    title = (
        f"The gateway's longest callbacks, ms, since it was ready: {len(seconds):,} questions for "
        f"all {len(STANDING)} standing reports, {CONCURRENCY} at once, while {published} versions "
        f"were published with {PAUSE_SECONDS:g} s between; {count:,} callbacks in all, "
        f"{len(since_ready)} of them over {LONG_SECONDS * 1_000:g} ms. Held = whole span without "
        "the wait for a core of this machine; one callback each, as the loop ran it."
    )
    show(title, _COLUMNS, [_row(hold, ready) for hold in longest(since_ready)], console)
    starting = max((hold.held for hold in holds if hold.started < ready), default=math.nan)
    console.print(f"Before it was ready, starting: {starting * 1_000:.1f} ms.")
    console.print(f"p99 of the storm: {percentile(seconds, 0.99) * 1_000:.0f} ms. {_load()}")
    held = longest(since_ready)[0].held * 1_000 if since_ready else 0.0
    return conclude("loop_hold", [Bar("longest hold", held, BAR_MS, "ms")], console)


_COLUMNS = ("callback", "held", "whole span", "of it in gc", "s after ready")


def longest(holds: list[Hold]) -> list[Hold]:
    """Return the callbacks that held the loop longest, the longest first."""
    return sorted(holds, key=lambda hold: hold.held, reverse=True)[:SHOWN]


def _load() -> str:
    # A thread that holds the interpreter while others keep it from its core shows up as held.
    return f"Load over the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."


def _row(hold: Hold, ready: float) -> tuple[str, ...]:
    spans = (hold.held, hold.seconds, hold.collecting)
    after = f"{hold.started - ready:.1f}"
    return (hold.name, *(f"{span * 1_000:.1f}" for span in spans), after)


if __name__ == "__main__":
    sys.exit(main())

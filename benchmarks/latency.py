"""`/market` against a minimal discord.py bot that answers the same embed, in turns, in one run."""

import asyncio
import gc
import itertools
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from rich.console import Console

from benchmarks.asking import WHOLE_MARKET, reported, sent_embed, storm
from benchmarks.figures import (
    WIDTH,
    Bar,
    conclude,
    paired_ratio,
    percentile,
    ratios,
    rotated,
    show,
)
from benchmarks.rebuilding import PAUSE_SECONDS
from benchmarks.stage import Stage, open_stage
from sandbox.discord.server import DiscordServer
from sandbox.world import served

OURS, MINIMAL, MINIMAL_AGAIN = "Undertow", "minimal bot", "minimal bot again (A/A)"
BLOCKS = 7
SAMPLES = 3_000  # of each bot in each block, in turns
TURN_SAMPLES = 250
WARM_UP_SAMPLES = 300
CONCURRENCIES = (1, 50)
SHARES = {"p50": 0.50, "p99": 0.99}
RATIO_BAR = 1.5

# Of each concurrency, bot and percentile: its value in each block, in seconds.
Blocks = Mapping[tuple[int, str, str], list[float]]


def main() -> int:
    """Run the benchmark; return 0 when every bar is met."""
    return asyncio.run(_run(Console(width=WIDTH)))


async def _run(console: Console) -> int:
    async with open_stage() as stage, _bots(stage) as discords:
        async with stage.running("benchmarks.rebuilding", str(PAUSE_SECONDS)):
            before = await stage.version()
            blocks = await _blocks(discords)
            published = await stage.version() - before
        violations = [one for discord in discords.values() for one in discord.violations]
    _show(blocks, published, console)
    for violation in violations:
        console.print(f"broken rule: {violation}")
    return conclude("latency", _bars(blocks), console) or int(bool(violations))


@asynccontextmanager
async def _bots(stage: Stage) -> AsyncIterator[dict[str, DiscordServer]]:
    """Start the real bot, and two minimal bots with the embed that it sent; yield their Discords.

    All three Discords are served by this process, each on its own port.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(stage.running("bot", "run"))
        ours = stage.world.discord
        await ours.until_ready()
        embed = stage.folder / "embed.json"
        embed.write_text(json.dumps(sent_embed(await reported(ours))), "utf-8")
        discords = {OURS: ours}
        for number, name in enumerate((MINIMAL, MINIMAL_AGAIN)):
            token = f"sandbox.minimal.{number}"
            discord = DiscordServer(token)
            url = await stack.enter_async_context(served(discord))
            bot = stage.running("benchmarks.minimal_bot", url, token, str(embed))
            await stack.enter_async_context(bot)
            await discord.until_ready()
            await reported(discord)
            discords[name] = discord
        yield discords


async def _blocks(discords: Mapping[str, DiscordServer]) -> Blocks:
    blocks: defaultdict[tuple[int, str, str], list[float]] = defaultdict(list)
    for number, concurrency in itertools.product(range(BLOCKS), CONCURRENCIES):
        with _no_garbage_collection():
            samples = await _block(discords, concurrency, number)
        for (name, seconds), (label, share) in itertools.product(samples.items(), SHARES.items()):
            blocks[concurrency, name, label].append(percentile(seconds, share))
    return blocks


async def _block(
    discords: Mapping[str, DiscordServer], concurrency: int, number: int
) -> dict[str, list[float]]:
    """Return the samples of one block, taken in turns after a warm-up at its own concurrency.

    Connections that open in a block, or had closed before it, would be all that its p99 shows.
    """
    samples: dict[str, list[float]] = {name: [] for name in discords}
    for discord in discords.values():
        await storm(discord, itertools.repeat(WHOLE_MARKET, WARM_UP_SAMPLES), concurrency)
    for turn in range(SAMPLES // TURN_SAMPLES):
        for name in rotated(list(discords), number + turn):
            questions = itertools.repeat(WHOLE_MARKET, TURN_SAMPLES)
            samples[name] += await storm(discords[name], questions, concurrency)
    return samples


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep this process, which is the yardstick, from pausing."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _bars(blocks: Blocks) -> list[Bar]:
    return [
        Bar(
            f"{label} {_shown(concurrency)}",
            paired_ratio(blocks[concurrency, OURS, label], blocks[concurrency, MINIMAL, label]),
            RATIO_BAR,
            "× minimal",
        )
        for concurrency, label in itertools.product(CONCURRENCIES, SHARES)
    ]


def _show(blocks: Blocks, published: int, console: Console) -> None:
    title = (
        f"/market: medians of {BLOCKS} interleaved blocks of {SAMPLES:,} answers each, ms from "
        "the dispatch to the answer; ratios to the minimal bot by block: median (lowest to "
        "highest). All the while a process beside the bots rebuilt every standing report, with "
        f"{PAUSE_SECONDS:g} s between ({published} versions published). Bodies are held to "
        "Discord's rules, not to its OpenAPI document."
    )
    columns = ["", *SHARES, *(f"{label} ratio" for label in SHARES)]
    rows = [
        _row(blocks, concurrency, name)
        for concurrency in CONCURRENCIES
        for name in (OURS, MINIMAL, MINIMAL_AGAIN)
    ]
    show(title, columns, rows, console)


def _row(blocks: Blocks, concurrency: int, name: str) -> list[str]:
    values = [blocks[concurrency, name, label] for label in SHARES]
    references = [blocks[concurrency, MINIMAL, label] for label in SHARES]
    medians = [f"{statistics.median(value) * 1_000:.2f}" for value in values]
    spreads = [_spread(ratios(*pair)) for pair in zip(values, references, strict=True)]
    return [f"{name}, {_shown(concurrency)}", *medians, *(spreads if name != MINIMAL else [])]


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _shown(concurrency: int) -> str:
    return "one at a time" if concurrency == 1 else f"{concurrency} at once"


if __name__ == "__main__":
    sys.exit(main())

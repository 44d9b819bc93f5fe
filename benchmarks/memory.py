"""What the two processes weigh after the demo's questions: proportional set size."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.asking import reported
from benchmarks.figures import WIDTH, Bar, conclude, show
from benchmarks.stage import open_stage
from sandbox.demo import QUESTIONS

SETTLE_SECONDS = 10.0
READINGS = 10
READING_PAUSE = 1.0
GATEWAY_BAR, COLLECTOR_BAR, TOGETHER_BAR = 120.0, 330.0, 450.0  # MB
_PARENT_FIELD = 1  # in /proc/PID/stat, after the name in parentheses


@dataclass(frozen=True)
class Weight:
    """What a process occupies, in MB (10⁶ bytes): its share of pages, and all of them."""

    proportional: float
    resident: float


def main() -> int:
    """Run the benchmark; return 0 when every bar is met."""
    return asyncio.run(_run(Console(width=WIDTH)))


async def _run(console: Console) -> int:
    gateway, collector = _heaviest(await _weigh_after_demo())
    rows = [
        (name, f"{weight.proportional:.1f}", f"{weight.resident:.1f}")
        for name, weight in (("gateway", gateway), ("collector", collector))
    ]
    title = (
        f"MB (10⁶ bytes) after the demo's questions and {SETTLE_SECONDS:g} s more: the heaviest of "
        f"{READINGS} readings, {READING_PAUSE:g} s apart"
    )
    show(title, ("", "PSS", "RSS"), rows, console)
    together = gateway.proportional + collector.proportional
    bars = [
        Bar("gateway", gateway.proportional, GATEWAY_BAR, "MB"),
        Bar("collector", collector.proportional, COLLECTOR_BAR, "MB"),
        Bar("together", together, TOGETHER_BAR, "MB"),
    ]
    return conclude("memory", bars, console)


async def _weigh_after_demo() -> list[tuple[Weight, Weight]]:
    """Return readings of gateway and collector."""
    readings = []
    async with open_stage() as stage, stage.running("bot", "run") as process:
        await stage.world.discord.until_ready()
        for question in QUESTIONS:
            await reported(stage.world.discord, question)
        await asyncio.sleep(SETTLE_SECONDS)
        (collector,) = children(process.pid)
        for _ in range(READINGS):
            readings.append((weight(process.pid), weight(collector)))
            await asyncio.sleep(READING_PAUSE)
    return readings


def _heaviest(readings: list[tuple[Weight, Weight]]) -> tuple[Weight, Weight]:
    gateways, collectors = zip(*readings, strict=True)
    return max(gateways, key=_proportional), max(collectors, key=_proportional)


def _proportional(one: Weight) -> float:
    return one.proportional


def weight(pid: int) -> Weight:
    """Return what a process occupies now; OSError when it is gone."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    kilobytes = {
        line.split()[0]: int(line.split()[1]) for line in text.splitlines() if line.endswith(" kB")
    }
    return Weight(kilobytes["Pss:"] * 1_024 / 1e6, kilobytes["Rss:"] * 1_024 / 1e6)


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process started and that live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[_PARENT_FIELD]) == pid:
            found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    sys.exit(main())

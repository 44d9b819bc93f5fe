"""`make demo`: the sandbox, the real bot against it, and the main questions asked on Discord."""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.clock import Clock, format_time, parse_time
from sandbox.bot_process import bot_environment, running
from sandbox.discord.asked import Asked
from sandbox.embeds import print_embed
from sandbox.episodes.episode import Episode
from sandbox.episodes.loading import load_episode
from sandbox.world import OutsideWorld, open_world

QUESTIONS: tuple[dict[str, str], ...] = ({}, {"asset": "BTC"})
READY_SECONDS = 60.0
FIRST_REPORT_SECONDS = 60.0
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.sandbox.token"  # noqa: S105 - known to the sandbox alone


def main() -> int:
    """Run the demo; return 0 when every answer arrived and no body broke a rule."""
    arguments = _arguments()
    try:
        episode = load_episode(arguments.episode)
        opens_at = _moment(arguments.at) if arguments.at else episode.opens_at
        _require_inside(episode, opens_at)
    except ValueError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="undertow-demo-") as folder:
        demo = Demo(episode, Clock.starting_at(opens_at), Path(folder), is_once=arguments.once)
        return asyncio.run(demo.run())


class Demo:
    """One run of the demo in an empty folder."""

    def __init__(self, episode: Episode, clock: Clock, folder: Path, *, is_once: bool) -> None:
        self._episode = episode
        self._clock = clock
        self._folder = folder
        self._is_once = is_once
        self._database = f"sqlite+aiosqlite:///{folder / 'undertow.db'}"
        self._console = Console()

    async def run(self) -> int:
        """Return the exit code."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        started = time.monotonic()
        shown_at = format_time(self._clock.now().replace(microsecond=0))
        kind = "simulated" if self._episode.folder is None else "recorded"
        self._console.print(
            f"The {kind} market [bold]{self._episode.name}[/], the bot's clock at {shown_at}."
        )
        self._console.print("The bot starts and fetches its history.")
        async with AsyncExitStack() as stack:
            world = await stack.enter_async_context(
                open_world(self._episode, self._clock, TOKEN, openapi=_openapi())
            )
            environment = bot_environment(world.url, self._clock, self._database, TOKEN)
            if not await self._import_recorded(environment):
                return self._fail("the recorded liquidations could not be imported")
            process = await stack.enter_async_context(
                running("bot", "run", environment=environment, folder=self._folder)
            )
            asking = asyncio.create_task(self._ask(world))
            ended = asyncio.create_task(process.wait())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([asking, ended, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                asking.cancel()
                return self._fail("the bot ended early" if ended.done() else "stopped")
            code = self._judge(world, asking, time.monotonic() - started)
            if not self._is_once and code == 0:
                self._console.print("The bot stays up. Ctrl-C ends it.")
                await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
                if not stop.is_set():
                    return self._fail("the bot ended by itself")
        return code

    async def _import_recorded(self, environment: dict[str, str]) -> bool:
        """Import a recorded episode's liquidations: no exchange serves those under its own name."""
        folder = self._episode.folder
        if folder is None or not self._episode.liquidations:
            return True
        command = ("bot", "backfill", "--from", str(folder.resolve()), "--series", "liquidations")
        async with running(*command, environment=environment, folder=self._folder) as process:
            return await process.wait() == 0

    async def _ask(self, world: OutsideWorld) -> list[Asked]:
        """Ask the main questions, once the first reports are published."""
        await world.discord.until_ready(timeout_seconds=READY_SECONDS)
        deadline = time.monotonic() + FIRST_REPORT_SECONDS
        answers = []
        for question in QUESTIONS:
            asked = await world.discord.ask("market", question, timeout_seconds=100)
            while not _has_report(asked) and time.monotonic() < deadline:
                await asyncio.sleep(0.5)
                asked = await world.discord.ask("market", question, timeout_seconds=100)
            answers.append(asked)
        return answers

    def _judge(self, world: OutsideWorld, asking: asyncio.Task[list[Asked]], took: float) -> int:
        try:
            answers = asking.result()
        except TimeoutError as error:
            return self._fail(f"no answer: {error}")
        for question, asked in zip(QUESTIONS, answers, strict=True):
            shown = " ".join(["/market", *(f"{k}:{v}" for k, v in question.items())])
            self._console.print(f"\n[bold green]{shown}[/]")
            if not _has_report(asked):
                return self._fail(f"{shown} was not answered with a report")
            for embed in _embeds(asked):
                print_embed(embed, self._console, self._clock.now())
        for violation in world.discord.violations:
            self._console.print(f"[red]broken rule[/] {violation}")
        if world.discord.violations:
            return self._fail("a body broke Discord's rules")
        self._console.print(f"{len(answers)} answers, no broken rule, {took:.1f} s after the start")
        return 0

    def _fail(self, reason: str) -> int:
        self._console.print(f"[red]demo: {reason}[/]")
        return 1


def _has_report(asked: Asked) -> bool:
    return bool(_embeds(asked))


def _embeds(asked: Asked) -> list[dict[str, Any]]:
    return [embed for message in asked.messages for embed in message.embeds]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--episode", default="wednesday", help="wednesday, or a recorded folder")
    parser.add_argument("--at", default="", help="the bot's first moment, ISO-8601 with zone")
    parser.add_argument("--once", action="store_true", help="exit after the answers")
    return parser.parse_args()


def _moment(text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        raise ValueError(f"AT={text}: expected a time such as 2024-08-05T13:00:00Z") from error


def _require_inside(episode: Episode, moment: datetime) -> None:
    if not episode.start <= moment <= episode.end:
        span = f"{format_time(episode.start)} to {format_time(episode.end)}"
        raise ValueError(f"AT={format_time(moment)} lies outside the episode: {span}")


def _openapi() -> Path | None:
    """Return Discord's OpenAPI document where the recorded data lies beside the project."""
    root = Path(__file__).resolve().parent.parent.parent
    path = root / "shared" / "data" / "discord" / "openapi.json"
    return path if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())

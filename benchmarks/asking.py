"""Asking the bot as people do: until it has a report, one after another, many at once."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.discord.asked import Asked
from sandbox.discord.server import DiscordServer

COMMAND = "market"
ASK_PAUSE = 0.5
PATIENCE_SECONDS = 90.0

Question = Mapping[str, str]
WHOLE_MARKET: Question = {}
STANDING: tuple[Question, ...] = (
    WHOLE_MARKET,
    {"window": "7d"},
    {"window": "30d"},
    *({"asset": asset} for asset in ("BTC", "ETH", "SOL", "XRP", "BNB")),
)


class WrongAnswerError(Exception):
    """A question was not answered at once with an embed."""


async def reported(discord: DiscordServer, question: Question = WHOLE_MARKET) -> Asked:
    """Ask until a report answers at once, and return that answer; TimeoutError after 90 s."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            asked = await discord.ask(COMMAND, question, timeout_seconds=PATIENCE_SECONDS)
            if sent_embed(asked) is not None:
                return asked
            await asyncio.sleep(ASK_PAUSE)


async def storm(
    discord: DiscordServer, questions: Iterable[Question], concurrency: int
) -> list[float]:
    """Ask every question, so many at a time; return the seconds from each to its answer.

    WrongAnswerError when one is not answered at once with an embed.
    """
    seconds: list[float] = []
    waiting = iter(questions)
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_ask_on(discord, waiting, seconds))
    return seconds


def sent_embed(asked: Asked) -> dict[str, Any] | None:
    """Return the embed as the bot sent it in its first response, None without one."""
    body = asked.bodies[0] if asked.bodies else None
    embeds = (body.get("data") or {}).get("embeds") if isinstance(body, dict) else None
    return embeds[0] if embeds else None


async def _ask_on(
    discord: DiscordServer, questions: Iterator[Question], seconds: list[float]
) -> None:
    for question in questions:
        asked = await discord.ask(COMMAND, question)
        if sent_embed(asked) is None or asked.answer_seconds is None:
            raise WrongAnswerError(f"{question}: {asked.error or asked.bodies}")
        seconds.append(asked.answer_seconds)


async def storm_for(
    discord: DiscordServer, questions: list[Question], concurrency: int, duration: float
) -> list[float]:
    """Ask the questions over and over for so many seconds; otherwise as `storm`."""
    return await storm(discord, _until(time.monotonic() + duration, questions), concurrency)


def _until(deadline: float, questions: list[Question]) -> Iterator[Question]:
    while True:
        for question in questions:
            if time.monotonic() >= deadline:
                return
            yield question

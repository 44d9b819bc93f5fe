"""The yardstick: the minimal bot in its own process, asked as the benchmark asks."""

import json

import pytest

from benchmarks.asking import STANDING, WHOLE_MARKET, WrongAnswerError, reported, sent_embed, storm
from bot.clock import Clock
from sandbox.bot_process import bot_environment, running
from sandbox.discord.server import DiscordServer
from sandbox.world import served

TOKEN = "sandbox.minimal.test"  # noqa: S105 - known to the sandbox alone
EMBED = {"title": "BTC fell", "description": "by much", "color": 3_108_719, "type": "rich"}


@pytest.fixture
async def discord(tmp_path):
    file = tmp_path / "embed.json"
    file.write_text(json.dumps(EMBED), "utf-8")
    opened = DiscordServer(TOKEN)
    async with served(opened) as url:
        command = ("benchmarks.minimal_bot", url, TOKEN, str(file))
        environment = bot_environment(url, Clock(), "", TOKEN)
        async with running(*command, environment=environment, folder=tmp_path):
            await opened.until_ready()
            yield opened


async def test_it_answers_every_question_with_the_embed(discord):
    seconds = await storm(discord, [WHOLE_MARKET] * 40, concurrency=8)
    assert len(seconds) == 40
    assert all(0 < one < 3 for one in seconds)
    sent = sent_embed(await reported(discord))
    assert sent is not None
    assert {**EMBED, **sent} == sent
    assert discord.violations == []
    assert discord.sync_count == 1


async def test_an_answer_that_does_not_come_is_no_sample(discord):
    discord.gateway.is_silent = True
    discord.timings = type(discord.timings)(response_window=0.2)
    with pytest.raises(ExceptionGroup) as raised:
        await storm(discord, [WHOLE_MARKET], concurrency=1)
    assert raised.group_contains(WrongAnswerError, match="did not respond")


def test_the_standing_questions_are_all_different():
    assert len({tuple(question.items()) for question in STANDING}) == len(STANDING) == 8

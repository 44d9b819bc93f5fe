"""/market in every place and wording, asked of one running bot on the bundled Wednesday."""

import asyncio
import re
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.model.report import ReportKey
from sandbox.discord.options import UnaskableError

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXTS = ["guild", "dm", "user_install", "user_install_guild"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bot(shared_sandbox):
    async with (
        shared_sandbox.world() as world,
        shared_sandbox.bot(world, shared_sandbox.database()) as bot,
    ):
        await bot.until_reports()
        await bot.ask_until_report()
        yield bot
        assert world.discord.violations == []
        assert "event=ready" in bot.lines
        traces = [line for line in bot.lines.splitlines() if "Traceback" in line]
        assert all('event="command failed"' in line for line in traces)
        assert "never retrieved" not in bot.lines


def text(message) -> str:
    (embed,) = message.embeds
    fields = [f"{field['name']}\n{field['value']}" for field in embed["fields"]]
    return "\n".join([embed["title"], embed["description"], *fields, embed["footer"]["text"]])


async def test_the_market_is_answered_at_once_with_the_days_figures(bot):
    asked = await bot.ask()
    said = text(asked.message)
    assert not asked.deferred
    assert [response.kind for response in asked.responses] == ["callback"]
    assert said.startswith("BTC fell 1.13 % over 24 h; altcoins −3.14 % to −0.11 %")
    for asset, change in [
        ("BTC", "−1.13"),
        ("ETH", "−1.98"),
        ("SOL", "−3.14"),
        ("XRP", "−2.13"),
        ("BNB", "−0.11"),
    ]:
        (row,) = [line for line in said.splitlines() if line.startswith(f"**{asset}** $")]
        assert f", {change} % (perpetual)" in row
    assert re.search(r"\n\*\*GRIND\*\* since <t:\d+:f>: 21 % of the log fall", said)
    for heading in (
        "Prices, 24 h",
        "Drivers, most unusual first, 24 h",
        "Against this, 24 h",
        "Sources and age",
    ):
        assert f"\n{heading}\n" in said
    assert ":R>" in said.partition("Sources and age")[2]
    assert "Information, not advice." in said


async def test_one_asset_is_answered_at_once(bot):
    asked = await bot.ask("BTC")
    assert not asked.deferred
    assert text(asked.message).startswith("BTC fell 1.13 % over 24 h\n")


@pytest.mark.parametrize("spelling", ["eth", "$ETH", " Ethereum ", "ether"])
async def test_an_asset_goes_by_its_common_names(bot, spelling):
    assert text((await bot.ask(spelling)).message).startswith("ETH fell 1.98 % over 24 h\n")


@pytest.mark.parametrize("window", ["7d", "30d"])
async def test_the_market_stands_over_every_window(bot, window):
    asked = await bot.ask(None, window)
    assert not asked.deferred
    assert f"over {window[:-1]} d" in text(asked.message).splitlines()[0]


async def test_what_does_not_stand_is_requested_and_then_stands(bot):
    asked = await bot.ask("SOL", "7d")
    assert asked.deferred
    assert [response.kind for response in asked.responses] == ["callback", "edit"]
    assert text(asked.message).startswith("SOL fell ")
    assert "over 7 d" in asked.message.embeds[0]["title"]
    assert asked.message.content == ""
    assert ("answered",) in bot.rows("SELECT state FROM requests WHERE key = 'market.SOL.7d'")
    again = await bot.ask("SOL", "7d")
    assert not again.deferred
    assert again.message.embeds == asked.message.embeds


async def test_several_who_ask_the_same_leave_one_request(bot):
    everyone = await asyncio.gather(*(bot.ask("BNB", "30d") for _ in range(8)))
    assert {one.message.embeds[0]["title"] for one in everyone} == {
        everyone[0].message.embeds[0]["title"]
    }
    key = ReportKey("market", "BNB", "30d")
    assert bot.rows(f"SELECT count(*) FROM requests WHERE key = '{key}'") == [(1,)]  # noqa: S608


@pytest.mark.parametrize("context", CONTEXTS)
async def test_it_answers_in_every_place(bot, context):
    asked = await bot.ask("BTC", context=context)
    assert asked.error is None
    assert text(asked.message).startswith("BTC fell 1.13 %")
    assert not asked.message.is_ephemeral


@pytest.mark.parametrize("context", CONTEXTS)
async def test_it_defers_in_every_place(bot, context):
    index = CONTEXTS.index(context)
    asset, window = [("BTC", "7d"), ("BTC", "30d"), ("ETH", "7d"), ("ETH", "30d")][index]
    asked = await bot.ask(asset, window, context=context)
    assert asked.deferred
    assert text(asked.message).startswith(f"{asset} fell ")


async def test_a_language_without_a_catalogue_is_answered_in_english(bot):
    asked = await bot.ask(locale="de", guild_locale="fr")
    assert text(asked.message).startswith("BTC fell 1.13 %")


@pytest.mark.parametrize("context", CONTEXTS)
async def test_an_unknown_asset_is_answered_in_private_with_the_nearest(bot, context):
    asked = await bot.ask("BTCC", context=context)
    message = asked.message
    assert message.is_ephemeral
    assert message.embeds == []
    assert message.content.startswith('I do not know "BTCC". Nearest: BTC')
    assert "Known: BTC, ETH, SOL, XRP, BNB" in message.content
    assert "logged" not in message.content


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("**bold**", r"\*\*bold\*\*"),
        ("`code` ||x||", r"\`code\` \|\|x\|\|"),
        ("[here](https://example.com)", r"\[here](https://example.com)"),
        ("https://example.com/a_b*c", r"https://example.com/a\_b\*c"),
        ("@everyone", "@\u200beveryone"),
        ("@here", "@\u200bhere"),
        ("<@1100000000000000101>", "<@\u200b1100000000000000101>"),
        ("# big\n# bigger", r"\# big # bigger"),
        ("{known} {0}", "{known} {0}"),
        ("🙈 日本", "🙈 日本"),
        ("/etc/passwd", "/etc/passwd"),
    ],
)
async def test_what_was_typed_is_shown_without_its_effect(bot, typed, shown):
    asked = await bot.ask(typed)
    assert asked.message.is_ephemeral
    assert asked.message.content.startswith(f'I do not know "{shown}". Nearest: ')
    for response in asked.responses:
        assert response.body["data"]["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize("typed", ["x" * 4000, "*" * 4000, "[" * 4000, "\n" * 4000, " ", "\x00"])
async def test_any_length_and_any_sign_is_answered(bot, typed):
    asked = await bot.ask(typed)
    assert asked.error is None
    assert asked.message.is_ephemeral
    assert len(asked.message.content) < 300
    assert "Nearest: " in asked.message.content


async def test_a_window_that_is_no_choice_cannot_be_asked(bot):
    with pytest.raises(UnaskableError):
        await bot.ask("BTC", "1y")


async def test_fifty_at_once_are_all_answered_without_deferring(bot):
    everyone = await asyncio.gather(*(bot.ask() for _ in range(50)))
    assert [(one.error, one.deferred) for one in everyone] == [(None, False)] * 50


async def test_the_answers_time_is_the_datas(bot):
    embed = (await bot.ask()).message.embeds[0]
    opens_at = bot.world.episode.opens_at
    assert embed["timestamp"].startswith(f"{opens_at:%Y-%m-%dT%H}")
    assert bot.world.clock.now() - opens_at < timedelta(minutes=10)


async def test_a_rate_limit_is_waited_for(bot):
    bot.world.discord.faults.limit_next(retry_after=0.2, path_part="/callback")
    asked = await bot.ask()
    assert text(asked.message).startswith("BTC fell")
    assert asked.latency_seconds > 0.2


async def test_a_rate_limit_on_the_edit_is_waited_for(bot):
    bot.world.discord.faults.limit_next(retry_after=0.2, path_part="/messages/@original")
    asked = await bot.ask("XRP", "7d")
    assert asked.deferred
    assert text(asked.message).startswith("XRP fell")


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_failing_callback_is_tried_again(bot, status):
    bot.world.discord.faults.fail_next(status=status, path_part="/callback")
    assert text((await bot.ask()).message).startswith("BTC fell")


async def test_a_cut_callback_is_never_left_without_a_reply(bot):
    bot.world.discord.faults.cut_next(path_part="/callback")
    asked = await bot.ask()
    assert asked.error is None
    assert asked.message.content or asked.message.embeds


async def test_a_callback_that_cannot_be_sent_harms_no_later_one(bot):
    bot.world.discord.faults.cut_next(8, path_part="/callback")
    assert (await bot.ask()).error == "the application did not respond"
    bot.world.discord.faults.clear()
    assert text((await bot.ask()).message).startswith("BTC fell")


async def test_a_dropped_socket_is_taken_up_again(bot):
    resumed = bot.world.discord.records.resume_count
    bot.world.discord.faults.drop_sockets()
    await asyncio.sleep(0.1)
    asked = await bot.ask(timeout_seconds=20)
    if asked.error is not None:  # the event came after 3 s of reconnecting
        asked = await bot.ask(timeout_seconds=20)
    assert text(asked.message).startswith("BTC fell")
    assert bot.world.discord.records.resume_count > resumed


async def test_its_definition_allows_every_place(bot):
    (command,) = bot.world.discord.commands.registered()
    assert sorted(command["integration_types"]) == [0, 1]
    assert sorted(command["contexts"]) == [0, 1, 2]
    assert bot.world.discord.sync_count == 1

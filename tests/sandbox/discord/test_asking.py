import asyncio
import io
from typing import Literal

import discord
import pytest
from discord import app_commands

from sandbox.discord.options import UnaskableError
from sandbox.discord.timings import Timings

Tree = discord.app_commands.CommandTree[discord.Client]

EVERYWHERE = app_commands.allowed_installs(guilds=True, users=True)
ANYWHERE = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)


def commands(tree: Tree) -> None:
    @tree.command(description="Why is the market down?")
    @EVERYWHERE
    @ANYWHERE
    async def market(
        interaction: discord.Interaction,
        asset: str = "all",
        window: Literal["24h", "7d"] = "24h",
    ):
        embed = discord.Embed(title=f"{asset} {window}", description="down")
        embed.add_field(name="where", value=f"guild {interaction.context.guild}")
        await interaction.response.send_message(embed=embed)

    @tree.command(description="Answers in its own time")
    async def slow(interaction: discord.Interaction):
        await interaction.response.defer(ephemeral=True)
        await interaction.edit_original_response(content="done")

    @tree.command(description="Answers by a follow-up")
    async def followed(interaction: discord.Interaction):
        await interaction.response.defer()
        await interaction.followup.send("first", ephemeral=True)
        chart = discord.File(io.BytesIO(b"\x89PNG bytes"), "chart.png", description="a chart")
        await interaction.followup.send(embed=discord.Embed(title="second"), file=chart)

    @tree.command(description="Only for servers")
    async def server_only(interaction: discord.Interaction, count: app_commands.Range[int, 1, 5]):
        assert interaction.guild is not None
        await interaction.response.send_message(f"{count} in {interaction.guild.name}")

    @tree.command(description="Looks at what it was given")
    @EVERYWHERE
    @ANYWHERE
    async def look(interaction: discord.Interaction):
        seen = {
            "locale": interaction.locale.value,
            "guild_locale": getattr(interaction.guild_locale, "value", None),
            "guild_install": interaction.is_guild_integration(),
            "user_install": interaction.is_user_integration(),
            "channel": type(interaction.channel).__name__,
            "user": type(interaction.user).__name__,
            "limit": interaction.filesize_limit,
            "embed_links": interaction.app_permissions.embed_links,
            "expired": interaction.is_expired(),
        }
        await interaction.response.send_message(repr(seen))

    market_group = app_commands.Group(name="report", description="Reports")

    @market_group.command(name="short", description="A short one")
    async def short(interaction: discord.Interaction, asset: str):
        await interaction.response.send_message(f"short {asset}")

    tree.add_command(market_group)


async def test_a_bot_logs_in_syncs_and_answers(start, run):
    async with start() as server, run(commands):
        asked = await server.ask("market", {"asset": "BTC", "window": "7d"})
    assert asked.error is None
    assert asked.message.embeds[0]["title"] == "BTC 7d"
    assert asked.message.embeds[0]["fields"][0]["value"] == "guild True"
    assert (asked.callback_type, asked.deferred) == (4, False)
    assert 0 < asked.latency_seconds == asked.answer_seconds
    assert (server.sync_count, server.identify_count, server.violations) == (1, 1, [])


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("guild", ("True", "False", "TextChannel", "Member", "de")),
        ("dm", ("False", "True", "DMChannel", "User", None)),
        ("user_install", ("False", "True", "GroupChannel", "User", None)),
        ("user_install_guild", ("False", "True", "TextChannel", "Member", "de")),
    ],
)
async def test_discord_py_reads_every_context(start, run, context, expected):
    async with start() as server, run(commands):
        asked = await server.ask("look", context=context, locale="fr", guild_locale="de")
    guild_install, user_install, channel, user, guild_locale = expected
    seen = asked.message.content
    assert f"'guild_install': {guild_install}" in seen
    assert f"'user_install': {user_install}" in seen
    assert f"'channel': {channel!r}, 'user': {user!r}, 'limit': 10485760" in seen
    assert f"'locale': 'fr', 'guild_locale': {guild_locale!r}" in seen
    assert "'embed_links': True, 'expired': False" in seen


async def test_a_deferred_answer_is_final_only_when_it_is_edited(start, run):
    async with start() as server, run(commands):
        asked = await server.ask("slow")
    assert (asked.deferred, asked.callback_type) == (True, 5)
    assert [response.kind for response in asked.responses] == ["callback", "edit"]
    assert asked.latency_seconds < asked.answer_seconds
    assert asked.message.content == "done"
    assert asked.message.is_ephemeral


async def test_the_first_follow_up_takes_the_place_of_the_deferral(start, run):
    async with start() as server, run(commands):
        asked = await server.ask("followed")
        first, second = await asked.until_messages(2)
    assert (first.content, first.is_ephemeral) == ("first", False)
    assert first is asked.original
    chart = second.attachments[0]
    assert (chart.filename, chart.content_type, chart.data) == (
        "chart.png",
        "image/png",
        b"\x89PNG bytes",
    )
    assert second.payload["attachments"][0]["description"] == "a chart"
    assert server.violations == []


async def test_subcommands_are_asked_by_their_whole_name(start, run):
    async with start() as server, run(commands):
        asked = await server.ask("report short", {"asset": "SOL"})
    assert asked.message.content == "short SOL"


@pytest.mark.parametrize(
    ("command", "options", "context"),
    [
        ("nothing", {}, "guild"),
        ("market", {"coin": "BTC"}, "guild"),
        ("market", {"window": "1y"}, "guild"),
        ("market", {"asset": 5}, "guild"),
        ("server_only", {}, "guild"),
        ("server_only", {"count": 6}, "guild"),
        ("server_only", {"count": True}, "guild"),
        ("server_only", {"count": 2}, "user_install"),
        ("report", {}, "guild"),
        ("report long", {"asset": "SOL"}, "guild"),
    ],
)
async def test_a_client_does_not_send_what_the_definition_forbids(
    start, run, command, options, context
):
    async with start() as server, run(commands):
        with pytest.raises(UnaskableError):
            await server.ask(command, options, context=context)
        assert (await server.ask("server_only", {"count": 2})).message.content.startswith("2 in")


async def test_silence_and_absence_are_told_apart(start, run):
    def silent(tree: Tree) -> None:
        @tree.command(description="Says nothing")
        async def silence(interaction: discord.Interaction):
            """Leave the person waiting."""

        @tree.command(description="Promises, and says nothing")
        async def promise(interaction: discord.Interaction):
            await interaction.response.defer()

    timings = Timings(identify_spacing=0, response_window=0.2)
    async with start(timings=timings) as server:
        async with run(silent):
            assert (await server.ask("silence")).error == "the application did not respond"
            broken_promise = await server.ask("promise", timeout_seconds=0.4)
            assert broken_promise.error == "deferred, and no answer within 0.4 s"
            assert broken_promise.messages == []
            assert broken_promise.answer_seconds is None
        assert (await server.ask("silence")).error == "the application is not connected"


async def test_fifty_at_once_are_all_answered(start, run):
    async with start() as server, run(commands):
        everyone = await asyncio.gather(
            *(server.ask("market", {"asset": str(n)}) for n in range(50))
        )
    assert [one.message.embeds[0]["title"] for one in everyone] == [f"{n} 24h" for n in range(50)]
    assert len({one.token for one in everyone}) == 50

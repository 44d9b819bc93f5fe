import asyncio
import io

import discord
import pytest

from sandbox.discord.timings import Timings
from sandbox.discord.world import World

Tree = discord.app_commands.CommandTree[discord.Client]


class Attempt:
    """A command that tries one thing and keeps the error that discord.py raised."""

    def __init__(self, action):
        self.action = action
        self.error = None
        self.finished = asyncio.Event()

    def __call__(self, tree: Tree) -> None:
        everywhere = discord.app_commands.allowed_installs(guilds=True, users=True)
        anywhere = discord.app_commands.allowed_contexts(
            guilds=True, dms=True, private_channels=True
        )

        @tree.command(description="Tries")
        @everywhere
        @anywhere
        async def attempt(interaction: discord.Interaction):
            try:
                await self.action(interaction)
            except discord.HTTPException as error:
                self.error = error
            self.finished.set()


@pytest.fixture
def attempted(start, run):
    """Return a function that lets a bot try an action and tells what became of it."""

    async def attempted(action, context="guild", timeout_seconds=0.6, **settings):
        attempt = Attempt(action)
        timings = settings.pop("timings", Timings(identify_spacing=0, response_window=0.3))
        async with start(timings=timings, **settings) as server, run(attempt):
            asked = await server.ask("attempt", context=context, timeout_seconds=timeout_seconds)
            await asyncio.wait_for(attempt.finished.wait(), 30)
        return server, asked, attempt.error

    return attempted


def rules(server):
    return [violation.rule for violation in server.violations]


async def test_a_late_callback_is_unknown(attempted):
    async def late(interaction):
        await asyncio.sleep(0.5)
        await interaction.response.send_message("too late")

    server, asked, error = await attempted(late)
    assert (error.status, error.code) == (404, 10062)
    assert asked.error == "the application did not respond"
    assert rules(server) == ["three_seconds"]
    assert [refused.error.code for refused in asked.refused] == [10062]


async def test_a_second_callback_is_refused(attempted):
    async def twice(interaction):
        await interaction.response.send_message("once")
        interaction.response._response_type = None
        await interaction.response.send_message("twice")

    server, asked, error = await attempted(twice)
    assert (error.status, error.code) == (400, 40060)
    assert asked.message.content == "once"
    assert rules(server) == ["one_callback"]


async def test_a_follow_up_before_the_callback_has_no_webhook(attempted):
    async def hasty(interaction):
        await interaction.followup.send("before")

    _, asked, error = await attempted(hasty)
    assert (error.status, error.code) == (404, 10015)
    assert asked.error is not None


async def test_the_token_ends(attempted):
    async def patient(interaction):
        await interaction.response.defer()
        await asyncio.sleep(0.4)
        await interaction.followup.send("much later")

    timings = Timings(identify_spacing=0, token_lifetime=0.3)
    server, _, error = await attempted(patient, timings=timings)
    assert (error.status, error.code) == (401, 50027)
    assert rules(server) == ["fifteen_minutes"]


async def test_6000_characters_in_all_embeds_pass_and_one_more_is_refused(attempted):
    def embeds(last):
        return [discord.Embed(description="a" * 4_096), discord.Embed(description="b" * last)]

    async def full(interaction):
        await interaction.response.send_message(embeds=embeds(1_904))

    async def too_full(interaction):
        await interaction.response.send_message(embeds=embeds(1_905))

    server, asked, error = await attempted(full)
    assert (server.violations, error) == ([], None)
    assert len(asked.message.embeds) == 2

    server, asked, error = await attempted(too_full)
    assert (error.status, error.code) == (400, 50035)
    assert "Embed size exceeds maximum size of 6000" in error.text
    assert [(one.rule, one.path) for one in server.violations] == [
        ("MAX_EMBED_SIZE_EXCEEDED", "data.embeds")
    ]
    assert asked.responses == []


async def test_what_breaks_a_rule_passes_when_not_strict_and_is_recorded(attempted):
    async def long(interaction):
        await interaction.response.send_message("x" * 2_001)

    server, asked, error = await attempted(long, strict=False)
    assert error is None
    assert len(asked.message.content) == 2_001
    assert rules(server) == ["BASE_TYPE_MAX_LENGTH"]


async def test_an_empty_message_is_refused_wherever_it_is_sent(attempted):
    async def empty_answer(interaction):
        await interaction.response.send_message("")

    async def empty_follow_up(interaction):
        await interaction.response.send_message("full")
        await interaction.followup.send(" ")

    async def empty_post(interaction):
        await interaction.response.send_message("full")
        await interaction.channel.send("")

    server, _, error = await attempted(empty_answer)
    assert (error.code, rules(server)) == (50035, ["INTERACTION_EMPTY_MESSAGE"])
    for action in (empty_follow_up, empty_post):
        server, _, error = await attempted(action)
        assert (error.code, rules(server)) == (50006, ["empty_message"])


async def test_an_edit_that_leaves_nothing_is_refused(attempted):
    async def emptied(interaction):
        await interaction.response.send_message("full")
        await interaction.edit_original_response(content=None)

    server, asked, error = await attempted(emptied)
    assert (error.code, rules(server)) == (50006, ["empty_message"])
    assert asked.message.content == "full"


async def test_a_user_installed_app_follows_up_five_times(attempted):
    async def chatty(interaction):
        await interaction.response.send_message("0")
        for number in range(1, 7):
            await interaction.followup.send(str(number))

    server, asked, error = await attempted(chatty, context="user_install")
    assert (error.status, error.code) == (400, 40094)
    assert [message.content for message in asked.messages] == ["0", "1", "2", "3", "4", "5"]
    assert rules(server) == ["user_install_follow_ups"]


async def test_a_file_above_10_mib_is_refused(attempted):
    def file(size):
        return discord.File(io.BytesIO(b"0" * size), "big.bin")

    async def fits(interaction):
        await interaction.response.send_message(file=file(10 * 1024 * 1024))

    async def too_big(interaction):
        await interaction.response.send_message(file=file(10 * 1024 * 1024 + 1))

    generous = Timings(identify_spacing=0)
    server, asked, error = await attempted(fits, timings=generous, timeout_seconds=3)
    assert (error, len(asked.message.attachments[0].data)) == (None, 10 * 1024 * 1024)
    server, _, error = await attempted(too_big, timings=generous, timeout_seconds=1)
    assert (error.status, error.code, rules(server)) == (413, 40005, ["file_size"])


async def test_messages_can_be_read_changed_and_deleted(attempted):
    async def careful(interaction):
        await interaction.response.send_message("original")
        follow_up = await interaction.followup.send("second", wait=True)
        await follow_up.edit(content="second, changed")
        again = await interaction.followup.fetch_message(follow_up.id)
        await interaction.edit_original_response(content=again.content.upper())
        await follow_up.delete()
        await interaction.followup.fetch_message(follow_up.id)

    server, asked, error = await attempted(careful)
    assert (error.status, error.code) == (404, 10008)
    assert [message.content for message in asked.messages] == ["SECOND, CHANGED"]
    assert [response.kind for response in asked.responses] == [
        "callback",
        "follow_up",
        "edit",
        "edit",
        "delete",
    ]
    assert server.violations == []


async def test_a_channel_without_the_right_to_send_refuses_posts(attempted):
    async def posts(interaction):
        await interaction.response.send_message("here")
        posted = await interaction.channel.send("hello", nonce="7")
        assert posted.nonce == "7"
        channel = interaction.client.sandbox_channel
        channel.app_permissions = channel.app_permissions & ~(1 << 11)
        await interaction.channel.send("again")

    def with_channel(server_world):
        async def action(interaction):
            interaction.client.sandbox_channel = next(iter(server_world.guilds.values())).channels[
                0
            ]
            await posts(interaction)

        return action

    world = World.example()
    server, _, error = await attempted(with_channel(world), world=world)
    assert (error.status, error.code) == (403, 50013)
    channel = next(iter(world.guilds.values())).channels[0]
    assert [message.content for message in server.channels.messages(channel.id)] == ["hello"]

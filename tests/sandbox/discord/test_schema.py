import io

import discord
import pytest

from sandbox.discord.schema import BodySchemas, shape

Tree = discord.app_commands.CommandTree[discord.Client]

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
COMMANDS = "/applications/{application_id}/commands"

pytestmark = pytest.mark.recorded


@pytest.fixture(scope="module")
def document(recorded_data):
    return recorded_data / "discord" / "openapi.json"


@pytest.fixture(scope="module")
def schemas(document):
    return BodySchemas(document)


@pytest.mark.parametrize(
    "body",
    [
        {"type": 4, "data": {"content": "x", "flags": 64}},
        {"type": 4, "data": {"attachments": [{"id": 0, "filename": "chart.png"}]}},
        {"type": 5},
        {"type": 8, "data": {"choices": [{"name": "Bitcoin", "value": "BTC"}]}},
    ],
)
def test_good_callbacks_pass(schemas, body):
    assert schemas.first_problem("POST", CALLBACK, body) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"type": "4"},
        {"type": 4, "data": {"content": 5}},
        {"type": 4, "data": {"embeds": [{"title": "x" * 257}]}},
        {"type": 4, "data": {"embeds": [{"timestamp": "yesterday"}]}},
        {"type": 8, "data": {"choices": "BTC"}},
    ],
)
def test_wrong_callbacks_are_found(schemas, body):
    path, message = schemas.first_problem("POST", CALLBACK, body)
    assert isinstance(path, str)
    assert message


def test_commands_are_checked_one_by_one(schemas):
    good = {"name": "market", "description": "d", "type": 1}
    assert schemas.first_problem("PUT", COMMANDS, [good]) is None
    path, _ = schemas.first_problem("PUT", COMMANDS, [good, good | {"options": [{"type": 99}]}])
    assert path.startswith("1")


def test_a_route_without_a_body_takes_none(schemas):
    assert schemas.first_problem("GET", "/users/@me", None) is None
    assert schemas.first_problem("GET", "/users/@me", {}) == ("", "this route takes no body")


def test_a_shape_found_good_is_not_checked_again(document):
    schemas = BodySchemas(document, "shapes")
    assert schemas.first_problem("POST", CALLBACK, {"type": 4, "data": {"content": "x"}}) is None
    too_long = {"type": 4, "data": {"content": "x" * 2_001}}
    assert schemas.first_problem("POST", CALLBACK, too_long) is None
    assert schemas.first_problem("POST", CALLBACK, {"type": 4, "data": {"content": 5}}) is not None
    schemas.mode = "all"
    assert schemas.first_problem("POST", CALLBACK, too_long) is not None
    schemas.mode = "off"
    assert schemas.first_problem("POST", CALLBACK, {}) is None


def test_shapes_tell_structure_and_types_apart():
    assert shape({"a": "x", "b": [1, 2]}) == shape({"b": [2, 1, 1], "a": "other"})
    different = [{}, [], None, True, 1, 2, 1_000, 1.0, "x", {"a": 1}, {"a": "x"}, [1], [[1]]]
    assert len({repr(shape(one)) for one in different}) == len(different)


async def test_what_discord_py_sends_is_valid(start, run, document):
    class Buttons(discord.ui.View):
        def __init__(self):
            super().__init__(timeout=None)
            self.add_item(discord.ui.Button(label="Evidence", custom_id="evidence"))
            self.add_item(
                discord.ui.Select(custom_id="m", options=[discord.SelectOption(label="a")])
            )

    def everything(tree: Tree) -> None:
        @tree.command(description="Sends one of each")
        @discord.app_commands.describe(asset="Which")
        @discord.app_commands.choices(asset=[discord.app_commands.Choice(name="B", value="BTC")])
        async def everything(interaction: discord.Interaction, asset: str, count: int = 1):
            embed = discord.Embed(title="t", url="https://a.example", colour=0x112233)
            embed.timestamp = discord.utils.utcnow()
            embed.set_footer(text="f").set_author(name="a").add_field(name="n", value="v")
            embed.set_image(url="attachment://chart.png")
            chart = discord.File(io.BytesIO(b"png"), "chart.png", description="alt")
            none = discord.AllowedMentions.none()
            assert (asset, count) == ("BTC", 1)
            await interaction.response.send_message(
                embed=embed, file=chart, view=Buttons(), allowed_mentions=none, ephemeral=True
            )
            await interaction.edit_original_response(content="changed", attachments=[])
            again = discord.File(io.BytesIO(b"png"), "again.png")
            await interaction.followup.send("more", file=again, wait=True)
            assert isinstance(interaction.channel, discord.TextChannel)
            await interaction.channel.send("and here", nonce="n", allowed_mentions=none)

    async with start(openapi=document) as server, run(everything):
        asked = await server.ask("everything", {"asset": "BTC"})
        await asked.until_messages(2)
    assert server.violations == []
    assert asked.messages[0].components[0]["components"][0]["custom_id"] == "evidence"
    assert asked.messages[0].attachments == []


async def test_a_body_that_the_document_refuses_is_a_violation(start, run, document):
    def wrong(tree: Tree) -> None:
        @tree.command(description="Sends an address that is none")
        async def wrong(interaction: discord.Interaction):
            embed = discord.Embed(title="t", url="not an address")
            await interaction.response.send_message(embed=embed)

    async with start(openapi=document) as server, run(wrong):
        asked = await server.ask("wrong", timeout_seconds=0.3)
    assert asked.error is not None
    assert [violation.rule for violation in server.violations] == ["OPENAPI"]
    assert "not an address" in server.violations[0].message

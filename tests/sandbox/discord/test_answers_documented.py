import json

import aiohttp
import discord
import pytest
from jsonschema import Draft202012Validator

from sandbox.discord.world import World

pytestmark = pytest.mark.recorded

Tree = discord.app_commands.CommandTree[discord.Client]
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


@pytest.fixture(scope="module")
def specification(recorded_data):
    return json.loads((recorded_data / "discord" / "openapi.json").read_text("utf-8"))


@pytest.fixture
def problems(specification):
    """Return a function that tells how an answer differs from what the document promises."""

    def told(method, template, answer):
        responses = specification["paths"][template][method]["responses"]
        schema = responses["200"]["content"]["application/json"]["schema"]
        whole = {"components": specification["components"], **schema}
        return [error.message for error in Draft202012Validator(whole).iter_errors(answer)]

    return told


def commands(tree: Tree) -> None:
    @tree.command(description="Answers")
    @discord.app_commands.describe(asset="Which")
    async def market(interaction: discord.Interaction, asset: str = "all"):
        embed = discord.Embed(title=asset)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Evidence", custom_id="evidence"))
        await interaction.response.send_message(embed=embed, view=view)
        await interaction.followup.send("more")


async def test_answers_are_what_the_document_promises(start, run, problems, token):
    world = World.example()
    guild = next(iter(world.guilds.values()))
    ids = {
        "guild_id": guild.id,
        "channel_id": guild.channels[0].id,
        "application_id": world.application_id,
        "webhook_id": world.application_id,
    }
    templates = [
        "/users/@me",
        "/oauth2/applications/@me",
        "/gateway/bot",
        "/guilds/{guild_id}",
        "/channels/{channel_id}",
        "/applications/{application_id}/commands",
        WEBHOOK + "/messages/@original",
    ]
    found = {}
    async with start(world=world) as server, run(commands):
        asked = await server.ask("market")
        await asked.until_messages(2)
        headers = {"Authorization": f"Bot {token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for template in templates:
                path = template.format(**ids, webhook_token=asked.token)
                async with session.get(discord.http.Route.BASE + path) as answer:
                    assert answer.status == 200, template
                    found[template] = problems("get", template, await answer.json())
    assert found == {template: [] for template in templates}


async def test_the_answer_to_a_callback_is_documented(start, run, problems, monkeypatch):
    answers = []
    read = discord.interactions.InteractionCallbackResponse._update

    def keep(self, data):
        answers.append(data)
        read(self, data)

    monkeypatch.setattr(discord.interactions.InteractionCallbackResponse, "_update", keep)
    async with start() as server, run(commands):
        asked = await server.ask("market")
        await asked.until_messages(2)
    template = "/interactions/{interaction_id}/{interaction_token}/callback"
    assert len(answers) == 1
    assert problems("post", template, answers[0]) == []

"""The least that discord.py can do: one command, one constant embed. `… URL TOKEN EMBED_FILE`."""

import json
import sys
from pathlib import Path

import discord
from discord import app_commands


class MinimalBot(discord.AutoShardedClient):
    """Answers `/market` with the embed that it was given."""

    def __init__(self, embed: discord.Embed) -> None:
        super().__init__(intents=discord.Intents(guilds=True))
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(name="market", description="Answers with a constant embed")
        async def market(interaction: discord.Interaction[discord.Client]) -> None:
            await interaction.response.send_message(embed=embed)

    async def setup_hook(self) -> None:
        """Register the command."""
        await self.tree.sync()


if __name__ == "__main__":
    url, token, file = sys.argv[1:]
    discord.http.Route.BASE = f"{url}/discord.com/api/v10"
    constant = discord.Embed.from_dict(json.loads(Path(file).read_text("utf-8")))
    MinimalBot(constant).run(token, log_handler=None)

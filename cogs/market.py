"""/market: why the market, or one asset, is down."""

from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.answers.replies import UnknownAssetError
from bot.client import Undertow
from bot.model.assets import find_asset, nearest_assets
from bot.model.report import MARKET, ReportKey

_Interaction = discord.Interaction[discord.Client]


class AssetOption(app_commands.Transformer):
    """Turns what was typed into a known asset; UnknownAssetError names the nearest ones."""

    async def transform(self, interaction: _Interaction, value: str, /) -> str:
        """Return the ticker."""
        known = list(interaction.client.assets) if isinstance(interaction.client, Undertow) else []
        asset = find_asset(value, known)
        if asset is None:
            raise UnknownAssetError(value, nearest_assets(value, known), known)
        return asset


class MarketCog(commands.Cog):
    """Explains the market."""

    def __init__(self, bot: Undertow) -> None:
        self._replies = bot.replies

    @app_commands.command(name="market", description="Why is the crypto market down?")
    @app_commands.describe(
        asset="One asset, such as BTC; the whole market when left out",
        window="How far to look back",
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def market(
        self,
        interaction: _Interaction,
        asset: app_commands.Transform[str, AssetOption] | None = None,
        window: Literal["24h", "7d", "30d"] = "24h",
    ) -> None:
        """Answer with the market report."""
        await self._replies.report(interaction, ReportKey("market", asset or MARKET, window))


async def setup(bot: Undertow) -> None:
    """Add the cog; discord.py calls this."""
    await bot.add_cog(MarketCog(bot))

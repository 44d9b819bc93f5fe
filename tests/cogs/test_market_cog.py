"""The /market command's own part: what was typed becomes an asset and a key."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.answers.replies import UnknownAssetError
from bot.client import Undertow
from bot.model.report import ReportKey
from cogs.market import AssetOption, MarketCog

ASSETS = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE")


@pytest.fixture
def interaction():
    client = Undertow.__new__(Undertow)  # without its resources: only the assets are asked for
    client.assets = ASSETS
    return SimpleNamespace(client=client)


@pytest.mark.parametrize(
    ("typed", "asset"),
    [("BTC", "BTC"), ("btc", "BTC"), (" $doge ", "DOGE"), ("Ripple", "XRP"), ("solana", "SOL")],
)
async def test_an_asset_is_known_by_ticker_and_name(interaction, typed, asset):
    assert await AssetOption().transform(interaction, typed) == asset


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("BTCC", "BTC"), ("etherum", "ETH"), ("dogecoine", "DOGE"), ("solanna", "SOL")],
)
async def test_a_misspelt_asset_names_the_nearest(interaction, typed, nearest):
    with pytest.raises(UnknownAssetError) as caught:
        await AssetOption().transform(interaction, typed)
    assert caught.value.nearest[0] == nearest
    assert len(caught.value.nearest) <= 3
    assert caught.value.known == list(ASSETS)
    assert caught.value.asked == typed


async def test_what_resembles_nothing_names_all(interaction):
    with pytest.raises(UnknownAssetError) as caught:
        await AssetOption().transform(interaction, "0x0000")
    assert caught.value.nearest == list(ASSETS)


@pytest.mark.parametrize(
    ("asset", "window", "key"),
    [
        (None, "24h", ReportKey("market", "market", "24h")),
        ("SOL", "7d", ReportKey("market", "SOL", "7d")),
    ],
)
async def test_the_options_make_the_key(asset, window, key):
    asked = []

    class Replies:
        async def report(self, interaction, key):
            asked.append((interaction, key))

    bot: Any = SimpleNamespace(replies=Replies())
    cog = MarketCog(bot)
    callback: Any = cog.market.callback
    await callback(cog, "the interaction", asset, window)
    assert asked == [("the interaction", key)]

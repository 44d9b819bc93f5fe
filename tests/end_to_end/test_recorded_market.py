"""August 2024 as it was recorded: the bot's own figures, with Discord's schema on every body."""

import re
from datetime import UTC, datetime

import pytest
import pytest_asyncio

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.recorded]

AT = datetime(2024, 8, 5, 13, tzinfo=UTC)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bot(shared_sandbox, recorded_data):
    episode = recorded_data / "episodes" / "2024-08-05"
    openapi = recorded_data / "discord" / "openapi.json"
    database = shared_sandbox.database()
    async with shared_sandbox.world(episode, AT, openapi=openapi) as world:
        importing = ("backfill", "--from", str(episode), "--series", "liquidations")
        environment = shared_sandbox.environment(world, database)
        code, _, said = await shared_sandbox.command(environment, *importing)
        assert (code, "Traceback" in said) == (0, False)
        assert "liquidations.csv: 3295 stored" in said
        async with shared_sandbox.bot(world, database) as bot:
            await bot.until_logged('event="reports published"')
            await bot.ask_until_report()
            yield bot
            assert world.discord.violations == []
            assert "Traceback" not in bot.lines


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def market(bot):
    return (await bot.ask()).message.embeds[0]


def line(embed, start: str) -> str:
    """Return the one line of an embed that starts like this, without the bold marks."""
    values = [embed["description"], *(field["value"] for field in embed["fields"])]
    lines = [one.replace("**", "") for value in values for one in value.splitlines()]
    (found,) = [one for one in lines if one.startswith(start)]
    return str(found)


def section(embed, title: str) -> str:
    """Return the text of one section."""
    (value,) = [field["value"] for field in embed["fields"] if field["name"] == title]
    return str(value)


async def test_the_headline_is_the_fall_of_the_last_closed_day(market):
    assert market["title"] == "BTC fell 18.4 % over 24 h; altcoins −23.8 % to −19.7 %"
    assert market["timestamp"].startswith("2024-08-05T13:00:0")


@pytest.mark.parametrize(
    ("asset", "change", "kind"),
    [
        ("BTC", "−18.4", "perpetual"),
        ("ETH", "−23.8", "perpetual"),
        ("SOL", "−22.8", "perpetual"),
        ("BNB", "−21.7", "perpetual"),
        ("XRP", "−19.7", "spot"),
    ],
)
async def test_every_price_says_its_market(market, asset, change, kind):
    assert f", {change} % ({kind})" in line(market, f"{asset} $")


async def test_it_is_a_shock_with_its_measure_beside_it(market):
    shape = line(market, "SHOCK since <t:1722258000:f>: 60.3 % of the log fall")
    assert "(C24 0.603; a shock needs 0.600 or more" in shape


async def test_no_cascade_is_confirmed_and_it_says_why(market):
    said = line(market, "A fall without confirmed forced selling")
    assert "(confirmed from 30.0 ×)" in said
    (multiple,) = re.findall(r"are (\d+\.\d) × their usual day", said)
    assert float(multiple) < 30
    assert "is confirmed" not in market["description"]


async def test_open_interest_fell_in_coins_with_the_usd_change_beside_it(market):
    assert line(market, "BTC open interest") == "BTC open interest −13.8 % in coins, −29.7 % in USD"


async def test_liquidations_are_rounded_down_and_labelled_recorded(market):
    observed = section(market, "Liquidations observed, 24 h")
    assert "**BTC** at least $55.8 M long, $17.9 M short" in observed
    assert (
        "binance, a sampled feed that shows only a part, recorded: 100 % of the minutes of 24 h"
        in observed
    )
    assert "binance liquidations (perpetual, recorded)" in section(market, "Sources and age")


async def test_it_names_what_is_missing(market):
    missing = section(market, "Not known").splitlines()
    (open_interest,) = [one for one in missing if "open interest" in one]
    assert "BNB" in open_interest
    assert "Nothing was received from gate." in missing


async def test_the_asset_report_splits_native_from_price(bot):
    asked = await bot.ask("BTC")
    embed = asked.message.embeds[0]
    assert not asked.deferred
    assert embed["title"] == "BTC fell 18.4 % over 24 h"
    drivers = section(embed, "Drivers, most unusual first, 24 h")
    (positions,) = [one for one in drivers.splitlines() if one.startswith("Open interest of BTC")]
    assert "fell 13.8 % in coins (−29.7 % in USD" in positions
    assert "−18.4 %" in positions
    assert "At least $55.8 M of BTC longs liquidated over 24 h" in drivers


@pytest.mark.parametrize("asset", ["ETH", "SOL", "XRP", "BNB"])
async def test_every_asset_has_an_answer_over_every_window(bot, asset):
    for window in ("24h", "7d", "30d"):
        asked = await bot.ask(asset, window)
        assert asked.error is None
        embed = asked.message.embeds[0]
        assert embed["title"].startswith((f"{asset} fell ", f"{asset} rose "))
        assert embed["title"].endswith(f"{window[:-1]} {window[-1]}")


async def test_apologies_hold_to_the_schema_too(bot):
    for typed in ("XYZ", "*" * 4000, "@everyone"):
        assert (await bot.ask(typed)).message.is_ephemeral
    assert bot.world.discord.schemas is not None
    assert bot.world.discord.violations == []

"""The roles as separate processes on one database, and a world whose exchanges are down."""

import asyncio
import signal

import pytest

from sandbox.exchanges.faults import Fault


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, sandbox):
    if request.param == "sqlite":
        return sandbox.database()
    server = request.getfixturevalue("postgresql")
    asyncio.run(server.run("CREATE DATABASE apart"))
    return server.url("apart")


async def test_the_roles_meet_in_the_database_alone(sandbox, database):
    async with (
        sandbox.world() as world,
        sandbox.bot(world, database, UNDERTOW_ROLE="gateway") as gateway,
        sandbox.bot(world, database, UNDERTOW_ROLE="collector", DISCORD_TOKEN="") as collector,
    ):
        # started alone, neither migrates: both wait for whoever does
        code, _, said = await sandbox.command(sandbox.environment(world, database), "migrate")
        assert (code, said) == (0, "")
        await gateway.until_connected()
        asked = await gateway.ask_until_report()
        assert asked.message.embeds[0]["title"].startswith("BTC fell 1.13 %")
        requested = await gateway.ask("ETH", "7d")
        assert requested.deferred
        assert "over 7 d" in requested.message.embeds[0]["title"]
        assert world.discord.violations == []
        assert (gateway.collectors, collector.collectors) == ([], [])
        await collector.end(signal.SIGTERM)
        await gateway.end(signal.SIGINT)
        assert (collector.process.returncode, gateway.process.returncode) == (0, 0)
        assert "Traceback" not in collector.lines + gateway.lines


async def test_with_every_exchange_down_the_bot_says_what_it_lacks(sandbox):
    async with sandbox.world() as world:
        world.binance.faults.set(Fault.DOWN)
        world.gate.faults.set(Fault.BROKEN)
        async with sandbox.bot(world, sandbox.database()) as bot:
            await bot.until_reports()
            asked = await bot.ask_until_report()
            embed = asked.message.embeds[0]
            text = str(embed)
            assert embed["title"] == "Not enough data for the price of BTC over 24 h"
            assert "Nothing was received from binance, gate." in text
            assert "$" not in text
            assert "Traceback" not in bot.lines
            assert world.discord.violations == []

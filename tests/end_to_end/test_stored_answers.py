"""A gateway on a store that an earlier run left behind: restarts, faults, refusals, errors."""

import asyncio
import re
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

GATEWAY = {"UNDERTOW_ROLE": "gateway"}


@pytest.fixture
async def gateway(sandbox, prepared, standing):
    async with sandbox.bot(standing, sandbox.database(prepared.file), **GATEWAY) as bot:
        await bot.until_connected()
        yield bot


def spoil(file, key: str) -> None:
    """Publish something that is no report under a key, as a damaged database would."""
    with closing(sqlite3.connect(file, timeout=10)) as connection, connection:
        (version,) = connection.execute("SELECT max(version) FROM reports").fetchone()
        connection.execute(
            "INSERT INTO reports (key, version, as_of_ms, published_ms, body)"
            " SELECT key, ?, as_of_ms, published_ms, ? FROM reports WHERE key = ? AND version ="
            " (SELECT max(version) FROM reports WHERE key = ?)",
            (version + 1, b'{"report": ', key, key),
        )
        connection.execute("UPDATE versions SET version = ?", (version + 1,))


async def test_stored_reports_are_answered_at_once_without_a_collector(gateway):
    asked = await gateway.ask()
    assert not asked.deferred
    assert asked.message.embeds[0]["title"].startswith("BTC fell 1.13 %")
    assert asked.message.content == ""
    assert gateway.collectors == []


async def test_commands_are_not_synced_again_by_a_restart(gateway, prepared):
    assert gateway.world.discord.sync_count == 0
    assert "commands synced" not in gateway.lines
    assert "commands synced" in prepared.log


async def test_a_fault_inside_is_answered_with_an_id_that_is_in_the_log(gateway, sandbox):
    spoil(sandbox.folder / "undertow.db", "market.BTC.24h")
    deadline = time.monotonic() + 30
    asked = await gateway.ask("BTC")
    while asked.message.embeds and time.monotonic() < deadline:
        asked = await gateway.ask("BTC")
    message = asked.message
    assert message.is_ephemeral
    assert message.content.startswith("Something went wrong here, and it is not your fault.")
    (failure_id,) = re.findall(r"`([0-9a-f]{6})`", message.content)
    (line,) = [one for one in gateway.lines.splitlines() if f"failure_id={failure_id}" in one]
    assert "level=error" in line
    assert (await gateway.ask("ETH")).message.embeds[0]["title"].startswith("ETH fell")
    assert gateway.world.discord.violations == []


async def test_a_damaged_report_does_not_keep_the_bot_from_starting(sandbox, prepared, standing):
    database = sandbox.database(prepared.file)
    spoil(sandbox.folder / "undertow.db", "market.SOL.24h")
    async with sandbox.bot(standing, database, **GATEWAY) as bot:
        await bot.until_connected()
        assert "Something went wrong" in (await bot.ask("SOL")).message.content
        assert (await bot.ask("BTC")).message.embeds


async def test_without_a_collector_it_says_since_when(sandbox, prepared, standing):
    empty = sandbox.another("empty")
    nothing = empty.database()
    code, _, _ = await empty.command(empty.environment(standing, nothing), "migrate")
    assert code == 0
    async with (
        remembering(empty, prepared) as other,
        sandbox.bot(standing, sandbox.database(prepared.file), **GATEWAY) as bot,
        empty.bot(other, nothing, **GATEWAY) as without,
    ):
        await asyncio.gather(bot.until_connected(), without.until_connected())
        nearest, none = await asyncio.gather(
            bot.ask("SOL", "7d", timeout_seconds=60), without.ask(timeout_seconds=60)
        )
        assert nearest.deferred
        assert nearest.message.content.startswith("Preparing new answers is down since <t:")
        assert nearest.message.embeds[0]["title"].startswith("SOL fell")
        assert "over 24 h" in nearest.message.embeds[0]["title"]

        standing_now = await bot.ask()
        assert not standing_now.deferred
        assert "down since <t:" in standing_now.message.content
        assert standing_now.message.embeds[0]["title"].startswith("BTC fell")

        assert none.deferred
        assert none.message.embeds == []
        assert none.message.content.startswith("There is no report yet")
        assert "down since <t:" in none.message.content


@asynccontextmanager
async def remembering(sandbox, prepared):
    """Open a world of its own whose Discord remembers the commands."""
    async with sandbox.world(at=prepared.ended_at + timedelta(minutes=1)) as world:
        world.discord.commands._registered[None] = list(prepared.commands)
        yield world


async def test_discord_failing_at_the_start_is_outlasted(sandbox, prepared):
    async def outlast(path: str) -> None:
        own = sandbox.another(path.strip("/").partition("/")[0])
        database = own.database(prepared.file)
        with closing(sqlite3.connect(own.folder / "undertow.db")) as connection, connection:
            connection.execute("DELETE FROM state")  # so that commands are synced
        async with remembering(own, prepared) as world:
            world.discord.faults.fail_next(status=503, path_part=path)
            async with own.bot(world, database, **GATEWAY) as bot:
                await bot.until_connected()
                assert (await bot.ask()).message.embeds
                assert bot.lines.count("Discord cannot be reached, trying again") == 1
                assert "Traceback" not in bot.lines
                assert "Unclosed" not in bot.lines

    await asyncio.gather(*(outlast(path) for path in ("/users/@me", "/commands", "/gateway/bot")))


async def test_a_token_that_discord_revokes_ends_it_with_one_line(gateway):
    gateway.world.discord.gateway._token = "another"  # noqa: S105 - of the sandbox
    await gateway.world.discord.faults.invalidate_sessions(resumable=False)
    await asyncio.wait_for(gateway.process.wait(), 60)
    assert gateway.process.returncode == 5
    assert "Traceback" not in gateway.lines
    assert gateway.lines.splitlines()[-1].startswith("undertow: DISCORD_TOKEN: ")


async def test_shards_that_discord_refuses_end_it_with_one_line(gateway):
    await gateway.world.discord.faults.close_sockets(4010)
    await asyncio.wait_for(gateway.process.wait(), 60)
    assert gateway.process.returncode == 2
    assert "Traceback" not in gateway.lines
    assert gateway.lines.splitlines()[-1].startswith("undertow: UNDERTOW_SHARDS: ")


async def test_a_clock_before_the_stored_data_is_refused(sandbox, prepared):
    database = sandbox.database(prepared.file)
    async with sandbox.world(at=prepared.ended_at - timedelta(hours=3)) as world:
        for role in ("all", "collector"):
            environment = sandbox.environment(world, database, UNDERTOW_ROLE=role)
            code, out, err = await sandbox.command(environment, "run")
            assert (code, out) == (2, "")
            assert err.startswith("undertow: UNDERTOW_CLOCK_START: the clock shows 2026-02-11T09:")
            assert err.count("\n") == 1


async def test_what_was_asked_for_long_ago_is_prepared_anew(sandbox, prepared, standing):
    database = sandbox.database(prepared.file)
    file = sandbox.folder / "undertow.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO reports (key, version, as_of_ms, published_ms, body) SELECT"
            " 'market.BTC.7d', version, as_of_ms - 7200000, published_ms - 7200000, body"
            " FROM reports WHERE key = 'market.BTC.24h' ORDER BY version DESC LIMIT 1"
        )
    async with sandbox.bot(standing, database) as bot:
        await bot.until_reports()
        asked = await bot.ask("BTC", "7d")
        assert asked.deferred
        assert "over 7 d" in asked.message.embeds[0]["title"]


async def test_a_gateway_that_answers_loads_nothing_heavy(sandbox, prepared, standing):
    database = sandbox.database(prepared.file)
    told = {**GATEWAY, "PYTHONPROFILEIMPORTTIME": "1"}  # Python tells of every import
    async with sandbox.bot(standing, database, **told) as bot:
        await bot.until_connected()
        assert (await bot.ask()).message.embeds
        assert (await bot.ask("nothing")).message.is_ephemeral
        imported = set(re.findall(r"(?m)^import time:.*\| +(\S+)$", bot.lines))
        packages = {name.partition(".")[0] for name in imported}
        mapped = await asyncio.to_thread(Path(f"/proc/{bot.process.pid}/maps").read_text)
    assert {"discord", "sqlalchemy", "cogs", "bot"} <= packages
    assert "bot.roles.gateway" in imported
    heavy = ("pandas", "numpy", "ccxt", "matplotlib", "scipy")
    assert packages & {*heavy, "alembic", "sandbox"} == set()
    assert not [name for name in heavy if f"/{name}/" in mapped]

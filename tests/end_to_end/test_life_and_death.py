"""How the bot's processes end, and what the others do when one of them dies."""

import os
import signal
import sqlite3
from contextlib import closing


def intact(file) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_ctrl_c_ends_both_processes_and_loses_nothing(prepared):
    assert (prepared.code, prepared.collector_lives) == (0, False)
    assert "Traceback" not in prepared.log
    assert "never retrieved" not in prepared.log
    with closing(sqlite3.connect(prepared.file)) as connection:
        for table in ("candles", "open_interest", "funding", "liquidations", "reports"):
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
            assert count > 0, table
    assert intact(prepared.file)


def counts(file) -> tuple[int, int]:
    """Return the newest version of the reports, and how many candles there are."""
    with closing(sqlite3.connect(file)) as connection:
        sql = "SELECT (SELECT max(version) FROM reports), (SELECT count(*) FROM candles)"
        version, candles = connection.execute(sql).fetchone()
        return version, candles


async def test_a_restart_answers_at_once_and_fetches_little(sandbox, prepared, standing, processes):
    old_version, old_candles = counts(prepared.file)
    async with sandbox.bot(standing, sandbox.database(prepared.file)) as bot:
        await bot.until_connected()
        asked = await bot.ask()
        assert not asked.deferred
        assert asked.message.embeds[0]["title"].startswith("BTC fell 1.13 %")
        await bot.until_reports()
        version, candles = counts(sandbox.folder / "undertow.db")
        assert version > old_version
        assert candles == old_candles
        assert bot.world.discord.sync_count == 0
        (collector,) = bot.collectors

        await bot.end(signal.SIGTERM)
        assert bot.process.returncode == 0
    assert intact(sandbox.folder / "undertow.db")
    assert "Traceback" not in bot.lines
    assert not processes.is_alive(collector)


async def test_a_killed_collector_is_replaced_and_one_without_its_gateway_ends(
    sandbox, prepared, standing, processes
):
    async with sandbox.bot(standing, sandbox.database(prepared.file)) as bot:
        await bot.until_reports()
        # The bot's folder comes first where Python looks for modules: this one breaks the next.
        (sandbox.folder / "ccxt.py").write_text("raise SystemExit(7)\n")
        (first,) = bot.collectors
        os.kill(first, signal.SIGKILL)
        assert not (await bot.ask()).message.content, "what stands is answered as before"
        asked = await bot.ask("XRP", "30d", timeout_seconds=60)
        assert asked.deferred
        assert asked.message.content.startswith("Preparing new answers is down since <t:")
        assert asked.message.embeds[0]["title"].startswith("XRP fell 2.13 % over 24 h")
        assert not processes.is_alive(first)
        await bot.until_logged("code=7")
        assert len(bot.collectors) > 1

        (sandbox.folder / "ccxt.py").unlink()
        await bot.until_logged('event="reports published"', count=2)
        again = await bot.ask("XRP", "30d")
        assert again.message.content == ""
        assert "over 30 d" in again.message.embeds[0]["title"]
        assert bot.world.discord.violations == []

        await bot.end(signal.SIGKILL)
        await processes.until_gone(bot.collectors[-1])
    assert intact(sandbox.folder / "undertow.db")


async def test_a_collector_that_does_not_listen_cannot_delay_the_end(
    sandbox, prepared, standing, processes
):
    async with sandbox.bot(standing, sandbox.database(prepared.file)) as bot:
        await bot.until_connected()
        await bot.until_logged("collector started")
        (collector,) = bot.collectors
        os.kill(collector, signal.SIGSTOP)
        await bot.end(signal.SIGTERM)
        assert bot.process.returncode == 0
        assert not processes.is_alive(collector)


async def test_it_ends_at_once_while_it_still_waits_for_its_schema(sandbox, standing, processes):
    async with sandbox.bot(standing, sandbox.database(), UNDERTOW_ROLE="gateway") as bot:
        await processes.until_listening(bot.process.pid)
        await bot.end(signal.SIGTERM)  # waiting to its end, it would end with an error
        assert bot.process.returncode == 0

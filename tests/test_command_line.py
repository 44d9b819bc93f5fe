"""The command line as its user meets it: exit codes, one clear line, no traceback."""

import logging
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from bot.__main__ import client_id, main
from bot.errors import TokenError

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.example.token"  # noqa: S105 - of nobody


NO_TOKEN = "hello"  # noqa: S105 - which is none


@pytest.fixture
def process(tmp_path):
    """Run `python -m bot …` with these settings alone; returns the finished process."""

    def run(*arguments, **settings):
        return subprocess.run(  # noqa: S603 - this program itself
            [sys.executable, "-m", "bot", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **settings},  # noqa: TID251 - handed on
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def undertow(tmp_path, monkeypatch, capsys):
    """Run the command line in this process: a start of Python with its imports takes seconds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)

    def run(*arguments, **settings):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["undertow", *arguments])
            for name, value in settings.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        code = int(ended.value.code or 0)
        return subprocess.CompletedProcess(sys.argv, code, *capsys.readouterr())

    yield run
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def is_one_line(done, code: int, start: str) -> bool:
    """Return whether it ended with this code and said one line on standard error alone."""
    line = done.stderr
    assert done.returncode == code, line
    assert done.stdout == ""
    assert line.count("\n") == 1, line
    assert line.startswith(f"undertow: {start}"), line
    return True


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"UNDERTOW_ASETS": "BTC"}, "UNDERTOW_ASETS: unknown setting; accepted: "),
        ({"UNDERTOW_EXCHANGES": "mtgox"}, "UNDERTOW_EXCHANGES: unknown exchange 'mtgox'"),
        ({"UNDERTOW_ASSETS": "B T C"}, "UNDERTOW_ASSETS: 'B T C' is no ticker"),
        ({"UNDERTOW_ROLE": "boss"}, "UNDERTOW_ROLE: "),
        ({"UNDERTOW_SHARDS": "4-2/4"}, "UNDERTOW_SHARDS: "),
        ({"UNDERTOW_LOG_LEVEL": "LOUD"}, "UNDERTOW_LOG_LEVEL: "),
        ({"UNDERTOW_METRICS_PORT": "99999"}, "UNDERTOW_METRICS_PORT: "),
        ({"UNDERTOW_CLOCK_START": "yesterday"}, "UNDERTOW_CLOCK_START: "),
        ({"UNDERTOW_CLOCK_ANCHOR": "now"}, "UNDERTOW_CLOCK_ANCHOR: "),
        ({"DATABASE_URL": "mysql://me@here/db"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL: "),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_a_wrong_setting_is_named(undertow, settings, named):
    assert is_one_line(undertow("migrate", **settings), 2, named)


@pytest.mark.parametrize("url", ["http://10.0.0.1:80", "http://127.0.0.1:x"])
def test_a_loopback_that_is_none_is_refused(undertow, url):
    done = undertow("run", DISCORD_TOKEN=TOKEN, UNDERTOW_LOOPBACK_URL=url)
    assert is_one_line(done, 2, "UNDERTOW_LOOPBACK_URL: ")


def test_a_wrong_line_in_the_env_file_is_named(undertow, tmp_path):
    (tmp_path / ".env").write_text("UNDERTOW_TYPO=1\n")
    assert is_one_line(undertow("run"), 2, "UNDERTOW_TYPO: unknown setting")


def test_a_missing_token_is_named_before_anything_is_opened(process, tmp_path):
    for command in ("run", "invite"):
        assert is_one_line(process(command), 2, "DISCORD_TOKEN: missing")
    assert not (tmp_path / "undertow.db").exists()


def test_the_environment_comes_before_the_env_file(undertow, tmp_path):
    (tmp_path / ".env").write_text(f"DISCORD_TOKEN={TOKEN}\n")
    assert "client_id=1100000000000000001" in undertow("invite").stdout
    assert is_one_line(undertow("invite", DISCORD_TOKEN=NO_TOKEN), 5, "DISCORD_TOKEN: ")


def test_the_invitation_asks_for_four_permissions(undertow):
    done = undertow("invite", DISCORD_TOKEN=TOKEN)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("https://discord.com/oauth2/authorize?client_id=1100000000000000001")
    assert "scope=bot+applications.commands" in line
    assert "permissions=52224" in line  # view channel, send messages, embed links, attach files


@pytest.mark.parametrize("token", ["", "x", "é.b.c", "abc.def.ghi", "=.="])
def test_what_is_no_token_is_refused_without_showing_it(token):
    with pytest.raises(TokenError) as caught:
        client_id(token)
    assert str(caught.value) == "DISCORD_TOKEN: this is no bot token"


def test_a_database_that_cannot_be_opened(undertow):
    for command in ("run", "report"):
        url = "sqlite+aiosqlite:////nowhere/at/all/undertow.db"
        done = undertow(command, DISCORD_TOKEN=TOKEN, DATABASE_URL=url)
        assert is_one_line(done, 4, "database /nowhere/at/all/undertow.db: ")


def test_a_database_that_is_none(process, tmp_path):
    (tmp_path / "undertow.db").write_text("this is a letter, not a database\n" * 100)
    done = process("migrate")
    assert is_one_line(done, 4, "database undertow.db: file is not a database")


def test_a_postgresql_that_is_not_there_without_showing_the_password(undertow, closed_port):
    url = f"postgresql+asyncpg://me:secret@127.0.0.1:{closed_port}/undertow"
    done = undertow("run", DISCORD_TOKEN=TOKEN, DATABASE_URL=url)
    assert is_one_line(done, 4, f"database postgresql+asyncpg://me:***@127.0.0.1:{closed_port}")
    assert "secret" not in done.stderr


def test_migrate_makes_the_schema_and_a_second_time_changes_nothing(undertow, tmp_path):
    for _ in range(2):
        done = undertow("migrate")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with closing(sqlite3.connect(tmp_path / "undertow.db")) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        assert revision == "0001"


def test_a_newer_schema_is_refused(undertow, tmp_path):
    undertow("migrate")
    with closing(sqlite3.connect(tmp_path / "undertow.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("run", "migrate"):
        done = undertow(command, DISCORD_TOKEN=TOKEN)
        assert is_one_line(done, 4, "database undertow.db: a newer Undertow has migrated it")


def test_an_unknown_asset_names_the_nearest(undertow):
    done = undertow("report", "asset", "--asset", "btcc")
    assert is_one_line(done, 2, "--asset: unknown 'btcc'; nearest: BTC; known: BTC, ETH")


def test_the_asset_report_needs_an_asset(undertow):
    assert is_one_line(undertow("report", "asset"), 2, "--asset: the asset report needs one")


@pytest.mark.parametrize(
    "arguments",
    [("report", "weather"), ("report", "--window", "1y"), ("dance",), ("run", "--fast")],
)
def test_what_the_command_line_does_not_know(undertow, arguments):
    done = undertow(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Usage: " in done.stderr


def test_without_an_exchange_the_report_names_hosts_and_reasons(process, closed_port):
    done = process("report", UNDERTOW_LOOPBACK_URL=f"http://127.0.0.1:{closed_port}")
    last = done.stderr.splitlines()[-1]
    assert (done.returncode, done.stdout) == (3, "")
    assert last.startswith("undertow: no exchange could be reached: ")
    assert "fapi.binance.com" in last
    assert "api.gateio.ws" in last
    assert "Traceback" not in done.stderr


def write_tables(folder: Path) -> None:
    folder.mkdir()
    (folder / "candles.csv").write_text(
        "time,exchange,symbol,timeframe,open,high,low,close,volume\n"
        "2024-08-05T11:00:00Z,binance,BTC/USDT:USDT,1h,50000,50500,49500,50200,10\n"
        "2024-08-05T12:00:00Z,binance,BTC/USDT:USDT,1h,50200,50400,49000,49100,20\n"
    )
    (folder / "liquidations.csv").write_text(
        "time,exchange,symbol,timeframe,long_base,short_base,long_notional,short_notional\n"
        "2024-08-05T11:00:00Z,binance,BTC/USDT:USDT,1h,2,1,100000,50000\n"
        "2024-08-05T12:00:00Z,binance,BTC/USDT:USDT,1h,,,,\n"
    )


def rows(tmp_path: Path, sql: str):
    with closing(sqlite3.connect(tmp_path / "undertow.db")) as connection:
        return connection.execute(sql).fetchall()


def test_recorded_series_are_imported_as_far_as_the_clock_goes(undertow, tmp_path):
    write_tables(tmp_path / "recorded")
    done = undertow("backfill", "--from", "recorded", UNDERTOW_CLOCK_START="2024-08-05T12:30:00Z")
    assert (done.returncode, done.stdout) == (0, "")
    assert "candles.csv: 1 stored, 1 not yet known at the clock's time" in done.stderr
    assert rows(tmp_path, "SELECT exchange, symbol, close, origin FROM candles") == [
        ("binance", "BTC/USDT:USDT", 50200.0, "recorded")
    ]

    later = undertow("backfill", "--from", "recorded")
    assert "candles.csv: 2 stored" in later.stderr
    assert "liquidations.csv: 1 stored, 1 unknown" in later.stderr
    assert rows(tmp_path, "SELECT count(*) FROM candles") == [(2,)]
    assert len(rows(tmp_path, "SELECT * FROM liquidations")) == 2  # two sides of the known hour


def test_only_the_named_series_are_imported(undertow, tmp_path):
    write_tables(tmp_path / "recorded")
    done = undertow("backfill", "--from", "recorded", "--series", "liquidations")
    assert done.returncode == 0
    assert "candles" not in done.stderr
    assert rows(tmp_path, "SELECT count(*) FROM candles") == [(0,)]


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_series_is_named(undertow, tmp_path, made):
    if made:
        (tmp_path / "empty").mkdir()
    done = undertow("backfill", "--from", "empty")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "empty" in done.stderr
    assert done.stderr.startswith("undertow: ")


def test_a_broken_table_is_named_with_its_line(process, tmp_path):
    write_tables(tmp_path / "recorded")
    file = tmp_path / "recorded" / "candles.csv"
    file.write_text(file.read_text() + "2024-08-05T13:00:00Z,binance,BTC/USDT:USDT,1h,x,1,1,1,1\n")
    done = process("backfill", "--from", "recorded")
    assert done.returncode == 2
    assert "candles.csv" in done.stderr
    assert "4" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(tmp_path, "SELECT count(*) FROM candles") == [(0,)]


def test_help_names_every_command(process):
    done = process("--help")
    assert done.returncode == 0
    for command in ("run", "report", "backfill", "migrate", "invite"):
        assert command in done.stdout
    assert "with-parent" not in process("run", "--help").stdout

"""Settings: every contract of the environment, `.env` and `.env.example`."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.clock import Clock
from bot.errors import SettingsError
from bot.settings import Role, Settings, Shards, known_names

TOKEN = "very.secret.token"  # noqa: S105 - made up
EXAMPLE = Path(__file__).parents[1] / ".env.example"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """An empty folder as the current one, and an environment without our settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):  # noqa: TID251 - the environment is what is tested
        if name.upper().startswith("UNDERTOW_") or name in known_names():
            monkeypatch.delenv(name)
    return tmp_path


def refused(match: str) -> str:
    with pytest.raises(SettingsError, match=match) as caught:
        Settings.read()
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.exit_code == 2
    return line


def test_defaults():
    settings = Settings.read()
    assert settings.token is None
    assert settings.database_url == "sqlite+aiosqlite:///undertow.db"
    assert settings.exchanges == ("binance", "gate")
    assert settings.assets == ("BTC", "ETH", "SOL", "XRP", "BNB")
    assert settings.altcoins == ()
    assert settings.role is Role.ALL
    assert settings.log_level == "INFO"
    assert settings.metrics_port_of(Role.GATEWAY) is None
    unset = ("shards", "metrics_port", "loopback_url", "clock_start", "clock_anchor")
    assert {name: getattr(settings, name) for name in unset} == dict.fromkeys(unset)
    assert settings.secrets() == []


def test_the_example_holds_every_setting_with_its_default(elsewhere, monkeypatch):
    lines = EXAMPLE.read_text("utf-8").splitlines()
    written = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert list(written) == known_names()
    (elsewhere / ".env").write_text(EXAMPLE.read_text("utf-8"))
    assert Settings.read() == Settings.read(_env_file=None)
    defaults = {
        field.alias: field.default
        for field in Settings.model_fields.values()
        if field.default not in (None, ())
    }
    assert {name for name, value in written.items() if value} == set(defaults)
    for name, value in defaults.items():
        shown = ",".join(value) if isinstance(value, tuple) else str(value)
        assert written[str(name)] == shown
    # Each line of it is read: with another value it makes a difference.
    monkeypatch.setenv("UNDERTOW_ROLE", "gateway")
    assert Settings.read().role is Role.GATEWAY


def test_the_environment_wins_over_the_file(elsewhere, monkeypatch):
    (elsewhere / ".env").write_text("UNDERTOW_ASSETS=ETH\nUNDERTOW_LOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("UNDERTOW_ASSETS", "SOL,XRP")
    settings = Settings.read()
    assert settings.assets == ("SOL", "XRP")
    assert settings.log_level == "DEBUG"
    assert Settings.read(UNDERTOW_ASSETS="BNB").assets == ("BNB",)


@pytest.mark.parametrize("name", known_names())
def test_empty_is_unset(monkeypatch, elsewhere, name):
    monkeypatch.setenv(name, "")
    assert Settings.read() == Settings.read(_env_file=None)
    monkeypatch.delenv(name)
    (elsewhere / ".env").write_text(f"{name}=\n")
    assert Settings.read() == Settings.read(_env_file=None)


@pytest.mark.parametrize("name", ["UNDERTOW_ASETS", "UNDERTOW_", "undertow_asets"])
def test_an_unknown_name_in_the_environment(monkeypatch, name):
    monkeypatch.setenv(name, "BTC")
    line = refused(rf"^{name}: unknown setting; accepted: ")
    assert "UNDERTOW_ASSETS" in line


@pytest.mark.parametrize("name", ["UNDERTOW_ASETS", "DISCORD_TOKN", "HELLO"])
def test_an_unknown_name_in_the_file(elsewhere, name):
    (elsewhere / ".env").write_text(f"{name}=secret-value\n")
    line = refused(rf"^{name}: unknown setting; accepted: ")
    assert "secret-value" not in line


def test_other_names_in_the_environment_are_not_ours(monkeypatch):
    monkeypatch.setenv("HELLO", "x")
    Settings.read()


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        (
            "UNDERTOW_EXCHANGES",
            "binance,mtgox",
            "unknown exchange 'mtgox'; accepted: binance, gate",
        ),
        ("UNDERTOW_EXCHANGES", " , ", "at least one"),
        ("UNDERTOW_ASSETS", "BTC,B-C", "'B-C' is no ticker"),
        ("UNDERTOW_ASSETS", ",", "at least one"),
        ("UNDERTOW_ASSETS", "B", "no ticker"),
        ("UNDERTOW_ALTCOINS", "AVERYLONGTICKER", "no ticker"),
        ("UNDERTOW_ROLE", "boss", "'all', 'collector' or 'gateway'"),
        ("UNDERTOW_SHARDS", "0", "accepted: a count"),
        ("UNDERTOW_SHARDS", "4-1/4", "accepted: a count"),
        ("UNDERTOW_SHARDS", "0-4/4", "accepted: a count"),
        ("UNDERTOW_SHARDS", "2-1/4", "accepted: a count"),
        ("UNDERTOW_SHARDS", "-1", "accepted: a count"),
        ("UNDERTOW_SHARDS", "many", "accepted: a count"),
        ("UNDERTOW_LOG_LEVEL", "LOUD", "accepted: DEBUG, INFO, WARNING, ERROR"),
        ("UNDERTOW_METRICS_PORT", "0", "greater than or equal to 1"),
        ("UNDERTOW_METRICS_PORT", "65535", "less than or equal to 65534"),
        ("UNDERTOW_METRICS_PORT", "http", "integer"),
        ("UNDERTOW_CLOCK_START", "yesterday", "accepted: a time such as"),
        ("UNDERTOW_CLOCK_START", "2024-08-05T12:00:00", "accepted: a time such as"),
        ("UNDERTOW_CLOCK_ANCHOR", "2024-08-05T12:00:00Z", "no anchor"),
        ("UNDERTOW_CLOCK_ANCHOR", "a@b", "isoformat"),
    ],
)
def test_malformed(monkeypatch, elsewhere, name, value, hint):
    monkeypatch.setenv(name, value)
    line = refused(rf"^{name}: ")
    assert hint in line
    monkeypatch.delenv(name)
    (elsewhere / ".env").write_text(f'{name}="{value}"\n')
    assert refused(rf"^{name}: ") == line


def test_lists_are_cleaned():
    settings = Settings.read(
        UNDERTOW_ASSETS=" btc, Eth ,btc,", UNDERTOW_EXCHANGES="Gate,BINANCE", UNDERTOW_ALTCOINS="a1"
    )
    assert settings.assets == ("BTC", "ETH")
    assert settings.exchanges == ("gate", "binance")
    assert settings.altcoins == ("A1",)


@pytest.mark.parametrize(
    ("text", "shards"),
    [("1", Shards(0, 0, 1)), ("4", Shards(0, 3, 4)), ("2-3/4", Shards(2, 3, 4))],
)
def test_shards(text, shards):
    found = Settings.read(UNDERTOW_SHARDS=text).shards
    assert found == shards
    assert found is not None
    assert found.ids == list(range(shards.first, shards.last + 1))


def test_the_settings_are_frozen():
    with pytest.raises(ValidationError):
        setattr(Settings.read(), "role", Role.GATEWAY)  # noqa: B010 - mypy knows it is frozen


def test_metrics_ports():
    settings = Settings.read(UNDERTOW_METRICS_PORT="65534")
    assert settings.metrics_port_of(Role.GATEWAY) == 65_534
    assert settings.metrics_port_of(Role.COLLECTOR) == 65_535


# --- the clock -------------------------------------------------------------------------------


def test_an_anchor_wins_over_a_start():
    start, anchor = "2024-08-05T12:00:00Z", "2020-01-01T00:00:00Z@2020-01-01T01:00:00Z"
    clock = Settings.read(UNDERTOW_CLOCK_START=start).clock()
    assert abs(clock.now() - datetime(2024, 8, 5, 12, tzinfo=UTC)) < timedelta(seconds=2)
    both = Settings.read(UNDERTOW_CLOCK_START=start, UNDERTOW_CLOCK_ANCHOR=anchor).clock()
    assert abs(Clock().now() - both.now() - timedelta(hours=1)) < timedelta(seconds=2)
    assert not Settings.read().clock().is_shifted


def test_a_child_receives_the_anchor_and_not_the_start(monkeypatch, elsewhere):
    monkeypatch.setenv("UNDERTOW_CLOCK_START", "2024-08-05T12:00:00Z")
    monkeypatch.setenv("UNDERTOW_METRICS_PORT", "9000")
    monkeypatch.setenv("HELLO", "x")
    settings = Settings.read()
    clock = settings.clock()
    child = settings.child_environment(Role.COLLECTOR, clock)
    assert "UNDERTOW_CLOCK_START" not in child
    assert child["UNDERTOW_ROLE"] == "collector"
    assert child["HELLO"] == "x"
    # The child reads the same file, and the anchor wins over a start that stands in it.
    (elsewhere / ".env").write_text("UNDERTOW_CLOCK_START=2021-01-01T00:00:00Z\n")
    monkeypatch.delenv("UNDERTOW_CLOCK_START")
    for name, value in child.items():
        monkeypatch.setenv(name, value)
    theirs = Settings.read()
    assert theirs.role is Role.COLLECTOR
    assert theirs.metrics_port_of(Role.COLLECTOR) == 9001
    assert abs(theirs.clock().now() - clock.now()) < timedelta(milliseconds=200)


def test_a_child_of_the_wall_clock_receives_no_anchor():
    settings = Settings.read()
    child = settings.child_environment(Role.COLLECTOR, settings.clock())
    assert not {name for name in child if "CLOCK" in name}


# --- secrets ---------------------------------------------------------------------------------


def test_the_token():
    settings = Settings.read(DISCORD_TOKEN=TOKEN)
    assert settings.required_token() == TOKEN
    assert settings.secrets() == [TOKEN]
    assert TOKEN not in repr(settings) + str(settings)
    with pytest.raises(SettingsError, match=r"^DISCORD_TOKEN: missing"):
        Settings.read().required_token()


@pytest.mark.parametrize(
    ("url", "passwords"),
    [
        ("postgresql+asyncpg://me:s3cret@host/db", ["s3cret"]),
        ("postgresql+asyncpg://me:s%40cret@host/db", ["s%40cret", "s@cret"]),
        ("postgresql+asyncpg://me:p@ss/word@host/db", ["p@ss/word"]),
        ("postgresql+asyncpg://me:s3cret@[::1/db", ["s3cret"]),  # no URL, and yet a password
        ("postgresql+asyncpg://host/db?user=me&password=s3cret", ["s3cret"]),
        ("postgresql+asyncpg://me@host/db", []),
        ("postgresql+asyncpg://host:5432/db", []),
        ("sqlite+aiosqlite:////tmp/a@b.db", []),
        ("", []),
    ],
)
def test_passwords_of_databases(url, passwords):
    assert Settings.read(DATABASE_URL=url).secrets() == passwords


def test_names_are_those_of_the_contract():
    assert all(re.fullmatch(r"(UNDERTOW|DISCORD|DATABASE)_[A-Z_]+", name) for name in known_names())
    assert len(known_names()) == len(Settings.model_fields)

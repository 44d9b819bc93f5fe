"""Logs: one line each, with what happened, and never a secret."""

import json
import logging
import sys

import pytest
import structlog

from bot.log import configure_logs, logger

TOKEN = "MTk4.Cl2FMQ.secret-token"  # noqa: S105 - made up
PASSWORDS = ["s3cr3t", 'quo"te', "back\\slash", "a b@c/d", "s%40cret", "ünïcode"]


@pytest.fixture
def configured(capsys):
    """Logs configured with secrets; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("ccxt", "aiosqlite", "alembic")}
    old = structlog.get_config()

    def configure(secrets=(), threshold="INFO"):
        configure_logs(threshold, role="collector", secrets=secrets)
        structlog.configure(cache_logger_on_first_use=False)
        return lambda: capsys.readouterr().err

    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, value in levels.items():
        logging.getLogger(name).setLevel(value)
    structlog.contextvars.clear_contextvars()
    structlog.configure(**old)


def test_one_line_with_its_facts(configured):
    lines = configured()
    logger("bot.test").info("reports published", version=3)
    (line,) = lines().splitlines()
    for part in ('event="reports published"', "version=3", "level=info", "role=collector"):
        assert part in line
    assert "logger=bot.test" in line
    assert "timestamp=20" in line


def test_the_level(configured):
    lines = configured(threshold="WARNING")
    logger("bot.test").info("quiet")
    logging.getLogger("library").info("quiet")
    logging.getLogger("library").warning("loud")
    assert "quiet" not in (text := lines())
    assert "loud" in text


@pytest.mark.parametrize("secret", [TOKEN, *PASSWORDS])
def test_secrets_never_show(configured, secret):
    lines = configured([secret, ""])
    ours, theirs = logger("bot.test"), logging.getLogger("some.library")
    ours.info("plain", value=secret, nested={"inside": [secret]}, text=f"postgres://u:{secret}@h/d")
    ours.warning(f"in the event {secret}")
    theirs.error("formatted %s and %r", secret, {"key": secret})
    theirs.error("as JSON %s", json.dumps({"key": secret}))
    theirs.error("in a URL %s", f"postgresql://me:{secret}@host/db")
    try:
        _fail(secret)
    except ValueError:
        ours.exception("ours failed")
        theirs.exception("theirs failed")
    text = lines()
    assert text.count("[hidden]") >= 8
    assert "ours failed" in text
    assert "Traceback" in text
    for spelling in {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}:
        assert spelling not in text


def _fail(secret):
    try:
        {}[secret]
    except KeyError as error:
        raise ValueError(f"cannot connect to postgresql://me:{secret}@host/db") from error


def test_a_secret_is_hidden_as_it_stands_in_a_url(configured):
    lines = configured(["p@ss word"])
    logging.getLogger("x").error("p%40ss%20word and p%40ss+word")
    assert "ss" not in lines().partition("event=")[2].partition(" logger")[0].replace(
        "[hidden]", ""
    )


def test_a_secret_inside_of_another_leaves_nothing_of_it(configured):
    lines = configured(["abc", "abcdef"])
    logger("x").info("event", value="abcdef")
    text = lines()
    assert "abc" not in text
    assert "def" not in text


def test_an_exception_is_one_line(configured):
    lines = configured()
    try:
        _fail("nothing")
    except ValueError:
        logger("bot.test").exception("it failed")
    assert len(lines().splitlines()) == 1


def test_noisy_libraries_are_quiet(configured):
    lines = configured(threshold="DEBUG")
    for name in ("ccxt", "aiosqlite", "alembic", "asyncio"):
        logging.getLogger(name).info("noise")
        logging.getLogger(name).warning("news from %s", name)
    text = lines()
    assert "noise" not in text
    assert text.count("news from") == 4


def test_on_a_terminal(configured, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    lines = configured([TOKEN])
    logger("bot.test").warning("shown", value=TOKEN)
    text = lines()
    assert "shown" in text
    assert TOKEN not in text
    assert "[hidden]" in text

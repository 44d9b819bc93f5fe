"""What the layout promises: every cog loads, commands keep the rules, documents are true."""

import ast
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

import cogs
from bot.__main__ import app
from bot.client import Undertow
from bot.settings import Settings, known_names

ROOT = Path(__file__).resolve().parents[1]
CALLBACK_LINES = 15
COGS = sorted(module.name for module in pkgutil.iter_modules(cogs.__path__, "cogs."))


# Stands for the resources that loading a cog must not use.
UNTOUCHED: Any = object()


@pytest.fixture
async def client():
    async with Undertow(UNTOUCHED, UNTOUCHED, ("BTC", "ETH"), None) as made:
        for name in COGS:
            await made.load_extension(name)  # a command whose name is taken is refused here
        yield made


async def test_every_cog_loads_and_adds_a_command(client):
    assert COGS
    assert len(client.cogs) >= len(COGS)
    for cog in client.cogs.values():
        assert list(cog.walk_app_commands()), cog


async def test_a_name_that_is_taken_is_refused(client):
    @app_commands.command(name="market", description="A second one")
    async def second(interaction):
        """Answer nothing."""

    with pytest.raises(app_commands.CommandAlreadyRegistered):
        client.tree.add_command(second)


async def test_every_command_is_allowed_everywhere_and_described(client):
    for command in client.tree.get_commands():
        definition = command.to_dict(client.tree)
        assert sorted(definition["integration_types"]) == [0, 1], command.name
        assert sorted(definition["contexts"]) == [0, 1, 2], command.name
        assert 1 <= len(definition["description"]) <= 100
        assert re.fullmatch(r"[-_a-z0-9]{1,32}", definition["name"])
        for option in definition["options"]:
            assert option["description"] not in {"", "…"}, option


def callbacks() -> list[tuple[str, ast.AsyncFunctionDef]]:
    found = []
    for name in COGS:
        tree = ast.parse((ROOT / (name.replace(".", "/") + ".py")).read_text())
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]
        found += [(f"{name}.{node.name}", node) for node in nodes]
    return found


@pytest.mark.parametrize(
    ("name", "node"), callbacks(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_no_callback_is_longer_than_a_screen_corner(name, node):
    assert node.end_lineno is not None
    assert node.end_lineno - node.lineno + 1 <= CALLBACK_LINES, name


def test_the_bot_asks_for_nothing_privileged_and_mentions_nobody():
    client = Undertow(UNTOUCHED, UNTOUCHED, ("BTC",), None)
    assert [name for name, is_on in client.intents if is_on] == ["guilds"]
    mentions: Any = client.allowed_mentions
    assert mentions.to_dict() == {"parse": []}


def makefile_targets() -> set[str]:
    return set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))


def said(pattern: str) -> set[str]:
    """Return what the documents name in code spans and blocks."""
    readme = (ROOT / "README.md").read_text()
    code = re.findall(r"(?m)`[^`\n]+`|^    .*$", readme)
    return {found for block in code for found in re.findall(pattern, block)}


def test_every_make_target_in_the_readme_exists():
    assert {"demo", "test"} <= said(r"\bmake ([a-z]+)") <= makefile_targets()


def test_every_command_in_the_readme_exists():
    commands = {one.callback.__name__ for one in app.registered_commands if one.callback}
    named = said(r"(?:python -m bot|undertow) ([a-z]+)")
    assert named
    assert named <= commands == {"run", "report", "backfill", "migrate", "invite"}


def test_every_setting_in_the_readme_exists():
    assert said(r"\b(UNDERTOW_[A-Z_]+)\b") <= set(known_names())


def test_the_example_holds_every_setting_with_its_default(monkeypatch, tmp_path):
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert list(given) == known_names()
    monkeypatch.chdir(tmp_path)
    for name in known_names():
        monkeypatch.delenv(name, raising=False)
    defaults = Settings.read()
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    assert Settings.read() == defaults


@pytest.mark.parametrize("package", ["bot", "cogs", "sandbox"])
def test_package_files_hold_only_a_docstring(package):
    for file in (ROOT / package).rglob("__init__.py"):
        body = ast.parse(file.read_text()).body
        assert len(body) == 1, file
        assert isinstance(body[0], ast.Expr), file
        assert isinstance(body[0].value, ast.Constant), file

"""The Makefile: what a caller has set for a bot of theirs does not reach the tests."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_tests_do_not_see_the_callers_settings(monkeypatch):
    names = ("UNDERTOW_ASSETS", "UNDERTOW_ODD", "DISCORD_TOKEN", "DATABASE_URL")
    for name in names:
        monkeypatch.setenv(name, "theirs")
    command = ["make", "--dry-run", "--no-print-directory", "tests"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    (line,) = [line for line in made.stdout.splitlines() if "pytest" in line]
    for name in names:
        assert f"-u {name} " in line

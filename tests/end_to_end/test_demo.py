"""`make demo` as its user runs it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.demo import main

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}  # noqa: TID251 - handed on


def demo(*arguments):
    return subprocess.run(  # noqa: S603 - this program itself
        [sys.executable, "-m", "sandbox.demo", *arguments],
        cwd=ROOT,
        # A developer's own settings have no part in it.
        env={**ENVIRONMENT, "UNDERTOW_ASSETS": "DOGE", "DISCORD_TOKEN": "mine"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.recorded
def test_the_recorded_market_is_replayed_once(recorded_data):
    folder = recorded_data / "episodes" / "2024-08-05"
    done = demo("--once", "--episode", str(folder), "--at", "2024-08-05T13:00:00Z")
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert "The recorded market 2024-08-05, the bot's clock at 2024-08-05T13:00:00Z" in said
    assert said.index("\n/market\n") < said.index("\n/market asset:BTC\n")
    for figure in ("18.4 %", "−13.8 %", "−29.7 %", "$55.8 M", "$17.9 M", "−23.8 %", "−22.8 %"):
        assert figure in said, figure
    assert "0.603" in said
    assert "recorded" in said
    assert "2 answers, no broken rule" in said
    assert "\x1b[" not in said


async def test_it_answers_stays_up_and_ends_on_ctrl_c(processes):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox.demo"),
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    async with processes.left_by_none(process):
        said = ""
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while "Ctrl-C ends it" not in said:
                line = await process.stdout.readline()
                assert line, said
                said += line.decode()
        assert "BTC fell 1.13 % over 24 h; altcoins −3.14 % to −0.11 %" in said
        assert "BTC fell 1.13 % over 24 h ─" in said, "the one asset"
        for asset, change in [("ETH", "1.98"), ("SOL", "3.14"), ("XRP", "2.13"), ("BNB", "0.11")]:
            assert re.search(rf"{asset} \$[\d,.]+, −{change} %", said)
        assert "GRIND since" in said
        assert "Information, not advice." in said
        pids = [int(pid) for pid in re.findall(r"collector started\" pid=(\d+)", said)]
        assert pids

        os.killpg(process.pid, signal.SIGINT)
        rest = (await asyncio.wait_for(process.communicate(), 40))[0].decode()
        assert process.returncode == 0, rest
        assert "Traceback" not in said + rest
        assert not processes.is_alive(pids[0])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--episode", "nowhere"), "nowhere"),
        (("--at", "noon"), "noon"),
        (("--at", "2026-02-11T12:00:00"), "such as 2024-08-05T13:00:00Z"),
        (("--at", "1999-01-01T00:00:00Z"), "AT=1999-01-01T00:00:00Z lies outside the episode"),
    ],
)
def test_what_cannot_be_played_is_one_line(monkeypatch, capsys, arguments, named):
    monkeypatch.setattr(sys, "argv", ["sandbox.demo", "--once", *arguments])
    assert main() == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("demo: ")
    assert said.err.count("\n") == 1
    assert named in said.err


def test_its_exit_code_is_the_processes():
    done = demo("--once", "--episode", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("demo: nowhere: ")

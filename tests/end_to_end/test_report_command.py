"""`report` as a program and a person read it, collected from the sandbox's exchanges."""

import json
import re
from datetime import datetime

import pytest

CONTRACT = [
    "report",
    "asset",
    "window",
    "as_of",
    "version",
    "headline",
    "statements",
    "drivers",
    "counter_evidence",
    "conditions",
    "levels",
    "evidence",
]
EVIDENCE = {
    "id",
    "metric",
    "asset",
    "window",
    "value",
    "unit",
    "as_of",
    "sources",
    "coverage",
    "status",
    "parents",
}
DRIVER = {
    "name",
    "direction",
    "magnitude",
    "unit",
    "p",
    "percentile",
    "n",
    "confidence",
    "score",
    "evidence",
}
UNITS = {"fraction", "usd", "coin", "usd_per_coin", "hours", "count", "sd", "score"}


async def test_the_report_needs_no_token_and_keeps_its_contract(sandbox):
    async with sandbox.world() as world:
        environment = sandbox.environment(world, sandbox.database(), DISCORD_TOKEN="")
        code, out, err = await sandbox.command(environment, "report", "market", "--json")
        assert code == 0, err
        assert_contract(json.loads(out))

        # a second time nothing is fetched again but the newest; this time for a person
        code, out, err = await sandbox.command(
            environment, "report", "asset", "--asset", "solana", "--window", "7d"
        )
        assert code == 0, err
    assert re.match(r"SOL fell \d+\.\d+ % over 7 d\n", out)
    for heading in (
        "\nPrices, 7 d\n",
        "\nDrivers, most unusual first, 7 d\n",
        "\nSources and age\n",
    ):
        assert heading in out
    assert "Information, not advice." in out
    assert re.search(r"2026-02-11 12:0\d UTC", out.splitlines()[-1])
    assert "<t:" not in out
    assert "**" not in out
    assert "\x1b[" not in out, "no colours where it is no terminal"


def assert_contract(report):
    assert list(report) == CONTRACT
    assert (report["report"], report["asset"], report["window"]) == ("market", "market", "24h")
    assert report["as_of"].endswith("Z")
    assert datetime.fromisoformat(report["as_of"]).utcoffset() is not None
    assert report["headline"].startswith("BTC fell 1.13 % over 24 h")
    known = {entry["id"]: entry for entry in report["evidence"]}
    for statement in report["statements"]:
        assert set(statement) == {"id", "text", "evidence"}
        assert statement["text"]
        assert set(statement["evidence"]) <= known.keys()
    for driver in report["drivers"] + report["counter_evidence"]:
        assert set(driver) == DRIVER
        assert set(driver["evidence"]) <= known.keys()
    assert report["drivers"]
    for entry in known.values():
        assert set(entry) == EVIDENCE
        assert entry["unit"] in UNITS
        assert entry["status"] in {"ok", "stale", "partial", "unknown"}
        assert set(entry["parents"]) <= known.keys()
        assert entry["as_of"] is None or entry["as_of"].endswith("Z")
    assert known["return.BTC.24h"]["value"] == pytest.approx(-0.0113, abs=5e-5)

"""The frozen types: what they derive, and that they pass through JSON unchanged."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.model.instruments import (
    Instrument,
    Market,
    asset_of,
    market_of,
    perpetual_symbol,
    spot_symbol,
)
from bot.model.report import (
    Condition,
    ConditionState,
    Coverage,
    Driver,
    Evidence,
    NameSlot,
    NamesSlot,
    NumberSlot,
    NumberStyle,
    Report,
    ReportKey,
    Slot,
    Source,
    Statement,
    Status,
    TermSlot,
    TimeSlot,
    Unit,
    WindowSlot,
    WordSlot,
)
from bot.model.series import TIMEFRAMES, FeedKind, Origin
from bot.model.windows import Window

MOMENT = datetime(2024, 8, 5, 13, tzinfo=UTC)


def test_symbols():
    assert perpetual_symbol("BTC") == "BTC/USDT:USDT"
    assert spot_symbol("BTC") == "BTC/USDT"
    for symbol, market in ((perpetual_symbol("A1"), "perpetual"), (spot_symbol("A1"), "spot")):
        assert asset_of(symbol) == "A1"
        assert market_of(symbol) == market
        instrument = Instrument("gate", symbol, 10.0)
        assert (instrument.asset, instrument.market) == ("A1", Market(market))


def test_windows():
    assert [window.hours for window in Window] == [24, 168, 720]
    assert [window.label for window in Window] == ["24 h", "7 d", "30 d"]
    assert Window("7d").span == timedelta(days=7)
    assert all(window.span == timedelta(hours=window.hours) for window in Window)
    assert TIMEFRAMES["1h"] == timedelta(hours=1)


def test_report_keys():
    key = ReportKey("market", "BTC", "24h")
    assert str(key) == "market.BTC.24h"
    assert ReportKey.parse(str(key)) == key
    assert {key: 1}[ReportKey.parse("market.BTC.24h")] == 1
    for text in ("market", "market.BTC", "a.b.c.d", ""):
        with pytest.raises(ValueError, match="unpack"):
            ReportKey.parse(text)


@pytest.mark.parametrize(
    ("value", "status", "is_known"),
    [
        (1.0, Status.OK, True),
        (0.0, Status.STALE, True),
        (1.0, Status.PARTIAL, True),
        (1.0, Status.UNKNOWN, False),
        (None, Status.OK, False),
        (None, Status.UNKNOWN, False),
    ],
)
def test_known_evidence(value, status, is_known):
    found = Evidence("a", "a", "BTC", "24h", value, Unit.USD, MOMENT, status=status)
    assert found.is_known is is_known


def test_a_report_survives_json():
    slots: dict[str, Slot] = {
        "number": NumberSlot("a", NumberStyle.PRICE, apart_from="b"),
        "window": WindowSlot("24h"),
        "name": NameSlot("S&P 500"),
        "names": NamesSlot(("BTC", "ETH")),
        "word": WordSlot("moved", "a", NumberStyle.PERCENT),
        "term": TermSlot("shock"),
        "time": TimeSlot(MOMENT, "a", relative=True),
    }
    coverage = Coverage("gate", FeedKind.SAMPLED, 5, 10, MOMENT, 0.4)
    source = Source("gate", "candles", origin=Origin.RECORDED)
    evidence = Evidence(
        "a", "a", "BTC", "24h", 1.0, Unit.USD, MOMENT, (source,), (coverage,), parents=("b",)
    )
    driver = Driver("x", -1, 0.1, Unit.FRACTION, 0.05, 0.95, 30, 0.9, 50.0, ("a",))
    report = Report(
        "market",
        "BTC",
        "24h",
        MOMENT,
        3,
        Statement("headline", "t", slots, ("a",)),
        (),
        (driver,),
        conditions=(Condition("floor", ConditionState.EASING, MOMENT, ("a",)),),
        evidence=(evidence,),
    )
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    with pytest.raises(AttributeError):
        setattr(report, "version", 4)  # noqa: B010 - mypy knows it is frozen

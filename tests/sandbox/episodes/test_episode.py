"""An episode tells what is known at a moment and nothing else."""

from datetime import UTC, datetime

import pytest

from bot.clock import to_ms
from sandbox.episodes.episode import (
    HOUR_MS,
    Bar,
    Episode,
    Funding,
    Liquidations,
    Listing,
    OpenInterest,
    merged,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
T0 = to_ms(START)
BTC = Listing("binance", "BTC/USDT:USDT")
XRP = Listing("binance", "XRP/USDT")
EPISODE = Episode(
    name="two hours",
    start=START,
    end=START,
    opens_at=START,
    candles={
        BTC: [Bar(T0, 10, 12, 9, 11, 5), Bar(T0 + HOUR_MS, 11, 15, 8, 14, 7)],
        XRP: [Bar(T0 + HOUR_MS, 1, 2, 1, 2, 3)],
    },
    open_interest={BTC: [OpenInterest(T0 + HOUR_MS, 100.0, 1_100.0)]},
    funding={BTC: [Funding(T0, 0.0001, 8)]},
    liquidations={BTC: [Liquidations(T0, HOUR_MS, None, 1.0, None, 11.0)]},
)


def test_listing_names_its_parts():
    assert (BTC.base, BTC.quote, BTC.is_perpetual) == ("BTC", "USDT", True)
    assert (XRP.base, XRP.quote, XRP.is_perpetual) == ("XRP", "USDT", False)


def test_running_bar_is_its_opening():
    assert EPISODE.candles_at(BTC, T0 + HOUR_MS - 1) == [Bar(T0, 10, 10, 10, 10, 0)]
    closed, running = EPISODE.candles_at(BTC, T0 + HOUR_MS)
    assert closed == Bar(T0, 10, 12, 9, 11, 5)
    assert running == Bar(T0 + HOUR_MS, 11, 11, 11, 11, 0)
    assert EPISODE.candles[BTC][1].high == 15


@pytest.mark.parametrize(
    ("after", "price"), [(-1, None), (0, 10), (HOUR_MS - 1, 10), (HOUR_MS, 11), (2 * HOUR_MS, 14)]
)
def test_price_is_the_last_known(after, price):
    assert EPISODE.price_at(BTC, T0 + after) == price


def test_values_become_known_at_their_own_moment():
    just_before, at = T0 + HOUR_MS - 1, T0 + HOUR_MS
    assert EPISODE.open_interest_at(BTC, just_before) == []
    assert len(EPISODE.open_interest_at(BTC, at)) == 1
    assert EPISODE.liquidations_at(BTC, just_before) == []
    assert EPISODE.liquidations_at(BTC, at)[0].long_notional is None
    assert EPISODE.funding_at(BTC, T0 - 1) == []
    assert len(EPISODE.funding_at(BTC, T0)) == 1


def test_market_is_listed_from_its_first_bar_on():
    assert EPISODE.listings("binance", T0) == [BTC]
    assert EPISODE.listings("binance", T0 + HOUR_MS) == [BTC, XRP]
    assert EPISODE.listings("gate", T0 + HOUR_MS) == []


def test_merged_spans_its_bars():
    assert merged(EPISODE.candles[BTC], T0) == Bar(T0, 10, 15, 8, 14, 12)

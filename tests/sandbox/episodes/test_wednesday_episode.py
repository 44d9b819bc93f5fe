"""The bundled scenario meets the published figures at its fixed moment."""

import itertools
import math
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.episodes.episode import DAY_MS, HOUR_MS, Listing
from sandbox.episodes.loading import load_episode
from sandbox.episodes.wednesday import wednesday_episode

LAST_DAY = {"BTC": -1.13, "ETH": -1.98, "SOL": -3.14, "XRP": -2.13, "BNB": -0.11}
MONTH = 720


@pytest.fixture(scope="module")
def episode():
    return load_episode("wednesday")


def perpetual(asset, exchange="binance"):
    return Listing(exchange, f"{asset}/USDT:USDT")


def closes(episode, asset):
    return [bar.close for bar in episode.candles_at(perpetual(asset), episode.opens_ms)[:-1]]


def open_interest(episode, hours_ago):
    moment = episode.opens_ms - hours_ago * HOUR_MS
    rows = [episode.open_interest_at(listing, moment)[-1] for listing in episode.open_interest]
    assert {row.known_ms for row in rows} == {moment}
    return sum(row.open_interest_notional for row in rows)


@pytest.mark.parametrize(("asset", "percent"), LAST_DAY.items())
def test_last_day_is_the_published_one(episode, asset, percent):
    prices = closes(episode, asset)
    assert round(100 * (prices[-1] / prices[-25] - 1), 2) == percent


def test_bitcoin_ends_at_the_published_price(episode):
    assert closes(episode, "BTC")[-1] == 67_570.0
    assert episode.price_at(perpetual("BTC"), episode.opens_ms) == 67_570.0


def test_liquidations_are_just_above_the_published_sums(episode):
    rows = episode.liquidations_at(perpetual("BTC", "gate"), episode.opens_ms)
    both = [row.long_notional + row.short_notional for row in rows]
    assert 237.0e6 <= sum(row.long_notional for row in rows[-24:]) < 237.1e6
    assert 2.16e9 <= sum(both[-168:]) < 2.17e9
    assert 4.40e9 <= sum(both[-MONTH:]) < 4.41e9
    assert not any(listing.exchange == "binance" for listing in episode.liquidations)


def test_open_interest_of_all_together_falls_as_published(episode):
    now = open_interest(episode, 0)
    assert round(100 * (now / open_interest(episode, 24) - 1), 1) == -4.4
    for late in range(3):
        assert round(100 * (now / open_interest(episode, MONTH - late) - 1), 1) == -34.0
    assert {listing.exchange for listing in episode.open_interest} == {"binance", "gate"}


def test_months_of_calm_lie_before_a_peak_near_the_start_of_the_month(episode):
    prices = closes(episode, "BTC")
    month = prices[-MONTH:]
    peak = month.index(max(month))
    assert peak < 7 * 24
    assert -0.32 < prices[-1] / month[peak] - 1 < -0.20
    before = prices[: len(prices) - MONTH]
    assert len(before) >= 90 * 24
    returns = [math.log(b / a) for a, b in itertools.pairwise(before)]
    decline = [math.log(b / a) for a, b in itertools.pairwise(month)]
    assert statistics.pstdev(returns) < 0.005 < statistics.pstdev(decline)


def test_altcoins_follow_bitcoin(episode):
    bitcoin = closes(episode, "BTC")
    base = [math.log(b / a) for a, b in itertools.pairwise(bitcoin)]
    for asset in ("ETH", "SOL", "XRP", "BNB"):
        prices = closes(episode, asset)
        own = [math.log(b / a) for a, b in itertools.pairwise(prices)]
        slope = statistics.linear_regression(base, own).slope
        assert 1.0 < slope < 1.7


def test_series_are_complete_and_consistent(episode):
    span = (episode.end - episode.start).total_seconds() / 3600
    assert episode.opens_ms - 120 * DAY_MS > episode.candles[perpetual("BTC")][0].start_ms
    assert (episode.end - episode.opens_at).days >= 3
    for bars in episode.candles.values():
        assert len(bars) == span
        assert all(
            after.start_ms - before.start_ms == HOUR_MS and after.open == before.close
            for before, after in itertools.pairwise(bars)
        )
        assert all(
            0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            and bar.volume > 0
            for bar in bars
        )
    for rows in episode.funding.values():
        assert all(row.settled_ms % (8 * HOUR_MS) == 0 for row in rows)
        assert all(abs(row.funding_rate) < 0.001 for row in rows)


def test_it_is_the_same_every_time(episode):
    again = wednesday_episode()
    assert again.candles == episode.candles
    assert again.open_interest == episode.open_interest
    assert again.liquidations == episode.liquidations


def test_it_needs_no_pandas():
    code = (
        "import sys; from sandbox.episodes.loading import load_episode;"
        "load_episode('wednesday'); sys.exit('pandas' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    finished = subprocess.run([sys.executable, "-c", code], check=False, cwd=root)  # noqa: S603
    assert finished.returncode == 0

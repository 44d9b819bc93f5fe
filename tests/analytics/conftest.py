"""Series and recorded markets for the analytics tests."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

AT = datetime(2024, 8, 5, 13, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _hourly(values, at=AT):
    index = pd.date_range(end=pd.Timestamp(at), periods=len(values), freq="h")
    return pd.Series(np.asarray(values, dtype=float), index=index)


@pytest.fixture(scope="session")
def at():
    """The moment most tests ask about: 2024-08-05 13:00 UTC."""
    return AT


@pytest.fixture(scope="session")
def hourly():
    """Make an hourly series whose last value is known at `at`."""
    return _hourly


@pytest.fixture(scope="session")
def walk():
    """Make hourly closes of a random walk: `hours + 1` of them, sd 0.5 % an hour."""

    def make(hours, seed=1, start=100.0):
        steps = np.random.default_rng(seed).normal(0, 0.005, hours)
        return _hourly(start * np.exp(np.concatenate([[0.0], np.cumsum(steps)])))

    return make


class Recorded:
    """One recorded episode, indexed by the moment each value is known."""

    def __init__(self, folder):
        self._folder = folder

    def _table(self, name):
        table = pd.read_csv(self._folder / name, parse_dates=["time"])
        table["time"] += HOUR
        return table

    def closes(self, name="candles.csv", exchange="binance"):
        table = self._table(name)
        chosen = table[table["exchange"] == exchange]
        return chosen.pivot_table(index="time", columns="symbol", values="close")

    def column(self, name, symbol, column):
        table = self._table(name)
        return table[table["symbol"] == symbol].set_index("time")[column]


@pytest.fixture(scope="session")
def august(recorded_data):
    """The recorded episode 2024-08-05."""
    return Recorded(recorded_data / "episodes" / "2024-08-05")


@pytest.fixture(scope="session")
def february(recorded_data):
    """The recorded episode 2026-02-05."""
    return Recorded(recorded_data / "episodes" / "2026-02-05")


@pytest.fixture(scope="session")
def bitcoin_history(recorded_data):
    """BTC spot closes 2020-09 to 2025-09."""
    table = pd.read_csv(recorded_data / "history" / "BTC-USDT-1h.csv.gz", parse_dates=["time"])
    return table.assign(time=table["time"] + HOUR).set_index("time")["close"]

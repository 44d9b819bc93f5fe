import asyncio
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.model.series import (
    Candle,
    CollectedSpan,
    FeedKind,
    FundingRate,
    OpenInterest,
    Series,
    Ticker,
)
from bot.store.signs import Sign
from bot.store.store import open_store

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BTC = ("binance", "BTC/USDT:USDT")
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


async def test_signs_of_life(url, clock):
    async with open_store(url, clock) as store:
        assert await store.signs.newest("collector") is None
        clock.move(seconds=5)
        await store.signs.give("collector", "backfilling")
        await store.signs.give("gateway")
        clock.move(seconds=5)
        await store.signs.give("collector")
        start = NOON + timedelta(seconds=10)
        assert await store.signs.newest("collector") == Sign("collector", start, NOON, "")
    async with open_store(url, clock) as store:
        await store.signs.give("collector")
        sign = await store.signs.newest("collector")
        assert sign is not None
        assert sign.started_at == start


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=text, value=text)
async def test_state_keeps_any_text(store, name, value):
    await store.state.set(name, "something else")
    await store.state.set(name, value)
    assert await store.state.get(name) == value


async def test_unknown_state_is_none(store):
    assert await store.state.get("commands") is None


SPAN_TIMES = NOON + 6 * HOUR, NOON + 7 * HOUR
DATA = [
    ("candles", Candle(*BTC, "1h", NOON, 1.0, 1.0, 1.0, 1.0, 1.0), NOON + HOUR),
    ("candles", Candle(*BTC, "5m", NOON, 1.0, 1.0, 1.0, 1.0, 1.0), NOON + HOUR / 12),
    ("open_interest", OpenInterest(*BTC, NOON + 3 * HOUR, 1.0, 1.0), NOON + 3 * HOUR),
    ("funding", FundingRate(*BTC, NOON + 4 * HOUR, 1.0, 8.0), NOON + 4 * HOUR),
    ("tickers", Ticker(*BTC, NOON + 5 * HOUR, 1.0), NOON + 5 * HOUR),
]


@pytest.mark.parametrize(("member", "record", "latest"), DATA)
async def test_latest_data(store, member, record, latest):
    assert await store.latest_data() is None
    await getattr(store, member).add([record])
    assert await store.latest_data() == latest


async def test_latest_data_of_spans_and_reports(store, make_report):
    await store.publications.publish([make_report()])
    assert await store.latest_data() == NOON
    kind = FeedKind.COMPLETE
    await store.coverage.add_spans([CollectedSpan(*BTC, Series.LIQUIDATIONS, kind, *SPAN_TIMES)])
    assert await store.latest_data() == NOON + 7 * HOUR


async def test_a_clock_before_stored_data_is_refused(store, clock):
    await store.refuse_earlier_clock(clock)
    await store.tickers.add([Ticker(*BTC, NOON + timedelta(seconds=59), 1.0)])
    await store.refuse_earlier_clock(clock)
    await store.tickers.add([Ticker(*BTC, NOON + HOUR, 1.0)])
    with pytest.raises(SettingsError) as caught:
        await store.refuse_earlier_clock(clock)
    assert str(caught.value) == (
        "UNDERTOW_CLOCK_START: the clock shows 2024-08-05T12:00:00Z, but the database holds data"
        " up to 2024-08-05T13:00:00Z; start later or choose another DATABASE_URL"
    )
    clock.move(hours=1)
    await store.refuse_earlier_clock(clock)


async def test_the_gateway_sees_what_the_collector_publishes(url, clock, make_report):
    async with open_store(url, clock) as gateway, open_store(url, clock) as collector:
        await gateway.changed()
        assert not await gateway.changed()
        await collector.publications.publish([make_report()])
        assert await gateway.changed()
        assert [one.version for one in await gateway.publications.since(0)] == [1]


async def test_the_store_loads_nothing_heavy():
    heavy = ["pandas", "numpy", "ccxt", "scipy", "matplotlib", "alembic", "asyncpg"]
    script = (
        "import sys, bot.store.store, bot.store.schema;"
        f"sys.exit(any(name in sys.modules for name in {heavy}))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0

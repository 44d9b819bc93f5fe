"""The first start, the restart, and what is never stored: real ccxt against the sandbox."""

from datetime import timedelta

import pytest
from aiohttp import web

from bot.clock import from_ms, to_ms
from bot.collectors.candles import collect_candles
from bot.collectors.exchange import open_exchanges
from bot.collectors.funding import collect_funding
from bot.collectors.liquidations import collect_liquidations
from bot.collectors.open_interest import collect_open_interest_history
from bot.collectors.records import HOUR, floor
from bot.collectors.registry import adapters
from bot.model.series import FeedKind, Series
from bot.outside import Outside
from bot.store.store import open_store
from sandbox.episodes.loading import load_episode

ASSETS = ("BTC", "ETH", "SOL", "XRP", "BNB")
BTC = "BTC/USDT:USDT"
DAY = timedelta(days=1)


async def test_the_first_backfill_is_complete_in_few_requests(world, store):
    async with world.poller(store) as poller:
        lines = []
        await poller.collect_once(lambda step: lines.append(str(step)))
        assert [health.last_error for health in poller.health if health.is_failing] == []
    asked = world.requests()
    assert asked == {
        "exchangeInfo": 1,
        "24hr": 1,
        "premiumIndex": 1,
        "klines": 15,
        "openInterestHist": 10,
        "openInterest": 5,
        "fundingRate": 5,
        "contracts": 1,
        "tickers": 2,
        "contract_stats": 40,
    }
    end = floor(world.clock.now(), HOUR)
    for asset in ASSETS:
        symbol = f"{asset}/USDT:USDT"
        closes = await store.candles.closes("binance", symbol, "1h", end - 120 * DAY + HOUR, end)
        assert len(closes) == 2880
        assert len(await store.open_interest.series("binance", symbol, end - 30 * DAY, end)) == 720
        assert len(await store.open_interest.series("gate", symbol, end - 30 * DAY, end)) == 720
        assert f"binance candles {symbol}: 2880" in lines
    coverage = await store.coverage.coverage(Series.LIQUIDATIONS, end - 30 * DAY, end)
    assert [(c.exchange, c.kind, c.minutes_collected) for c in coverage] == [
        ("gate", FeedKind.AGGREGATE, 43_200)
    ]
    latest = await store.latest_data()
    assert latest is not None
    assert latest <= world.clock.now()


async def test_a_restart_fetches_only_what_is_missing(wednesday, start_world, database_url):
    start = from_ms(wednesday.opens_ms) + timedelta(seconds=10)

    async def asked_when_started(moment):
        async with start_world(wednesday, moment) as world:
            async with open_store(database_url, world.clock) as store:
                async with world.poller(store) as poller:
                    await poller.collect_once()
                end = floor(moment, HOUR)
                first = end - 100 * DAY + HOUR
                closes = await store.candles.closes("binance", BTC, "1h", first, end)
            assert len(closes) == 2400
            return world.requests()

    await asked_when_started(start)
    asked = await asked_when_started(start + 3 * HOUR)
    series = ("klines", "openInterestHist", "fundingRate", "contract_stats")
    assert [asked[name] for name in series] == [5, 5, 5, 5]
    asked = await asked_when_started(start + 3 * HOUR + timedelta(minutes=1))
    # payments come every few hours: what lies after the last one is asked for each time
    assert [asked[name] for name in series] == [0, 0, 5, 0]


@pytest.mark.parametrize("minutes", [0, 1, 59])
async def test_an_unfinished_bar_is_never_stored(wednesday, start_world, database_url, minutes):
    start = from_ms(wednesday.opens_ms) + timedelta(minutes=minutes, seconds=1)
    async with (
        start_world(wednesday, start) as world,
        open_store(database_url, world.clock) as store,
        world.exchange("binance") as binance,
        world.exchange("gate") as gate,
    ):
        for exchange in (binance, gate):
            await exchange.load_markets(["BTC"])
        await collect_candles(binance, store)
        await collect_liquidations(gate, store)
        newest = floor(start, HOUR)
        bounds = await store.candles.bounds("binance", BTC, "1h")
        assert bounds is not None
        assert bounds[1] + HOUR == newest
        (coverage,) = await store.coverage.coverage(
            Series.LIQUIDATIONS, newest - HOUR, newest + HOUR
        )
        assert coverage.minutes_collected == 60


async def test_what_the_exchange_says_is_what_is_stored(world, store, wednesday):
    async with world.exchange("binance") as exchange:
        await exchange.load_markets(["ETH"])
        await collect_candles(exchange, store)
        await collect_open_interest_history(exchange, store)
        await collect_funding(exchange, store)
    listing = next(item for item in wednesday.candles if item == ("binance", "ETH/USDT:USDT"))
    now_ms = world.clock.now_ms()
    end = floor(world.clock.now(), HOUR)
    bars = await store.candles.bars("binance", listing.symbol, "1h", end - 120 * DAY, end)
    truth = {bar.start_ms: bar for bar in wednesday.candles_at(listing, now_ms)}
    assert len(bars) == 2880
    for bar in bars:
        true = truth[to_ms(bar.open_time)]
        assert bar.close == pytest.approx(true.close, abs=0.01)
        assert bar.volume == pytest.approx(true.volume, abs=0.001)
    values = {row.known_ms: row for row in wednesday.open_interest_at(listing, now_ms)}
    for record in await store.open_interest.series("binance", listing.symbol, end - 30 * DAY, end):
        true_value = values[to_ms(record.snapshot_at)].open_interest_base
        assert record.open_interest_base == pytest.approx(true_value, rel=1e-6)
    payments = await store.funding.series("binance", listing.symbol, end - 120 * DAY, end)
    settled = {row.settled_ms: row for row in wednesday.funding_at(listing, now_ms)}
    assert {payment.interval_hours for payment in payments} == {8.0}
    assert all(
        payment.funding_rate == pytest.approx(settled[to_ms(payment.settled_at)].funding_rate)
        for payment in payments
    )
    assert payments[-1].settled_at <= world.clock.now()


async def test_gate_counts_contracts_and_its_sums_are_those_of_the_episode(world, store, wednesday):
    async with world.exchange("gate") as exchange:
        await exchange.load_markets(["BTC"])
        await collect_liquidations(exchange, store)
    end = floor(world.clock.now(), HOUR)
    hours = await store.liquidations.hours(end - 30 * DAY, end, assets=["BTC"])
    listing = next(item for item in wednesday.liquidations if item.symbol == BTC)
    rows = [
        row
        for row in wednesday.liquidations_at(listing, to_ms(end))
        if row.start_ms >= to_ms(end - 30 * DAY)
    ]
    for side in ("long", "short"):
        notional = sum(getattr(row, f"{side}_notional") or 0 for row in rows)
        base = sum(getattr(row, f"{side}_base") or 0 for row in rows)
        assert sum(getattr(hour, f"{side}_notional") for hour in hours) == pytest.approx(
            notional, abs=0.01 * len(rows)
        )
        assert sum(getattr(hour, f"{side}_base") for hour in hours) == pytest.approx(
            base, abs=0.0001 * len(rows)
        )
    assert {hour.kind for hour in hours} == {FeedKind.AGGREGATE}


def _contract(multiplier: str) -> dict[str, object]:
    return {
        "name": "BTC_USDT",
        "quanto_multiplier": multiplier,
        "mark_price": "60000",
        "order_price_deviate": "0.5",
        "status": "trading",
    }


def _hour(start_ms: int, **changes: object) -> dict[str, object]:
    contracts, price = 1_000_000, 60_000.0
    return {
        "time": start_ms // 1000,
        "mark_price": price,
        "open_interest": contracts,
        "open_interest_usd": contracts * 0.0001 * price,
        "long_liq_size": 10_000,
        "long_liq_usd": 60_000.0,
        "long_liq_amount": 1.0,
        "short_liq_size": 0,
        "short_liq_usd": 0,
        "short_liq_amount": 0,
    } | changes


async def _collect_from(rows_of, world, store, serve):
    """Collect BTC's statistics from a Gate that answers `rows_of(first hour asked)`."""
    end_ms = to_ms(floor(world.clock.now(), HOUR))

    async def statistics(request: web.Request) -> web.Response:
        first = int(request.query["from"]) * 1000
        hours = range(
            first, min(first + 3_600_000 * int(request.query["limit"]), end_ms), 3_600_000
        )
        rows = [row for start in hours if (row := rows_of(start, end_ms)) is not None]
        return web.json_response(rows)

    async def contracts(_request: web.Request) -> web.Response:
        return web.json_response([_contract("0.0001")])

    def mount(app: web.Application) -> None:
        base = "/api.gateio.ws/api/v4/futures/usdt"
        app.router.add_get(f"{base}/contracts", contracts)
        app.router.add_get(f"{base}/contract_stats", statistics)

    async with serve(mount) as url:
        gate = adapters(["gate"])
        async with open_exchanges(gate, Outside(url), world.clock) as (exchange,):
            await exchange.load_markets(["BTC"])
            return await collect_liquidations(exchange, store), from_ms(end_ms)


async def test_contracts_become_coins(world, store, serve):
    outcome, end = await _collect_from(lambda start, _end: _hour(start), world, store, serve)
    assert outcome.refused == ()
    assert outcome.is_complete
    hours = await store.liquidations.hours(end - DAY, end, assets=["BTC"])
    assert [(hour.long_base, hour.short_notional) for hour in hours] == [(1.0, 0.0)] * 24
    assert sum(hour.long_notional for hour in hours) == pytest.approx(24 * 60_000)
    (value,) = await store.open_interest.series("gate", BTC, end, end)
    assert (value.open_interest_base, value.open_interest_notional) == pytest.approx((100, 6e6))
    assert (value.raw_amount, value.raw_value) == (1_000_000, 6_000_000)


async def test_an_hour_that_is_left_out_is_a_gap_and_not_zero(world, store, serve):
    def rows_of(start: int, end: int) -> dict[str, object] | None:
        return None if end - start == 5 * 3_600_000 else _hour(start)

    outcome, end = await _collect_from(rows_of, world, store, serve)
    assert outcome.is_complete
    gaps = await store.coverage.gaps("gate", BTC, Series.LIQUIDATIONS, end - DAY, end)
    assert [(gap.start, gap.end) for gap in gaps] == [(end - 5 * HOUR, end - 4 * HOUR)]
    (coverage,) = await store.coverage.coverage(Series.LIQUIDATIONS, end - DAY, end)
    assert coverage.minutes_collected == 23 * 60


@pytest.mark.parametrize(
    "changes",
    [
        {"long_liq_usd": "NaN"},
        {"long_liq_size": -5},
        {"short_liq_usd": None},
        {"long_liq_size": 10_000 * 10_000},  # in coins' tenths of thousandths, not in contracts
    ],
    ids=str,
)
async def test_an_hour_that_cannot_be_true_is_refused_and_asked_for_again(
    world, store, serve, changes
):
    def rows_of(start: int, end: int) -> dict[str, object]:
        return _hour(start, **(changes if end - start == 5 * 3_600_000 else {}))

    outcome, end = await _collect_from(rows_of, world, store, serve)
    assert len(outcome.refused) == 1
    assert not outcome.is_complete
    (coverage,) = await store.coverage.coverage(Series.LIQUIDATIONS, end - DAY, end)
    assert coverage.minutes_collected == 23 * 60
    asked = []

    def recovered(start: int, _end: int) -> dict[str, object]:
        asked.append(start)
        return _hour(start)

    outcome, end = await _collect_from(recovered, world, store, serve)
    assert asked == [to_ms(end - 5 * HOUR)]
    (coverage,) = await store.coverage.coverage(Series.LIQUIDATIONS, end - DAY, end)
    assert coverage.minutes_collected == 24 * 60


@pytest.mark.parametrize("factor", [0.0001, 0.94, 1.06, 10_000])
async def test_open_interest_in_another_unit_is_refused(world, store, serve, factor):
    def rows_of(start: int, end: int) -> dict[str, object]:
        value = 6_000_000.0 * (factor if end - start == 5 * 3_600_000 else 1.04)
        return _hour(start, open_interest_usd=value)

    outcome, end = await _collect_from(rows_of, world, store, serve)
    (line,) = outcome.refused
    assert "implies a price of" in line
    stored = await store.open_interest.series("gate", BTC, end - 23 * HOUR, end)
    assert len(stored) == 23


async def test_silence_is_not_zero(world, store, serve):
    outcome, end = await _collect_from(lambda _start, _end: None, world, store, serve)
    assert not outcome.is_complete
    assert await store.coverage.coverage(Series.LIQUIDATIONS, end - DAY, end) == []


async def test_history_that_disagrees_with_the_candles_is_refused(world, store):
    async with world.exchange("binance") as exchange:
        await exchange.load_markets(["BTC"])
        outcome = await collect_open_interest_history(exchange, store)
        assert outcome.stored == 0
        assert "no price to check it against" in outcome.refused[0]
        await collect_candles(exchange, store)
        outcome = await collect_open_interest_history(exchange, store)
        assert (outcome.stored, outcome.refused) == (720, ())


@pytest.mark.recorded
async def test_a_recorded_market_has_what_was_recorded(start_world, database_url, recorded_data):
    episode = load_episode(recorded_data / "episodes" / "2024-08-05")
    start = episode.opens_at + timedelta(seconds=1)
    async with (
        start_world(episode, start) as world,
        open_store(database_url, world.clock) as store,
        world.poller(store) as poller,
    ):
        await poller.collect_once()
        assert not any(item.is_failing for item in poller.health)
        now = floor(start, HOUR)
        assert await store.candles.bounds("binance", "XRP/USDT:USDT", "1h") is None
        closes = dict(await store.candles.closes("binance", BTC, "1h", now - DAY, now))
        assert closes[now] / closes[now - DAY] - 1 == pytest.approx(-0.184, abs=0.001)
        spot = await store.candles.closes("binance", "XRP/USDT", "1h", now - DAY, now)
        assert len(spot) == 25
        assert await store.open_interest.bounds("binance", "BNB/USDT:USDT") is None
        (ticker,) = [item for item in await store.tickers.newest() if item.symbol == "XRP/USDT"]
        assert ticker.mark_price is None

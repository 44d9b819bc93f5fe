from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.report import Coverage
from bot.model.series import CollectedSpan, FeedKind, Gap, Origin, Series
from bot.store.store import open_store

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
COMPLETE, AGGREGATE, SAMPLED = FeedKind.COMPLETE, FeedKind.AGGREGATE, FeedKind.SAMPLED


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def span(start, end, symbol=BTC, *, kind=COMPLETE, exchange="gate", origin=Origin.LIVE):
    return CollectedSpan(exchange, symbol, Series.LIQUIDATIONS, kind, at(start), at(end), origin)


def gap(start, end, symbol=BTC, reason="reconnected", *, kind=COMPLETE):
    return Gap("gate", symbol, Series.LIQUIDATIONS, kind, at(start), at(end), reason)


async def coverage(store, start, end, **which):
    return await store.coverage.coverage(Series.LIQUIDATIONS, at(start), at(end), **which)


async def spans(store, symbol=BTC):
    return await store.coverage.spans("gate", symbol, Series.LIQUIDATIONS, at(-9999), at(9999))


async def test_spans_that_overlap_or_touch_become_one(store):
    await store.coverage.add_spans([span(0, 10), span(30, 40)])
    await store.coverage.add_spans([span(10, 20)])
    assert await spans(store) == [span(0, 20), span(30, 40)]
    await store.coverage.add_spans([span(15, 35)])
    assert await spans(store) == [span(0, 40)]
    await store.coverage.add_spans([span(-5, 50)])
    assert await spans(store) == [span(-5, 50)]


async def test_spans_of_different_streams_stay_apart(store):
    streams = [
        span(0, 10),
        span(5, 15, kind=SAMPLED),
        span(7, 12, origin=Origin.RECORDED),
        span(3, 12, symbol=ETH),
    ]
    await store.coverage.add_spans(streams)
    assert await spans(store) == [streams[0], streams[1], streams[2]]
    assert await spans(store, ETH) == [streams[3]]


async def test_an_empty_span_is_nothing(store):
    await store.coverage.add_spans([span(5, 5)])
    await store.coverage.add_spans([])
    assert await spans(store) == []
    assert await coverage(store, 0, 60) == []


async def test_gaps_are_read_where_they_overlap(store):
    await store.coverage.add_gaps([gap(0, 5), gap(10, 15), gap(20, 25), gap(10, 15, ETH)])
    found = await store.coverage.gaps("gate", BTC, Series.LIQUIDATIONS, at(5), at(21))
    assert found == [gap(10, 15), gap(20, 25)]


async def test_a_gap_that_grew_replaces_itself(store):
    await store.coverage.add_gaps([gap(0, 5)])
    await store.coverage.add_gaps([gap(0, 9, reason="restarted")])
    found = await store.coverage.gaps("gate", BTC, Series.LIQUIDATIONS, at(0), at(60))
    assert found == [gap(0, 9, reason="restarted")]


async def test_minutes_are_spans_without_gaps_inside_the_window(store):
    await store.coverage.add_spans([span(-100, 30)])
    await store.coverage.add_gaps([gap(-5, 5), gap(10, 12.5)])
    assert await coverage(store, 0, 60) == [Coverage("gate", COMPLETE, 22, 60, at(-100))]


async def test_each_exchange_and_kind_stands_apart_in_order(store):
    await store.coverage.add_spans(
        [
            span(0, 30, kind=SAMPLED),
            span(0, 60, kind=AGGREGATE),
            span(0, 20, kind=COMPLETE),
            span(0, 10, exchange="binance", kind=SAMPLED),
        ]
    )
    found = await coverage(store, 0, 60)
    assert [(one.exchange, one.kind, one.minutes_collected) for one in found] == [
        ("binance", SAMPLED, 10),
        ("gate", COMPLETE, 20),
        ("gate", AGGREGATE, 60),
        ("gate", SAMPLED, 30),
    ]
    assert [one.exchange for one in await coverage(store, 0, 60, exchange="binance")] == ["binance"]


async def test_what_was_live_and_recorded_counts_once(store):
    await store.coverage.add_spans([span(0, 30), span(20, 50, origin=Origin.RECORDED)])
    assert [one.minutes_collected for one in await coverage(store, 0, 60)] == [50]


async def test_several_symbols_are_a_mean_rounded_down(store):
    await store.coverage.add_spans([span(0, 60), span(30, 61, ETH)])
    assert await coverage(store, 0, 60) == [Coverage("gate", COMPLETE, 45, 60, at(30))]
    assert await coverage(store, 0, 61) == [Coverage("gate", COMPLETE, 45, 61, at(30))]


async def test_an_asset_that_the_exchange_lacks_counts_as_nothing(store):
    await store.coverage.add_spans([span(0, 60), span(0, 60, ETH)])
    found = await coverage(store, 0, 60, assets=["BTC", "ETH", "XRP"])
    assert [one.minutes_collected for one in found] == [40]
    found = await coverage(store, 0, 60, symbols=[BTC, "XRP/USDT:USDT"])
    assert [one.minutes_collected for one in found] == [30]
    assert await coverage(store, 0, 60, assets=["XRP"]) == []


async def test_contracts_of_one_asset_share_its_part(store):
    inverse = "BTC/USD:BTC"
    await store.coverage.add_spans([span(0, 60), span(0, 30, inverse), span(0, 60, ETH)])
    assert [one.minutes_collected for one in await coverage(store, 0, 60, assets=["BTC"])] == [45]
    found = await coverage(store, 0, 60, assets=["BTC", "ETH"])
    assert [one.minutes_collected for one in found] == [52]


async def test_collected_before_the_window_is_known_since_then(store):
    await store.coverage.add_spans([span(0, 10)])
    assert await coverage(store, 30, 60) == [Coverage("gate", COMPLETE, 0, 30, at(0))]


async def test_a_gap_of_a_stream_is_none_of_the_exchanges_own_sums(store):
    await store.coverage.add_spans([span(0, 60), span(0, 60, kind=AGGREGATE)])
    await store.coverage.add_gaps([gap(10, 20), gap(10, 15, kind=AGGREGATE)])
    found = await coverage(store, 0, 60)
    assert {one.kind: one.minutes_collected for one in found} == {COMPLETE: 50, AGGREGATE: 55}


pieces = st.lists(
    st.tuples(st.sampled_from([BTC, ETH]), st.integers(0, 50), st.integers(1, 25)), max_size=8
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(collected=pieces, missed=pieces, window=st.tuples(st.integers(0, 40), st.integers(1, 40)))
async def test_against_an_oracle_of_single_minutes(url, clock, collected, missed, window):
    exchange = f"{collected} {missed}"
    series = Series.LIQUIDATIONS
    start, minutes = window
    known: dict[str, set[int]] = {BTC: set(), ETH: set()}
    firsts: dict[str, int] = {}
    async with open_store(url, clock) as store:
        for symbol, first, length in collected:
            times = at(first), at(first + length)
            await store.coverage.add_spans(
                [CollectedSpan(exchange, symbol, series, SAMPLED, *times)]
            )
            known[symbol] |= set(range(first, first + length))
            firsts[symbol] = min(first, firsts.get(symbol, first))
        gaps: dict[tuple[str, int], int] = {}
        for symbol, first, length in missed:
            gaps[symbol, first] = length
            times = at(first), at(first + length)
            await store.coverage.add_gaps([Gap(exchange, symbol, series, SAMPLED, *times, "test")])
        found = await coverage(store, start, start + minutes, exchange=exchange)
    for (symbol, first), length in gaps.items():
        known[symbol] -= set(range(first, first + length))
    asked = set(range(start, start + minutes))
    total = sum(len(known[symbol] & asked) for symbol in firsts)
    expected = []
    if firsts:
        mean, since = total // len(firsts), at(max(firsts.values()))
        expected = [Coverage(exchange, SAMPLED, mean, minutes, since)]
    assert found == expected

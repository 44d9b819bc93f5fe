"""Gate on loopback: USDT perpetuals with their statistics; spot, dated and BTC-settled without.

Limits and errors are those of www.gate.com/docs/developers/apiv4. Its documents leave open how many
rows `contract_stats` gives (default 30; clients ask for up to 1,000) and what its `time` marks: it
is taken as the start of the bar.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.clock import Clock
from sandbox.episodes.episode import (
    HOUR_MS,
    Bar,
    Episode,
    Liquidations,
    Listing,
    OpenInterest,
)
from sandbox.exchanges.gate_rows import (
    candlestick,
    contract,
    contract_name,
    error,
    statistics,
    ticker,
)
from sandbox.exchanges.market import INTERVALS_MS
from sandbox.exchanges.serving import Answer, ApiError, ExchangeServer, Query, page

_INTERVALS_MS = {name: INTERVALS_MS[name] for name in ("1h", "2h", "4h", "8h", "1d")}
_STATISTICS_MS = {name: INTERVALS_MS[name] for name in ("1h", "4h", "1d")}
_CANDLES_LIMIT = 2_000
_LIST_LIMIT = 1_000


class GateServer(ExchangeServer):
    """Gate's public endpoints, fed by the perpetuals that an episode has on `gate`."""

    def __init__(self, episode: Episode, clock: Clock) -> None:
        super().__init__(episode, clock, "gate")

    def mount(self, app: web.Application) -> None:
        """Add the routes under `/api.gateio.ws` and `/fx-api.gateio.ws`."""
        for host in ("api.gateio.ws", "fx-api.gateio.ws"):
            for path, answer in self._routes().items():
                app.router.add_get(f"/{host}/api/v4{path}", self.handler(answer))
            app.router.add_get(f"/{host}/{{tail:.*}}", self.handler(_not_found))

    def query(self, values: Mapping[str, str]) -> Query:
        """Return the parameters with Gate's errors."""
        return Query(values, missing=_missing, malformed=_malformed)

    def headers(self, request: web.Request) -> Mapping[str, str]:  # noqa: ARG002 - the same for all
        """Return the rate-limit headers; the budget is far above what one client asks."""
        return {"X-Gate-RateLimit-Limit": "200", "X-Gate-RateLimit-Requests-Remain": "199"}

    def _routes(self) -> dict[str, Answer]:
        futures = "/futures/{settle}"
        empty = ("/spot/currency_pairs", "/margin/currency_pairs", "/spot/tickers")
        routes: dict[str, Answer] = {
            f"{futures}/contracts": lambda _q, match: self._contracts(match),
            f"{futures}/contracts/{{contract}}": lambda _q, match: self._contract(match),
            f"{futures}/tickers": self._tickers,
            f"{futures}/candlesticks": self._candlesticks,
            f"{futures}/contract_stats": self._contract_stats,
            f"{futures}/funding_rate": self._funding_rate,
            "/spot/time": lambda _q, _m: {"server_time": self.market.now_ms()},
            "/spot/currencies": lambda _q, _m: [{"currency": "USDT", "name": "Tether"}],
        }
        for path in (*empty, "/delivery/{settle}/contracts", "/options/underlyings"):
            routes[path] = lambda _q, _m: []
        return routes

    def _listings(self, match: Mapping[str, str]) -> dict[str, Listing]:
        if match["settle"] not in ("usdt", "btc"):
            raise _malformed("settle")
        usdt = match["settle"] == "usdt"
        listings = self.market.listings(perpetual=True) if usdt else []
        return {contract_name(listing): listing for listing in listings}

    def _listing(self, name: str, match: Mapping[str, str]) -> Listing:
        listing = self._listings(match).get(name)
        if listing is None:
            raise error("CONTRACT_NOT_FOUND", f"contract {name} not found")
        return listing

    def _contracts(self, match: Mapping[str, str]) -> list[dict[str, Any]]:
        return [contract(self.market, listing) for listing in self._listings(match).values()]

    def _contract(self, match: Mapping[str, str]) -> dict[str, Any]:
        return contract(self.market, self._listing(match["contract"], match))

    def _tickers(self, query: Query, match: Mapping[str, str]) -> list[dict[str, Any]]:
        name = query.text("contract")
        known = self._listings(match)
        asked = list(known.values()) if name is None else [self._listing(name, match)]
        return [ticker(self.market, listing) for listing in asked]

    def _candlesticks(self, query: Query, match: Mapping[str, str]) -> list[dict[str, Any]]:
        listing = self._listing(query.required("contract"), match)
        interval_ms = query.choice("interval", _INTERVALS_MS, "1h")
        start, end = _window_ms(query)
        bounded = start is not None or end is not None
        if bounded and query.text("limit") is not None and start is not None:
            raise error("INVALID_PARAM_VALUE", "limit conflicts with from and to")
        if start is not None and self._points(start, end, interval_ms) > _CANDLES_LIMIT:
            raise error("INVALID_PARAM_VALUE", "Too many points requested")
        limit = _CANDLES_LIMIT if start is not None else query.limit(100, _CANDLES_LIMIT)
        bars = self.market.candles(listing, interval_ms)
        rows: list[Bar] = page(bars, lambda bar: bar.start_ms, (start, end), limit)
        return [candlestick(listing, bar) for bar in rows]

    def _points(self, start: int, end: int | None, interval_ms: int) -> int:
        return ((end or self.market.now_ms()) - start) // interval_ms + 1

    def _contract_stats(self, query: Query, match: Mapping[str, str]) -> list[dict[str, Any]]:
        listing = self._listing(query.required("contract"), match)
        interval_ms = query.choice("interval", _STATISTICS_MS)
        limit = query.limit(30, _LIST_LIMIT)
        bars = self.market.candles(listing, interval_ms)
        rows: list[Bar] = page(bars, lambda bar: bar.start_ms, _window_ms(query), limit)
        values = {row.known_ms: row for row in self.market.open_interest(listing)}
        forced = {row.start_ms: row for row in self.market.liquidations(listing)}
        return [
            statistics(
                listing,
                bar,
                _last_value(values, bar.start_ms, interval_ms),
                _hours(forced, bar.start_ms, interval_ms),
            )
            for bar in rows
        ]

    def _funding_rate(self, query: Query, match: Mapping[str, str]) -> list[dict[str, Any]]:
        listing = self._listing(query.required("contract"), match)
        limit = query.limit(100, _LIST_LIMIT)
        start, end = _window_ms(query)
        settled = [
            row
            for row in self.market.funding(listing)
            if (start or 0) <= row.settled_ms <= (end or row.settled_ms)
        ]
        return [
            {"t": row.settled_ms // 1000, "r": f"{row.funding_rate:.8f}"}
            for row in settled[: -limit - 1 : -1]
        ]


def _last_value(
    values: Mapping[int, OpenInterest], start_ms: int, interval_ms: int
) -> OpenInterest | None:
    """Return the value at the end of the bar, for a running one the latest known."""
    for known_ms in range(start_ms + interval_ms, start_ms - 1, -HOUR_MS):
        if known_ms in values:
            return values[known_ms]
    return None


def _hours(
    forced: Mapping[int, Liquidations], start_ms: int, interval_ms: int
) -> list[Liquidations]:
    starts = range(start_ms, start_ms + interval_ms, HOUR_MS)
    return [forced[start] for start in starts if start in forced]


def _window_ms(query: Query) -> tuple[int | None, int | None]:
    start, end = query.integer("from"), query.integer("to")
    if start is not None and end is not None and start > end:
        raise error("INVALID_PARAM_VALUE", "from is later than to")
    return (None if start is None else start * 1000), (None if end is None else end * 1000)


def _missing(name: str) -> ApiError:
    return error("MISSING_REQUIRED_PARAM", f"missing required param: {name}")


def _malformed(name: str) -> ApiError:
    return error("INVALID_PARAM_VALUE", f"invalid argument: {name}")


def _not_found(_query: Query, _match: Mapping[str, str]) -> object:
    raise ApiError(404, {"label": "NOT_FOUND", "message": "Not Found"})

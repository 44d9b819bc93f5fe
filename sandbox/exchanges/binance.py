"""Binance on loopback: spot and USD-M futures as the real servers answer, coin-margined without.

Limits, error codes and page orders are those of developers.binance.com; that openInterestHist
refuses a start older than 30 days, and anchors at the end of its window, is what clients report.
"""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.clock import Clock
from sandbox.episodes.episode import DAY_MS, Episode, Funding, Listing
from sandbox.exchanges.binance_contracts import (
    futures_symbols,
    market_id,
    odd_prices,
    spot_symbols,
)
from sandbox.exchanges.binance_rows import (
    day_row,
    error_body,
    funding_row,
    kline,
    malformed,
    missing,
    open_interest_row,
    price_text,
    ticker,
)
from sandbox.exchanges.market import INTERVALS_MS, Day
from sandbox.exchanges.serving import Answer, ApiError, ExchangeServer, Query, page

_MINUTE_MS = 60_000
_WEIGHT_PER_MINUTE = 2_400
_RETENTION_MS = 30 * DAY_MS
_PERIODS_MS = {name: ms for name, ms in INTERVALS_MS.items() if name != "8h"}
_PATH_WEIGHTS = {"ticker/24hr": 40, "premiumIndex": 10, "klines": 5}


class BinanceServer(ExchangeServer):
    """Binance's public endpoints, fed by the markets that an episode has on `binance`."""

    def __init__(self, episode: Episode, clock: Clock) -> None:
        super().__init__(episode, clock, "binance")
        self._minute = 0
        self._weight = 0

    def mount(self, app: web.Application) -> None:
        """Add the routes under `/fapi.binance.com`, `/api.binance.com` and `/dapi.binance.com`."""
        for path, answer in self._routes().items():
            app.router.add_get(path, self.handler(answer))
        for host in ("fapi", "api", "dapi", "eapi"):
            app.router.add_get(f"/{host}.binance.com/{{tail:.*}}", self.handler(_not_found))

    def query(self, values: Mapping[str, str]) -> Query:
        """Return the parameters with Binance's errors."""
        return Query(values, missing=missing, malformed=malformed)

    def headers(self, request: web.Request) -> Mapping[str, str]:
        """Return the used weight; 429 when a minute's budget is spent."""
        minute = self.market.now_ms() // _MINUTE_MS
        if minute != self._minute:
            self._minute, self._weight = minute, 0
        weights = [cost for part, cost in _PATH_WEIGHTS.items() if request.path.endswith(part)]
        single = "symbol" in request.query and not request.path.endswith("klines")
        self._weight += 1 if single or not weights else weights[0]
        headers = {"X-MBX-USED-WEIGHT-1M": str(self._weight)}
        if self._weight > _WEIGHT_PER_MINUTE:
            left_ms = _MINUTE_MS - self.market.now_ms() % _MINUTE_MS
            retry = {"Retry-After": str(left_ms // 1000 + 1)}
            raise ApiError(429, error_body(-1003, "Too many requests."), headers | retry)
        return headers

    def _routes(self) -> dict[str, Answer]:
        futures, spot, coin = (
            "/fapi.binance.com/fapi",
            "/api.binance.com/api/v3",
            "/dapi.binance.com",
        )
        routes: dict[str, Answer] = {
            f"{futures}/v1/exchangeInfo": lambda _q, _m: self._info(futures_symbols(self.market)),
            f"{futures}/v1/ticker/24hr": lambda query, _m: self._tickers(query, perpetual=True),
            f"{futures}/v1/ticker/price": lambda query, _m: self._prices(query, perpetual=True),
            f"{futures}/v2/ticker/price": lambda query, _m: self._prices(query, perpetual=True),
            f"{futures}/v1/premiumIndex": lambda query, _m: self._premium_index(query),
            f"{futures}/v1/klines": lambda query, _m: self._klines(query, perpetual=True),
            f"{futures}/v1/openInterest": lambda query, _m: self._open_interest(query),
            f"{futures}/v1/fundingRate": lambda query, _m: self._funding(query),
            f"{futures}/v1/fundingInfo": lambda _q, _m: [],
            "/fapi.binance.com/futures/data/openInterestHist": (
                lambda query, _m: self._open_interest_history(query)
            ),
            f"{spot}/exchangeInfo": lambda _q, _m: self._info(spot_symbols(self.market)),
            f"{spot}/ticker/24hr": lambda query, _m: self._tickers(query, perpetual=False),
            f"{spot}/ticker/price": lambda query, _m: self._prices(query, perpetual=False),
            f"{spot}/klines": lambda query, _m: self._klines(query, perpetual=False),
            f"{coin}/dapi/v1/exchangeInfo": lambda _q, _m: self._info([]),
            f"{coin}/dapi/v1/ticker/24hr": lambda _q, _m: [],
            f"{coin}/dapi/v1/premiumIndex": lambda _q, _m: [],
        }
        for prefix in (f"{futures}/v1", spot, f"{coin}/dapi/v1"):
            routes[f"{prefix}/ping"] = lambda _q, _m: {}
            routes[f"{prefix}/time"] = lambda _q, _m: {"serverTime": self.market.now_ms()}
        return routes

    def _info(self, symbols: list[dict[str, Any]]) -> dict[str, Any]:
        weight = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1}
        return {
            "timezone": "UTC",
            "serverTime": self.market.now_ms(),
            "rateLimits": [weight | {"limit": _WEIGHT_PER_MINUTE}],
            "exchangeFilters": [],
            "symbols": symbols,
        }

    def _by_id(self, *, perpetual: bool) -> dict[str, Listing]:
        listings = self.market.listings(perpetual=perpetual)
        return {market_id(listing): listing for listing in listings}

    def _listing(self, query: Query, *, perpetual: bool) -> Listing:
        name = query.required("symbol")
        listing = self._by_id(perpetual=perpetual).get(name)
        if listing is None:
            raise ApiError(400, error_body(-1121, "Invalid symbol."))
        return listing

    def _asked(self, query: Query, *, perpetual: bool) -> list[Listing]:
        """Return the market of `symbol`, those of `symbols`, or all."""
        if query.text("symbol") is not None:
            return [self._listing(query, perpetual=perpetual)]
        known = self._by_id(perpetual=perpetual)
        names = query.text("symbols")
        if names is None:
            return list(known.values())
        try:
            return [known[name] for name in json.loads(names)]
        except (ValueError, TypeError, KeyError) as error:
            raise ApiError(400, error_body(-1121, "Invalid symbol.")) from error

    def _tickers(self, query: Query, *, perpetual: bool) -> object:
        rows = [
            ticker(listing, self.market.day(listing), self.market.now_ms())
            for listing in self._asked(query, perpetual=perpetual)
        ]
        if query.text("symbol") is not None:
            return rows[0]
        return rows + (self._odd_tickers() if perpetual else [])

    def _odd_tickers(self) -> list[dict[str, Any]]:
        now_ms = self.market.now_ms()
        return [
            day_row(name, "1", Day(price, price, price, price, 0.0, 0.0), now_ms)
            for name, price in odd_prices(self.market).items()
        ]

    def _prices(self, query: Query, *, perpetual: bool) -> object:
        now_ms = self.market.now_ms()
        rows = [
            {
                "symbol": market_id(listing),
                "price": price_text(listing, self.market.price(listing)),
                "time": now_ms,
            }
            for listing in self._asked(query, perpetual=perpetual)
        ]
        return rows[0] if query.text("symbol") is not None else rows

    def _premium_index(self, query: Query) -> object:
        rows = [
            self._premium_row(
                market_id(listing),
                self.market.price(listing),
                f"{self.market.funding_rate(listing):.8f}",
            )
            for listing in self._asked(query, perpetual=True)
        ]
        if query.text("symbol") is not None:
            return rows[0]
        odd = odd_prices(self.market).items()
        return rows + [self._premium_row(name, price, "0.00000000") for name, price in odd]

    def _premium_row(self, name: str, price: float, rate: str) -> dict[str, Any]:
        return {
            "symbol": name,
            "markPrice": f"{price:.8f}",
            "indexPrice": f"{price:.8f}",
            "estimatedSettlePrice": f"{price:.8f}",
            "lastFundingRate": rate,
            "interestRate": "0.00010000",
            "nextFundingTime": self.market.next_funding_ms(),
            "time": self.market.now_ms(),
        }

    def _klines(self, query: Query, *, perpetual: bool) -> list[list[Any]]:
        listing = self._listing(query, perpetual=perpetual)
        if query.required("interval") not in INTERVALS_MS:
            raise ApiError(400, error_body(-1120, "Invalid interval."))
        interval_ms = INTERVALS_MS[query.required("interval")]
        limit = query.limit(500, 1_500 if perpetual else 1_000)
        bars = self.market.candles(listing, interval_ms)
        rows = page(bars, lambda bar: bar.start_ms, _window(query), limit)
        return [kline(listing, bar, interval_ms) for bar in rows]

    def _open_interest(self, query: Query) -> dict[str, Any]:
        listing = self._listing(query, perpetual=True)
        known = self.market.open_interest(listing)
        if not known or known[-1].open_interest_base is None:
            raise ApiError(400, error_body(-4108, "Symbol is on delivering or pre-trading."))
        return {
            "symbol": market_id(listing),
            "openInterest": f"{known[-1].open_interest_base:.3f}",
            "time": self.market.now_ms(),
        }

    def _open_interest_history(self, query: Query) -> list[dict[str, Any]]:
        listing = self._listing(query, perpetual=True)
        period_ms = query.choice("period", _PERIODS_MS)
        limit = query.limit(30, 500)
        start, end = _window(query)
        oldest = self.market.now_ms() - _RETENTION_MS
        if start is not None and start < oldest:
            raise malformed("startTime")
        # Without a start whole days are served: 31 daily rows.
        start = oldest // DAY_MS * DAY_MS if start is None else start
        rows = [row for row in self.market.open_interest(listing) if not row.known_ms % period_ms]
        rows = page(rows, lambda row: row.known_ms, (start, end), len(rows))
        return [open_interest_row(listing, row) for row in rows[-limit:]]

    def _funding(self, query: Query) -> list[dict[str, Any]]:
        asked = self._asked(query, perpetual=True)
        limit = query.limit(100, 1_000)
        rows = [(listing, row) for listing in asked for row in self._settled(listing)]
        rows.sort(key=lambda pair: pair[1].settled_ms)
        rows = page(rows, lambda pair: pair[1].settled_ms, _window(query), limit)
        return [funding_row(listing, row) for listing, row in rows]

    def _settled(self, listing: Listing) -> list[Funding]:
        """Return the payments with the few milliseconds of delay that Binance's stamps have."""
        late = [
            row._replace(settled_ms=row.settled_ms + row.settled_ms // DAY_MS % 11)
            for row in self.market.funding(listing)
        ]
        return [row for row in late if row.settled_ms <= self.market.now_ms()]


def _not_found(_query: Query, _match: Mapping[str, str]) -> object:
    raise ApiError(404, error_body(-5000, "Path is not found."))


def _window(query: Query) -> tuple[int | None, int | None]:
    start, end = query.integer("startTime"), query.integer("endTime")
    if start is not None and end is not None and start > end:
        raise ApiError(400, error_body(-1023, "Start time is greater than end time."))
    return start, end

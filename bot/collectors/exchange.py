"""The one door to exchanges: ccxt, its clock, its pace, and its errors in one form."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import ccxt.async_support as ccxt
from aiolimiter import AsyncLimiter

from bot.clock import Clock, format_time
from bot.collectors.adapter import Adapter
from bot.collectors.failures import SlowDownError, TransientError, host_in, one_line, retry_after
from bot.errors import OutsideError
from bot.model.instruments import Instrument, perpetual_symbol, spot_symbol
from bot.outside import Outside, retries

ANSWER_SECONDS = 10.0
DEFAULT_PAUSE = timedelta(seconds=60)
SLOW_DOWN_STATUS = (418, 429)

HandleErrors = Callable[..., None]


class Exchange:
    """One exchange: its instruments, and calls to it that are paced, retried once, translated."""

    def __init__(self, adapter: Adapter, client: Any, clock: Clock) -> None:  # noqa: ANN401 - ccxt
        self.adapter = adapter
        self.clock = clock
        self.instruments: tuple[Instrument, ...] = ()
        self.is_reached = False
        self.request_count = 0
        self._client = client
        client.handle_errors = self._checking(client.handle_errors)
        self._pause_until: datetime | None = None
        self._limiters = {
            method: AsyncLimiter(pace.requests, pace.seconds)
            for pace in adapter.paces
            for method in pace.methods
        }

    @property
    def name(self) -> str:
        """The plain name, such as binance."""
        return self.adapter.name

    async def load_markets(self, assets: Iterable[str]) -> None:
        """Find one instrument for each asset, a linear perpetual before spot; again when called.

        Raises OutsideError; assets that this exchange does not list are left out.
        """
        wanted = list(assets)
        markets = await self._listed(self.adapter.market_types)
        if self.adapter.spot_types and not _covers(markets, wanted):
            markets = await self._listed((*self.adapter.spot_types, *self.adapter.market_types))
        kept = [market for asset in wanted if (market := _market_of(markets, asset))]
        self._client.markets_loading = None
        self._client.set_markets(kept)
        self.instruments = tuple(_instrument(self.name, market) for market in kept)

    async def call(self, method: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401
        """Return the answer of one of ccxt's own methods; OutsideError names host and reason."""
        return await retries(TransientError)(self._ask, method, *arguments, **named)

    async def _listed(self, market_types: tuple[str, ...]) -> dict[str, Any]:
        self._client.options["fetchMarkets"] = {"types": list(market_types)}
        self._client.markets_loading = None
        markets: dict[str, Any] = await self.call("load_markets", reload=True)
        self.is_reached = True
        return {
            symbol: market for symbol, market in markets.items() if self.adapter.is_crypto(market)
        }

    async def _ask(self, method: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401
        self._refuse_while_paused()
        if (limiter := self._limiters.get(method)) is not None:
            await limiter.acquire()
        self.request_count += 1
        try:
            return await getattr(self._client, method)(*arguments, **named)
        except Exception as error:
            # ccxt lets any error that a bad answer causes through: the door translates them all.
            raise self._translated(error) from error

    def _refuse_while_paused(self) -> None:
        if self._pause_until is None or not self._is_paused():
            return
        until = format_time(self._pause_until.replace(microsecond=0))
        place = f"{self.name} ({self.adapter.host})"
        raise SlowDownError(f"{place}: asked us to slow down, not asked again before {until}")

    def _is_paused(self) -> bool:
        return self._pause_until is not None and self.clock.now() < self._pause_until

    def _pause(self, headers: Mapping[str, str] | None) -> None:
        """Ask nothing of this exchange for as long as it says."""
        self._pause_until = self.clock.now() + (retry_after(headers) or DEFAULT_PAUSE)

    def _checking(self, handle_errors: HandleErrors) -> HandleErrors:
        """Return ccxt's own check of an answer with the two that it lacks.

        The headers are at hand only here: `last_response_headers` may be another request's already.
        """

        def handle(*answer: Any) -> None:  # noqa: ANN401 - as ccxt hands it on
            code, _, url, method, headers, _, parsed, *_ = answer
            if code in SLOW_DOWN_STATUS:
                self._pause(headers)
            handle_errors(*answer)
            if code < 400 and parsed is None:
                raise ccxt.BadResponse(f"{method} {url} the answer is not JSON")

        return handle

    def _translated(self, error: Exception) -> OutsideError:
        place = f"{self.name} ({host_in(str(error)) or self.adapter.host})"
        if isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded):
            if not self._is_paused():
                self._pause(None)
            until = self._pause_until or self.clock.now()
            seconds = round((until - self.clock.now()).total_seconds())
            return SlowDownError(f"{place}: asked us to slow down, pausing for {seconds} s")
        kind = OutsideError if _is_lasting(error) else TransientError
        return kind(f"{place}: {_reason(error)}")


@asynccontextmanager
async def open_exchanges(
    adapters: Iterable[Adapter],
    outside: Outside,
    clock: Clock,
    answer_seconds: float = ANSWER_SECONDS,
) -> AsyncIterator[list[Exchange]]:
    """Open exchanges, the real hosts or the sandbox's, on `clock`; all are closed in the end."""
    clients: list[Any] = []
    exchanges = []
    try:
        for adapter in adapters:
            clients.append(_client(adapter, outside, clock, answer_seconds))
            exchanges.append(Exchange(adapter, clients[-1], clock))
        yield exchanges
    finally:
        await asyncio.shield(asyncio.gather(*(client.close() for client in clients)))


def _client(adapter: Adapter, outside: Outside, clock: Clock, answer_seconds: float) -> Any:  # noqa: ANN401 - ccxt
    client = getattr(ccxt, adapter.ccxt_class)(
        {
            "enableRateLimit": True,
            "rateLimit": adapter.weight_milliseconds,
            "rateLimiterAlgorithm": "rollingWindow",
            "timeout": int(answer_seconds * 1000),
            "options": {"maxRetriesOnFailure": 0, **adapter.options},
        }
    )
    client.urls["api"] = outside.urls(client.urls["api"])
    client.milliseconds = clock.now_ms
    client.seconds = lambda: clock.now_ms() // 1000
    client.has["fetchCurrencies"] = False  # 5 MB of coins' networks that nothing here needs
    client.enableLastHttpResponse = False
    if outside.is_loopback:
        client.timeout_on_exit = 0  # ccxt waits for TLS to end, and there is none
    return client


def _covers(markets: dict[str, Any], assets: Iterable[str]) -> bool:
    return all(perpetual_symbol(asset) in markets for asset in assets)


def _market_of(markets: dict[str, Any], asset: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = markets.get(perpetual_symbol(asset)) or markets.get(
        spot_symbol(asset)
    )
    return found


def _instrument(exchange: str, market: dict[str, Any]) -> Instrument:
    return Instrument(exchange, market["symbol"], float(market["contractSize"] or 1.0))


def _is_lasting(error: Exception) -> bool:
    return isinstance(error, ccxt.ExchangeError)


def _reason(error: Exception) -> str:
    if isinstance(error, ccxt.RequestTimeout):
        return "no answer in time"
    if isinstance(error, ccxt.BaseError):
        return one_line(error)
    return f"unreadable answer ({one_line(error)})"

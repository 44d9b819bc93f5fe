"""What an exchange must tell about itself; one subclass for each, in `exchanges/`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from bot.collectors.records import Batch, Statistics
from bot.model.instruments import Instrument
from bot.model.series import Candle, FundingRate, OpenInterest, Series, Ticker

if TYPE_CHECKING:
    from bot.collectors.exchange import Exchange


class Pace(NamedTuple):
    """A budget that ccxt does not know: these methods together, so many requests in a time.

    The most that fits into any span of s seconds is `requests` × (1 + s / `seconds`).
    """

    methods: frozenset[str]
    requests: float
    seconds: float


class Adapter:
    """How one exchange is asked, and how its answers become records.

    `weight_milliseconds` is the mean time between requests of weight 1; bursts may use a whole
    window's budget. `serves` names the series; a method is called only for a series that is served.
    Every method raises OutsideError when the exchange fails, and returns what it refused beside
    what it took.
    """

    name: ClassVar[str]
    host: ClassVar[str]
    ccxt_class: ClassVar[str]
    weight_milliseconds: ClassVar[float]
    options: ClassVar[Mapping[str, Any]] = {}
    market_types: ClassVar[tuple[str, ...]]
    spot_types: ClassVar[tuple[str, ...]] = ()
    paces: ClassVar[tuple[Pace, ...]] = ()
    serves: ClassVar[frozenset[Series]]

    def is_crypto(self, market: Mapping[str, Any]) -> bool:
        """Return True for an active crypto market, which stocks and indices are not."""
        return bool(market.get("active", True))

    async def tickers(
        self, exchange: "Exchange", instruments: Sequence[Instrument]
    ) -> Batch[Ticker]:
        """Return the last and mark prices of `instruments`."""
        raise NotImplementedError

    async def candles(
        self,
        exchange: "Exchange",
        instrument: Instrument,
        timeframe: str,
        start: datetime,
        end: datetime,
    ) -> Batch[Candle]:
        """Return the closed bars whose `open_time` lies in [start, end)."""
        raise NotImplementedError

    async def open_interest_history(
        self,
        exchange: "Exchange",
        instrument: Instrument,
        start: datetime,
        end: datetime,
        prices: Mapping[datetime, float],
    ) -> Batch[OpenInterest]:
        """Return the hourly values in [start, end]; `prices` are closes by the bar's end."""
        raise NotImplementedError

    async def open_interest_now(
        self, exchange: "Exchange", instruments: Sequence[Instrument], tickers: Mapping[str, Ticker]
    ) -> Batch[OpenInterest]:
        """Return the present values; `tickers` are the newest by symbol."""
        raise NotImplementedError

    async def funding(
        self, exchange: "Exchange", instrument: Instrument, start: datetime
    ) -> Batch[FundingRate]:
        """Return the settled payments since `start`, never the coming one."""
        raise NotImplementedError

    async def statistics(
        self, exchange: "Exchange", instrument: Instrument, start: datetime, end: datetime
    ) -> Statistics:
        """Return liquidations, with open interest if it comes along, of hours in [start, end)."""
        raise NotImplementedError

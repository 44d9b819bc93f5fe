"""What can be traded where: an instrument is one symbol on one exchange."""

from enum import StrEnum

from msgspec import Struct

EXCHANGES = ("binance", "gate")
"""Plain names of the exchanges that are built."""


class Market(StrEnum):
    """The kind of market a symbol belongs to."""

    PERPETUAL = "perpetual"
    SPOT = "spot"


class Instrument(Struct, frozen=True):
    """One market of one exchange; `symbol` as ccxt writes it, `contract_size` in `asset`."""

    exchange: str
    symbol: str
    contract_size: float = 1.0

    @property
    def asset(self) -> str:
        """The base currency, such as BTC."""
        return asset_of(self.symbol)

    @property
    def market(self) -> Market:
        """Perpetual for symbols with a settlement currency, else spot."""
        return market_of(self.symbol)


def asset_of(symbol: str) -> str:
    """Return the base currency of a ccxt symbol: BTC for `BTC/USDT:USDT`."""
    return symbol.partition("/")[0]


def market_of(symbol: str) -> Market:
    """Return the kind of market of a ccxt symbol: perpetual when it names a settlement currency."""
    return Market.PERPETUAL if ":" in symbol else Market.SPOT


def perpetual_symbol(asset: str) -> str:
    """Return the linear USDT perpetual of `asset`: `BTC/USDT:USDT`."""
    return f"{asset}/USDT:USDT"


def spot_symbol(asset: str) -> str:
    """Return the USDT spot market of `asset`: `BTC/USDT`."""
    return f"{asset}/USDT"

"""Gate's wire shapes: contracts, tickers, candles and statistics; times in seconds."""

import math
from typing import Any

from sandbox.episodes.episode import Bar, Liquidations, Listing, OpenInterest
from sandbox.exchanges.market import KnownMarket, price_digits, tick
from sandbox.exchanges.serving import ApiError

_MULTIPLIERS = {"BTC": 0.0001, "ETH": 0.01, "SOL": 1.0, "XRP": 10.0, "BNB": 0.001, "DOGE": 10.0}
_FUNDING_SECONDS = 28_800
_CREATED_SECONDS = 1_574_035_200


def error(label: str, message: str) -> ApiError:
    """Return Gate's form of an error."""
    return ApiError(400, {"label": label, "message": message})


def contract_name(listing: Listing) -> str:
    """Return Gate's name of a contract, `BTC_USDT`."""
    return f"{listing.base}_{listing.quote}"


def multiplier(listing: Listing) -> float:
    """Return the coins in one contract."""
    return _MULTIPLIERS.get(listing.base, 1.0)


def contracts_of(listing: Listing, coins: float | None) -> int:
    """Return the whole contracts that make up `coins`, 0 where those are not known."""
    return 0 if coins is None else round(coins / multiplier(listing))


def contract(market: KnownMarket, listing: Listing) -> dict[str, Any]:
    """Return the description of a contract, with its prices and funding as of now."""
    price = _price(listing, market.price(listing))
    rate = f"{market.funding_rate(listing):.8f}"
    known = market.open_interest(listing)
    return {
        "name": contract_name(listing),
        "type": "direct",
        "quanto_multiplier": f"{multiplier(listing):g}",
        "status": "trading",
        "in_delisting": False,
        "last_price": price,
        "mark_price": price,
        "index_price": price,
        "mark_type": "index",
        "mark_price_round": tick(listing.base),
        "order_price_round": tick(listing.base),
        "order_price_deviate": "0.5",
        "order_size_min": 1,
        "order_size_max": 1_000_000,
        "enable_decimal": False,
        "funding_rate": rate,
        "funding_rate_indicative": rate,
        "funding_interval": _FUNDING_SECONDS,
        "funding_next_apply": market.next_funding_ms() // 1000,
        "interest_rate": "0.0003",
        "leverage_min": "1",
        "leverage_max": "100",
        "maintenance_rate": "0.005",
        "maker_fee_rate": "-0.0001",
        "taker_fee_rate": "0.00075",
        "position_size": contracts_of(listing, known[-1].open_interest_base) if known else 0,
        "create_time": _CREATED_SECONDS,
    }


def ticker(market: KnownMarket, listing: Listing) -> dict[str, Any]:
    """Return one row of `tickers`."""
    day = market.day(listing)
    price = _price(listing, day.last)
    known = market.open_interest(listing)
    contracts = contracts_of(listing, known[-1].open_interest_base) if known else 0
    rate = f"{market.funding_rate(listing):.8f}"
    return {
        "contract": contract_name(listing),
        "last": price,
        "low_24h": _price(listing, day.low),
        "high_24h": _price(listing, day.high),
        "change_percentage": f"{100 * day.change:.2f}",
        "total_size": str(contracts),
        "volume_24h": str(contracts_of(listing, day.volume)),
        "volume_24h_base": f"{day.volume:.3f}",
        "volume_24h_quote": f"{day.turnover:.2f}",
        "volume_24h_settle": f"{day.turnover:.2f}",
        "mark_price": price,
        "index_price": price,
        "funding_rate": rate,
        "funding_rate_indicative": rate,
        "highest_bid": price,
        "lowest_ask": price,
        "quanto_multiplier": f"{multiplier(listing):g}",
    }


def candlestick(listing: Listing, bar: Bar) -> dict[str, Any]:
    """Return one row of `candlesticks`: volume in contracts, `sum` in quote currency."""
    return {
        "t": bar.start_ms // 1000,
        "o": _price(listing, bar.open),
        "h": _price(listing, bar.high),
        "l": _price(listing, bar.low),
        "c": _price(listing, bar.close),
        "v": contracts_of(listing, bar.volume),
        "sum": f"{bar.volume * (bar.high + bar.low) / 2:.4f}",
    }


def statistics(
    listing: Listing, bar: Bar, value: OpenInterest | None, forced: list[Liquidations]
) -> dict[str, Any]:
    """Return one row of `contract_stats`; without ratios of accounts: no episode knows them."""
    long_base = _total([row.long_base for row in forced])
    short_base = _total([row.short_base for row in forced])
    return {
        "time": bar.start_ms // 1000,
        "mark_price": _price(listing, bar.close),
        "open_interest": None if value is None else contracts_of(listing, value.open_interest_base),
        "open_interest_usd": None if value is None else value.open_interest_notional,
        "long_liq_size": contracts_of(listing, long_base),
        "long_liq_amount": round(long_base, 8),
        "long_liq_usd": round(_total([row.long_notional for row in forced]), 2),
        "short_liq_size": contracts_of(listing, short_base),
        "short_liq_amount": round(short_base, 8),
        "short_liq_usd": round(_total([row.short_notional for row in forced]), 2),
    }


def _total(values: list[float | None]) -> float:
    # Gate has no word for unknown: it shows what it counted.
    return math.fsum(value for value in values if value is not None)


def _price(listing: Listing, price: float) -> str:
    return f"{price:.{price_digits(listing.base)}f}"

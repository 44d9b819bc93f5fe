"""Binance's wire shapes: rows and errors as its public REST answers write them."""

from typing import Any

from sandbox.episodes.episode import DAY_MS, Bar, Funding, Listing, OpenInterest
from sandbox.exchanges.binance_contracts import market_id
from sandbox.exchanges.market import Day, price_digits
from sandbox.exchanges.serving import ApiError


def error_body(code: int, message: str) -> dict[str, Any]:
    """Return Binance's form of an error."""
    return {"code": code, "msg": message}


def missing(name: str) -> ApiError:
    """Return the error for a parameter that was not sent."""
    text = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return ApiError(400, error_body(-1102, text))


def malformed(name: str) -> ApiError:
    """Return the error for a parameter that is not valid."""
    return ApiError(400, error_body(-1130, f"parameter '{name}' is invalid."))


def price_text(listing: Listing, price: float) -> str:
    """Return a price with the decimals of its market."""
    return f"{price:.{price_digits(listing.base)}f}"


def ticker(listing: Listing, day: Day, now_ms: int) -> dict[str, Any]:
    """Return one row of `ticker/24hr`."""
    return day_row(market_id(listing), listing.base, day, now_ms)


def day_row(name: str, base: str, day: Day, now_ms: int) -> dict[str, Any]:
    """Return one row of `ticker/24hr` for any name."""
    digits = price_digits(base)
    return {
        "symbol": name,
        "priceChange": f"{day.last - day.open:.{digits}f}",
        "priceChangePercent": f"{100 * day.change:.3f}",
        "weightedAvgPrice": f"{day.turnover / day.volume if day.volume else day.last:.{digits}f}",
        "lastPrice": f"{day.last:.{digits}f}",
        "lastQty": "0.001",
        "openPrice": f"{day.open:.{digits}f}",
        "highPrice": f"{day.high:.{digits}f}",
        "lowPrice": f"{day.low:.{digits}f}",
        "volume": f"{day.volume:.3f}",
        "quoteVolume": f"{day.turnover:.2f}",
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": 1,
        "lastId": 1,
        "count": 1,
    }


def kline(listing: Listing, bar: Bar, interval_ms: int) -> list[Any]:
    """Return one row of `klines`."""
    turnover = bar.volume * (bar.high + bar.low) / 2
    return [
        bar.start_ms,
        *(price_text(listing, price) for price in (bar.open, bar.high, bar.low, bar.close)),
        f"{bar.volume:.3f}",
        bar.start_ms + interval_ms - 1,
        f"{turnover:.5f}",
        1,
        f"{bar.volume / 2:.3f}",
        f"{turnover / 2:.5f}",
        "0",
    ]


def open_interest_row(listing: Listing, row: OpenInterest) -> dict[str, Any]:
    """Return one row of `openInterestHist`; the stamp is the moment of the value."""
    base, notional = row.open_interest_base, row.open_interest_notional
    return {
        "symbol": market_id(listing),
        "sumOpenInterest": None if base is None else f"{base:.8f}",
        "sumOpenInterestValue": None if notional is None else f"{notional:.8f}",
        "timestamp": row.known_ms,
    }


def funding_row(listing: Listing, row: Funding) -> dict[str, Any]:
    """Return one row of `fundingRate`."""
    return {
        "symbol": market_id(listing),
        "fundingTime": row.settled_ms,
        "fundingRate": f"{row.funding_rate:.8f}",
        "markPrice": "",
    }

"""What Binance lists: its own descriptions of markets, with the odd ones that a real list holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clock import from_ms, to_ms
from sandbox.episodes.episode import Listing
from sandbox.exchanges.market import KnownMarket, price_digits, tick

_PERPETUAL_UNTIL_MS = 4_133_404_800_000
_ONBOARDED_MS = 1_569_398_400_000
_GOLD = "XAU"
_GOLD_PRICE = 4_031.5
# A quarter's contract trades a little above the perpetual.
_QUARTER_PREMIUM = 1.004


def market_id(listing: Listing) -> str:
    """Return Binance's name of a market, `BTCUSDT`."""
    return f"{listing.base}{listing.quote}"


def futures_symbols(market: KnownMarket) -> list[dict[str, Any]]:
    """Return the USD-M contracts: the episode's, a share-like one and a dated one."""
    listings = market.listings(perpetual=True)
    contracts = [_contract(listing.base, market_id(listing), "PERPETUAL") for listing in listings]
    if contracts:
        contracts.append(_contract(_GOLD, "XAUUSDT", "TRADIFI_PERPETUAL"))
        delivery = quarter_end(market.now_ms())
        dated = _contract("BTC", quarterly_id(market.now_ms()), "CURRENT_QUARTER")
        contracts.append(dated | {"pair": "BTCUSDT", "deliveryDate": to_ms(delivery)})
    return contracts


def odd_prices(market: KnownMarket) -> dict[str, float]:
    """Return the last prices of the contracts that are no part of the episode."""
    bitcoin = [item for item in market.listings(perpetual=True) if item.base == "BTC"]
    if not bitcoin:
        return {}
    dated = round(market.price(bitcoin[0]) * _QUARTER_PREMIUM, 1)
    return {"XAUUSDT": _GOLD_PRICE, quarterly_id(market.now_ms()): dated}


def quarterly_id(now_ms: int) -> str:
    """Return the name of the dated contract, `BTCUSDT_260327`."""
    return f"BTCUSDT_{quarter_end(now_ms):%y%m%d}"


def quarter_end(now_ms: int) -> datetime:
    """Return the next last Friday of a quarter, 08:00 UTC."""
    now = from_ms(now_ms)
    for months in range(now.year * 12 + now.month - 1, now.year * 12 + now.month + 6):
        year, month = divmod(months, 12)
        if (month + 1) % 3:
            continue
        after = datetime(year + month // 11, (month + 1) % 12 + 1, 1, 8, tzinfo=UTC)
        last_day = after - timedelta(days=1)
        friday = last_day - timedelta(days=(last_day.weekday() - 4) % 7)
        if friday > now:
            return friday
    raise AssertionError("half a year holds a quarter's end")


def spot_symbols(market: KnownMarket) -> list[dict[str, Any]]:
    """Return the spot markets of the episode."""
    return [_spot(listing) for listing in market.listings(perpetual=False)]


def _contract(base: str, name: str, kind: str) -> dict[str, Any]:
    return {
        "symbol": name,
        "pair": name,
        "contractType": kind,
        "deliveryDate": _PERPETUAL_UNTIL_MS,
        "onboardDate": _ONBOARDED_MS,
        "status": "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": price_digits(base),
        "quantityPrecision": 3,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN" if base != _GOLD else "COMMODITY",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": [
            _price_filter(base),
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "100000", "stepSize": "0.001"},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _spot(listing: Listing) -> dict[str, Any]:
    return {
        "symbol": market_id(listing),
        "status": "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [
            _price_filter(listing.base),
            {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "100000", "stepSize": "0.001"},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
    }


def _price_filter(base: str) -> dict[str, str]:
    return {
        "filterType": "PRICE_FILTER",
        "minPrice": tick(base),
        "maxPrice": "10000000",
        "tickSize": tick(base),
    }

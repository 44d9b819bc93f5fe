"""Assets by ticker, the names people use for them, and the nearest known ones to a misspelling."""

from collections.abc import Iterable
from difflib import get_close_matches

ASSET_NAMES: dict[str, tuple[str, ...]] = {
    "BTC": ("bitcoin", "xbt"),
    "ETH": ("ethereum", "ether"),
    "SOL": ("solana",),
    "XRP": ("ripple",),
    "BNB": ("binance coin", "bnb chain"),
    "DOGE": ("dogecoin",),
    "ADA": ("cardano",),
    "AVAX": ("avalanche",),
    "LINK": ("chainlink",),
    "LTC": ("litecoin",),
}


def find_asset(text: str, known: Iterable[str]) -> str | None:
    """Return the ticker among `known` that `text` names (ticker or common name), else None."""
    wanted = text.strip().lstrip("$").casefold()
    return next((asset for asset in known if wanted in _spellings(asset)), None)


def nearest_assets(text: str, known: Iterable[str]) -> list[str]:
    """Return up to three tickers among `known` nearest to `text`; all of them when none is near."""
    tickers = list(known)
    by_spelling = {spelling: asset for asset in tickers for spelling in _spellings(asset)}
    matches = get_close_matches(text.strip().casefold(), by_spelling, n=6, cutoff=0.5)
    near = list(dict.fromkeys(by_spelling[match] for match in matches))
    return near[:3] or tickers


def _spellings(asset: str) -> tuple[str, ...]:
    return (asset.casefold(), *ASSET_NAMES.get(asset, ()))

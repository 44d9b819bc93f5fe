"""Assets by their names, and the nearest ones to a misspelling."""

import pytest

from bot.model.assets import find_asset, nearest_assets

KNOWN = ("BTC", "ETH", "SOL", "XRP", "BNB")


@pytest.mark.parametrize(
    ("text", "asset"),
    [
        ("BTC", "BTC"),
        (" btc ", "BTC"),
        ("$eth", "ETH"),
        ("Bitcoin", "BTC"),
        ("xbt", "BTC"),
        ("SOLANA", "SOL"),
        ("binance coin", "BNB"),
        ("doge", None),
        ("", None),
        ("$", None),
        ("BTC/USDT", None),
        ("ß", None),
    ],
)
def test_find(text, asset):
    assert find_asset(text, KNOWN) == asset


def test_an_asset_without_common_names_is_known_by_its_ticker():
    assert find_asset("pepe", ["PEPE"]) == "PEPE"
    assert find_asset("dogecoin", ["DOGE"]) == "DOGE"


@pytest.mark.parametrize(
    ("text", "first"),
    [("BTX", "BTC"), ("etherum", "ETH"), ("solan", "SOL"), ("riple", "XRP"), ("bitcon", "BTC")],
)
def test_the_nearest_comes_first(text, first):
    found = nearest_assets(text, KNOWN)
    assert found[0] == first
    assert 1 <= len(found) <= 3
    assert len(set(found)) == len(found)


def test_without_a_near_one_all_are_named():
    assert nearest_assets("qqqqqqqq", KNOWN) == list(KNOWN)
    assert nearest_assets("", KNOWN) == list(KNOWN)
    assert nearest_assets("x", []) == []

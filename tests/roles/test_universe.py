import pytest

from bot.roles.collector import universe
from bot.settings import Settings


@pytest.mark.parametrize(
    ("assets", "altcoins", "expected"),
    [
        ("", "", (("BTC", "ETH", "SOL", "XRP", "BNB"), ("ETH", "SOL", "XRP", "BNB"))),
        ("BTC,DOGE", "", (("BTC", "DOGE"), ("DOGE",))),
        ("BTC,ETH", "ADA", (("BTC", "ETH", "ADA"), ("ADA",))),
        ("BTC,ETH", "ETH,ADA", (("BTC", "ETH", "ADA"), ("ETH", "ADA"))),
        ("BTC", "", (("BTC",), ())),
    ],
)
def test_the_altcoins_are_every_asset_but_btc_unless_they_are_named(
    monkeypatch, tmp_path, assets, altcoins, expected
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNDERTOW_ASSETS", assets)
    monkeypatch.setenv("UNDERTOW_ALTCOINS", altcoins)
    about = universe(Settings.read())
    assert (about.assets, about.altcoins) == expected
    assert about.exchanges == ("binance", "gate")

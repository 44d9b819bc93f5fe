"""Outgoing URLs: themselves, or their place on loopback, and no other host stands in for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NoExchangeError, OutsideError, SettingsError
from bot.outside import Outside, loopback_base, retries, rewrite

BASE = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("https://discord.com/api/v10/users/@me", f"{BASE}/discord.com/api/v10/users/@me"),
        (
            "https://fapi.binance.com/v1/klines?a=1&b=2",
            f"{BASE}/fapi.binance.com/v1/klines?a=1&b=2",
        ),
        ("wss://fstream.binance.com/ws", "ws://127.0.0.1:8000/fstream.binance.com/ws"),
        ("ws://a.b:99/x", "ws://127.0.0.1:8000/a.b:99/x"),
        ("http://host", f"{BASE}/host"),
        (f"{BASE}/already/there", f"{BASE}/already/there"),
    ],
)
def test_rewriting(url, there):
    outside = Outside(BASE)
    assert outside.is_loopback
    assert outside.url(url) == there
    assert outside.url(outside.url(url)) == there
    assert rewrite(url, "127.0.0.1:8000") == there
    assert Outside().url(url) == url


@given(
    st.sampled_from(["http", "https", "ws", "wss"]),
    st.from_regex(r"[a-z]{1,8}\.[a-z]{2,3}", fullmatch=True),
    st.from_regex(r"(/[a-z0-9{}]{1,5}){0,3}", fullmatch=True),
)
def test_nothing_leaves_for_another_host(scheme, host, path):
    there = Outside("http://localhost:1").url(f"{scheme}://{host}{path}")
    kind = "ws" if scheme.startswith("ws") else "http"
    assert there == f"{kind}://localhost:1/{host}{path}"


def test_urls_inside_of_settings():
    value = {"a": ["https://x.y/z", {"b": "wss://x.y"}], "c": 5, "d": "no url", "e": None}
    assert Outside(BASE).urls(value) == {
        "a": [f"{BASE}/x.y/z", {"b": "ws://127.0.0.1:8000/x.y"}],
        "c": 5,
        "d": "no url",
        "e": None,
    }
    assert Outside().urls(value) == value
    assert not Outside().is_loopback


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (BASE, "127.0.0.1:8000"),
        (f"{BASE}/", "127.0.0.1:8000"),
        ("http://localhost:80", "localhost:80"),
        ("http://[::1]:80", "[::1]:80"),
        ("http://127.9.9.9:80", "127.9.9.9:80"),
    ],
)
def test_loopback_addresses(url, base):
    assert loopback_base(url) == base


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:80",
        "http://example.com:80",
        "http://127.0.0.1.example.com:80",
        "http://127.0.0.1:80@example.com:81",
        "http://localhost.example.com:80",
        "http://[2001:db8::1]:80",
        "http://0.0.0.0:80",
        "http://user@127.0.0.1:80",
        "http://:80",
        "https://127.0.0.1:80",
        "ws://127.0.0.1:80",
        "127.0.0.1:80",
        "http://127.0.0.1",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80/path",
        "http://127.0.0.1:80?a=b",
        "http://[::1",
        "",
    ],
)
def test_any_other_host_or_form_is_refused_in_one_line(url):
    with pytest.raises(SettingsError, match=r"^UNDERTOW_LOOPBACK_URL: ") as caught:
        Outside(url)
    assert "\n" not in str(caught.value)


async def test_retries_are_for_errors_of_the_outside():
    calls = []

    async def fail(error):
        calls.append(error)
        raise error

    for error, times in ((OutsideError("x"), 2), (NoExchangeError("x"), 2), (KeyError("x"), 1)):
        calls.clear()
        with pytest.raises(type(error)):
            await retries()(fail, error)
        assert len(calls) == times

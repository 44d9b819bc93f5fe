"""Logging in: what is refused as a token, and what is a fault of another kind."""

from typing import Any

import discord
import pytest

from bot.client import Undertow, log_in
from bot.errors import TokenError

UNTOUCHED: Any = object()


@pytest.fixture
async def client():
    async with Undertow(UNTOUCHED, UNTOUCHED, ("BTC",), None) as made:
        yield made


@pytest.mark.parametrize("token", ["a\nb.c.d", "a\x00b.c.d", "é.b.c", "\ud800.b.c"])
async def test_what_cannot_stand_in_a_header_is_refused_before_anybody_is_asked(client, token):
    with pytest.raises(TokenError, match="DISCORD_TOKEN: Discord refuses this token"):
        await log_in(client, token)


async def test_a_token_that_discord_refuses(client, monkeypatch):
    async def refuse(token):
        raise discord.LoginFailure(token)

    monkeypatch.setattr(client, "login", refuse)
    with pytest.raises(TokenError) as caught:
        await log_in(client, "a.b.c")
    assert "a.b.c" not in str(caught.value)


async def test_a_fault_while_starting_is_not_blamed_on_the_token(client, monkeypatch):
    async def break_off(token):
        raise ValueError(f"a cog that is at fault, {token} is not")

    monkeypatch.setattr(client, "login", break_off)
    with pytest.raises(ValueError, match=r"at fault, a\.b\.c is not"):
        await log_in(client, " a.b.c\n")

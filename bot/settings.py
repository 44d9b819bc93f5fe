"""Every setting, read once from the environment or `.env`; nothing else reads the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import unquote

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.clock import Clock, parse_time
from bot.errors import SettingsError
from bot.model.instruments import EXCHANGES

_ASSET = re.compile(r"[A-Z0-9]{2,12}")
_SHARDS = re.compile(r"(?:(?P<first>\d+)-(?P<last>\d+)/)?(?P<count>[1-9]\d*)")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_PREFIX = "UNDERTOW_"


class Role(StrEnum):
    """What a process does: collects and computes, answers on Discord, or starts both."""

    ALL = "all"
    COLLECTOR = "collector"
    GATEWAY = "gateway"


@dataclass(frozen=True)
class Shards:
    """The shards of this process, `first` to `last`, of `count` over all processes."""

    first: int
    last: int
    count: int

    @property
    def ids(self) -> list[int]:
        """The ids of this process's shards."""
        return list(range(self.first, self.last + 1))


class Settings(BaseSettings):
    """The settings by their names in the environment; frozen, and complete with defaults."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    token: SecretStr | None = Field(None, alias="DISCORD_TOKEN")
    database_url: str = Field("sqlite+aiosqlite:///undertow.db", alias="DATABASE_URL")
    exchanges: Annotated[tuple[str, ...], NoDecode] = Field(EXCHANGES, alias="UNDERTOW_EXCHANGES")
    assets: Annotated[tuple[str, ...], NoDecode] = Field(
        ("BTC", "ETH", "SOL", "XRP", "BNB"), alias="UNDERTOW_ASSETS"
    )
    altcoins: Annotated[tuple[str, ...], NoDecode] = Field((), alias="UNDERTOW_ALTCOINS")
    role: Role = Field(Role.ALL, alias="UNDERTOW_ROLE")
    shards: Annotated[Shards | None, NoDecode] = Field(None, alias="UNDERTOW_SHARDS")
    log_level: str = Field("INFO", alias="UNDERTOW_LOG_LEVEL")
    metrics_port: int | None = Field(None, alias="UNDERTOW_METRICS_PORT", ge=1, le=65_534)
    loopback_url: str | None = Field(None, alias="UNDERTOW_LOOPBACK_URL")
    clock_start: Annotated[datetime | None, NoDecode] = Field(None, alias="UNDERTOW_CLOCK_START")
    clock_anchor: str | None = Field(None, alias="UNDERTOW_CLOCK_ANCHOR")

    @field_validator("exchanges", mode="before")
    @classmethod
    def _exchanges(cls, value: object) -> object:
        names = _listed(value, str.casefold)
        for name in names:
            if name not in EXCHANGES:
                raise ValueError(f"unknown exchange {name!r}; accepted: {', '.join(EXCHANGES)}")
        return names

    @field_validator("assets", "altcoins", mode="before")
    @classmethod
    def _assets(cls, value: object) -> object:
        tickers = _listed(value, str.upper)
        for ticker in tickers:
            if not _ASSET.fullmatch(ticker):
                raise ValueError(f"{ticker!r} is no ticker; accepted: tickers such as BTC,ETH")
        return tickers

    @field_validator("exchanges", "assets")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("at least one name is needed")
        return value

    @field_validator("shards", mode="before")
    @classmethod
    def _shards(cls, value: object) -> object:
        match = _SHARDS.fullmatch(str(value))
        wanted = "accepted: a count such as 4, or a part of it such as 0-1/4"
        if match is None:
            raise ValueError(f"{value!r}; {wanted}")
        count = int(match["count"])
        first = int(match["first"] or 0)
        last = count - 1 if match["last"] is None else int(match["last"])
        if not first <= last < count:
            raise ValueError(f"{value!r}; {wanted}")
        return Shards(first, last, count)

    @field_validator("log_level", mode="before")
    @classmethod
    def _log_level(cls, value: object) -> object:
        level = str(value).upper()
        if level not in _LOG_LEVELS:
            raise ValueError(f"{value!r}; accepted: {', '.join(_LOG_LEVELS)}")
        return level

    @field_validator("clock_start", mode="before")
    @classmethod
    def _clock_start(cls, value: object) -> object:
        try:
            return parse_time(str(value))
        except ValueError as error:
            raise ValueError(f"{value!r}; accepted: a time such as 2024-08-05T12:00:00Z") from error

    @field_validator("clock_anchor")
    @classmethod
    def _clock_anchor(cls, value: str | None) -> str | None:
        if value is not None:
            Clock.from_anchor(value)
        return value

    @classmethod
    def read(cls, **overrides: Any) -> Self:  # noqa: ANN401 - any setting, by its field's alias
        """Return the settings; SettingsError with one line that names the wrong one."""
        _refuse_unknown(os.environ)
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError(_line(error)) from None

    @property
    def all_assets(self) -> tuple[str, ...]:
        """Every asset that reports are about, each once: the assets, then the altcoins."""
        return tuple(dict.fromkeys((*self.assets, *self.altcoins)))

    def clock(self) -> Clock:
        """Return the clock: an anchor from the parent process wins over a start of its own."""
        if self.clock_anchor is not None:
            return Clock.from_anchor(self.clock_anchor)
        return Clock.starting_at(self.clock_start)

    def child_environment(self, role: Role, clock: Clock) -> dict[str, str]:
        """Return the environment for a child process in `role` that goes on with `clock`."""
        environment = {k: v for k, v in os.environ.items() if k != f"{_PREFIX}CLOCK_START"}
        environment[f"{_PREFIX}ROLE"] = role.value
        if clock.is_shifted:
            environment[f"{_PREFIX}CLOCK_ANCHOR"] = clock.anchor()
        return environment

    def metrics_port_of(self, role: Role) -> int | None:
        """Return where the metrics of a role are served: the collector's one port higher."""
        if self.metrics_port is None:
            return None
        return self.metrics_port + (role is Role.COLLECTOR)

    def secrets(self) -> list[str]:
        """Return what must never be shown: the token, and the database's password if it has one."""
        token = "" if self.token is None else self.token.get_secret_value()
        found = [token, *_passwords(self.database_url)]
        return [secret for secret in found if secret]

    def required_token(self) -> str:
        """Return the Discord token; SettingsError when there is none."""
        if self.token is None:
            raise SettingsError("DISCORD_TOKEN: missing; put the bot's token into it or into .env")
        return self.token.get_secret_value()


def known_names() -> list[str]:
    """Return the name of every setting, in the order of `.env.example`."""
    return [field.alias for field in Settings.model_fields.values() if field.alias]


def _passwords(url: str) -> list[str]:
    """Return the passwords in a URL as written and unquoted; no URL is too malformed for it."""
    address, _, query = url.partition("?")
    found = re.findall(r"://[^:@/]*:(.+)@", address)
    found += re.findall(r"(?:^|&)password=([^&]+)", query)
    return list(dict.fromkeys([*found, *map(unquote, found)]))


def _listed(value: object, change: Any) -> tuple[str, ...]:  # noqa: ANN401 - a str method
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError(f"{value!r}; accepted: names with commas between")  # noqa: TRY004
    return tuple(dict.fromkeys(change(item.strip()) for item in items if item.strip()))


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = known_names()
    for name in environment:
        # Names are read in any case, so a misspelled one is refused in any case.
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            accepted = ", ".join(known)
            raise SettingsError(f"{name}: unknown setting; accepted: {accepted}")


def _line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]).upper()
    if first["type"] == "extra_forbidden":
        return f"{name}: unknown setting; accepted: {', '.join(known_names())}"
    reason = first["msg"].removeprefix("Value error, ").removeprefix(f"{name}: ")
    return f"{name}: {reason}"

"""What can go wrong at an exchange, in words: the host, and a reason on one line."""

import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.errors import OutsideError

_URL = re.compile(r"(?:https?|wss?)://\S+")
_LONGEST_REASON = 200
_LONGEST_PAUSE = timedelta(days=3)


class TransientError(OutsideError):
    """A failure that may pass by itself: worth one more try."""


class SlowDownError(OutsideError):
    """The exchange asked for fewer requests; nothing is asked of it until its pause is over."""


def host_in(text: str) -> str | None:
    """Return the host of the first URL in `text`, the real one when it goes through loopback."""
    match = _URL.search(text)
    if match is None:
        return None
    parts = urlsplit(match[0])
    first = parts.path.lstrip("/").partition("/")[0]
    return first if _is_loopback(parts.hostname) and "." in first else parts.hostname


def one_line(error: BaseException) -> str:
    """Return why `error` happened, from its cause if it has one, without URLs, on one line."""
    deepest = error.__cause__ or error
    return (_shortened(str(deepest)) or type(deepest).__name__)[:_LONGEST_REASON]


def retry_after(headers: Mapping[str, str] | None) -> timedelta | None:
    """Return the pause that `Retry-After` asks for, in seconds; None without a usable one."""
    by_name = {name.casefold(): value for name, value in (headers or {}).items()}
    text = by_name.get("retry-after", "").strip()
    if not text.isdecimal():
        return None
    return min(timedelta(seconds=max(int(text), 1)), _LONGEST_PAUSE)


def _shortened(text: str) -> str:
    return " ".join(_URL.sub("", text).split())


def _is_loopback(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"

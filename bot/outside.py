"""Every outgoing URL and HTTP session: loopback rewriting (pure) and the retry policy."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import stamina

from bot.errors import OutsideError, SettingsError

_WEBSOCKET_SCHEMES = frozenset({"ws", "wss"})


class Outside:
    """Where the outside world is: itself, or a sandbox on loopback that stands for every host."""

    def __init__(self, loopback_url: str | None = None) -> None:
        self._base = None if loopback_url is None else loopback_base(loopback_url)

    @property
    def is_loopback(self) -> bool:
        """True when every outgoing URL is rewritten to a sandbox."""
        return self._base is not None

    def url(self, url: str) -> str:
        """Return the URL to use for `scheme://host/path`: itself, or its place on loopback."""
        if self._base is None:
            return url
        return rewrite(url, self._base)

    def urls(self, value: object) -> object:
        """Return `value` with every URL in nested dicts and lists rewritten, the rest untouched."""
        if isinstance(value, dict):
            return {key: self.urls(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.urls(item) for item in value]
        return self.url(value) if isinstance(value, str) and "://" in value else value


def loopback_base(url: str) -> str:
    """Return `host:port` of a loopback http URL; SettingsError for any other host or form."""
    wrong = "UNDERTOW_LOOPBACK_URL: expected http://127.0.0.1:PORT"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{wrong}, got {url!r}") from error
    has_more = parts.path.strip("/") or parts.query or parts.username is not None
    if parts.scheme != "http" or port is None or has_more:
        raise SettingsError(f"{wrong}, got {url!r}")
    if not _is_loopback(parts.hostname or ""):
        raise SettingsError(f"UNDERTOW_LOOPBACK_URL: {parts.hostname} is not a loopback address")
    return parts.netloc


def rewrite(url: str, base: str) -> str:
    """Return `http://BASE/host/path` for `scheme://host/path` (`ws://` for websockets)."""
    parts = urlsplit(url)
    if parts.netloc == base:
        return url
    scheme = "ws" if parts.scheme in _WEBSOCKET_SCHEMES else "http"
    query = f"?{parts.query}" if parts.query else ""
    return f"{scheme}://{base}/{parts.netloc}{parts.path}{query}"


def retries(on: type[OutsideError] = OutsideError) -> stamina.BoundAsyncRetryingCaller:
    """Return the retry policy for outside reads: once more, jittered, on errors of `on` only."""
    return stamina.AsyncRetryingCaller(attempts=2, wait_initial=0.5, wait_max=5.0).on(on)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

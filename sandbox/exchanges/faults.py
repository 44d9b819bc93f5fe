"""Everything an exchange can do wrong, switchable while its server runs."""

import asyncio
import json
import math
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

_POLL_SECONDS = 0.02


class Fault(StrEnum):
    """One way of failing."""

    DOWN = "down"  # the connection is closed without an answer
    HUNG = "hung"  # no answer until the fault is cleared
    BANNED = "banned"  # 418 with Retry-After
    LIMITED = "limited"  # 429 with Retry-After
    BROKEN = "broken"  # 503
    HTML = "html"  # a maintenance page with status 200
    TRUNCATED = "truncated"  # JSON that stops half way, status 200
    NAN = "nan"  # every number that is no identifier or time is NaN


@dataclass
class Faults:
    """The switch of one server: `active` applies to paths that contain `path_part`."""

    active: Fault | None = None
    path_part: str = ""
    retry_after: int = 30

    def set(self, fault: Fault, *, path_part: str = "", retry_after: int = 30) -> None:
        """Fail from now on, everywhere or only where the path contains `path_part`."""
        self.active, self.path_part, self.retry_after = fault, path_part, retry_after

    def clear(self) -> None:
        """Answer truly from now on."""
        self.active = None

    def at(self, path: str) -> Fault | None:
        """Return the fault that applies to `path`."""
        return self.active if self.path_part in path else None

    async def refusal(self, request: web.Request) -> web.Response | None:
        """Return the answer that replaces the true one; None where there is nothing to refuse."""
        fault = self.at(request.path)
        if fault is Fault.DOWN:
            _hang_up(request)
            return web.Response()
        if fault is Fault.HUNG:
            await self._hang(request)
            return None
        if fault in (Fault.BANNED, Fault.LIMITED):
            status = 418 if fault is Fault.BANNED else 429
            body = {"code": -1003, "label": "TOO_MANY_REQUESTS", "msg": "Too many requests."}
            headers = {"Retry-After": str(self.retry_after)}
            return web.json_response(body, status=status, headers=headers)
        if fault is Fault.BROKEN:
            return web.Response(status=503, text="upstream connect error")
        if fault is Fault.HTML:
            page = "<html><body><h1>Under maintenance</h1></body></html>"
            return web.Response(text=page, content_type="text/html")
        return None

    def spoilt(self, path: str, value: object) -> str:
        """Return the JSON text of `value`, damaged where a fault says so."""
        fault = self.at(path)
        text = json.dumps(_without_numbers(value) if fault is Fault.NAN else value)
        return text[: len(text) // 2] if fault is Fault.TRUNCATED else text

    async def _hang(self, request: web.Request) -> None:
        # A closed transport sets no event, so it is polled.
        while self.at(request.path) is Fault.HUNG and _is_connected(request):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)


def _is_connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


def _without_numbers(value: object) -> object:
    """Return `value` with its decimal numbers as NaN; identifiers and times are integers."""
    if isinstance(value, dict):
        return {key: _without_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_numbers(item) for item in value]
    if isinstance(value, float):
        return math.nan
    return "NaN" if isinstance(value, str) and _is_decimal(value) else value


def _is_decimal(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "." in text

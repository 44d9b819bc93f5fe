"""What every exchange's server shares: routes under its host, parameters, errors, faults."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bot.clock import Clock
from sandbox.episodes.episode import Episode
from sandbox.exchanges.faults import Faults
from sandbox.exchanges.market import KnownMarket


class ApiError(Exception):
    """An answer in an exchange's own form of error."""

    def __init__(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(body)
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})


class Query:
    """The parameters of one request; `missing` and `malformed` make the exchange's own errors."""

    def __init__(
        self,
        values: Mapping[str, str],
        *,
        missing: Callable[[str], ApiError],
        malformed: Callable[[str], ApiError],
    ) -> None:
        self._values = values
        self._missing = missing
        self._malformed = malformed

    def text(self, name: str) -> str | None:
        """Return the parameter, None when it was not sent or is empty."""
        return self._values.get(name) or None

    def required(self, name: str) -> str:
        """Return the parameter; the exchange's error when it was not sent."""
        value = self.text(name)
        if value is None:
            raise self._missing(name)
        return value

    def integer(self, name: str) -> int | None:
        """Return the parameter as a whole number ≥ 0, None when it was not sent."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", value):
            raise self._malformed(name)
        return int(value)

    def limit(self, default: int, maximum: int) -> int:
        """Return the row limit; the exchange's error when it is not within 1 and `maximum`."""
        limit = self.integer("limit")
        if limit is None:
            return default
        if not 1 <= limit <= maximum:
            raise self._malformed("limit")
        return limit

    def choice(self, name: str, choices: Mapping[str, int], default: str | None = None) -> int:
        """Return what the parameter stands for; the exchange's error when it is not a choice."""
        value = self.text(name) or default
        if value is None:
            raise self._missing(name)
        if value not in choices:
            raise self._malformed(name)
        return choices[value]


Answer = Callable[[Query, Mapping[str, str]], Any]


class ExchangeServer:
    """One exchange on loopback: true answers from the episode as of the clock, or faults."""

    def __init__(self, episode: Episode, clock: Clock, exchange: str) -> None:
        self.market = KnownMarket(episode, clock, exchange)
        self.faults = Faults()
        self.requests: Counter[str] = Counter()

    def query(self, values: Mapping[str, str]) -> Query:
        """Return the parameters with this exchange's own errors."""
        raise NotImplementedError

    def headers(self, request: web.Request) -> Mapping[str, str]:
        """Return the headers that every answer carries; may refuse the request."""
        raise NotImplementedError

    def handler(self, answer: Answer) -> Callable[[web.Request], Any]:
        """Return an aiohttp handler that gives what `answer` returns as JSON."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.requests[request.path] += 1
            refusal = await self.faults.refusal(request)
            return refusal if refusal is not None else self._answered(request, answer)

        return handle

    def _answered(self, request: web.Request, answer: Answer) -> web.Response:
        headers: dict[str, str] = {}
        try:
            headers |= self.headers(request)
            value = answer(self.query(request.query), request.match_info)
        except ApiError as error:
            return web.json_response(
                error.body, status=error.status, headers=headers | error.headers
            )
        text = self.faults.spoilt(request.path, value)
        return web.Response(text=text, content_type="application/json", headers=headers)


def page(
    rows: list[Any], times: Callable[[Any], int], window: tuple[int | None, int | None], limit: int
) -> list[Any]:
    """Return `limit` rows of the window: the first from its start on, else the latest."""
    start, end = window
    rows = [
        row
        for row in rows
        if (start is None or times(row) >= start) and (end is None or times(row) <= end)
    ]
    return rows[:limit] if start is not None else rows[-limit:]

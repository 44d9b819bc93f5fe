"""The door of the REST interface: reads, authorises, validates, limits, records and answers."""

import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from zlib import crc32

from aiohttp import web

from sandbox.discord import errors
from sandbox.discord.calls import Call, Payload, Reply, RestRoute
from sandbox.discord.errors import DiscordError, Problem
from sandbox.discord.faults import Fault, Faults
from sandbox.discord.messages import Upload
from sandbox.discord.rate_limits import RateLimits, Spent
from sandbox.discord.reading import read_body
from sandbox.discord.records import RecordedRequest, Records
from sandbox.discord.schema import BodySchemas

PREFIX = "/discord.com/api/v10"
MAJOR_PARAMETERS = ("channel_id", "guild_id", "webhook_token", "interaction_token")
# Refusals that no problem in the body explains, but that a well-behaved bot never earns.
RULES_BY_CODE = {
    10062: "three_seconds",
    40005: "file_size",
    40060: "one_callback",
    40094: "user_install_follow_ups",
    50006: "empty_message",
    50027: "fifteen_minutes",
    50109: "invalid_json",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """Serves routes to bots that hold the token; what breaks a rule is recorded.

    When `strict`, what breaks a rule is refused as Discord would; otherwise it is let through.
    """

    def __init__(
        self,
        token: str,
        records: Records,
        faults: Faults,
        schemas: BodySchemas | None,
        strict: bool,
    ) -> None:
        self._authorization = f"Bot {token}"
        self._records = records
        self._faults = faults
        self._schemas = schemas
        self._strict = strict
        self.rate_limits = RateLimits()

    def mount(self, app: web.Application, routes: list[RestRoute]) -> None:
        """Add the routes, and after them the answer to every other path of the interface."""
        for route in routes:
            app.router.add_route(route.method, PREFIX + route.template, partial(self._serve, route))
        unknown = RestRoute("*", "{path}", _unknown, needs_token=False)
        app.router.add_route("*", PREFIX + "/{path:.*}", partial(self._serve, unknown))

    async def _serve(self, route: RestRoute, request: web.Request) -> web.StreamResponse:
        arrived_at = time.monotonic()
        body, files, refusal = await _read(request)
        if fault := self._faults.take(request.path):
            return self._broken(request, fault, body, arrived_at)
        spent = self._spend(route, request)
        call = _call(route, request, body, files, arrived_at)
        reply = (
            self._limited(spent)
            if spent.retry_after
            else self._answer(route, request, call, refusal)
        )
        self._record(request, reply.status, body, arrived_at)
        await self._faults.wait()
        headers = spent.headers | ({"Via": "1.1 google"} if spent.retry_after else {})
        return _response(reply.status, reply.payload, headers)

    def _answer(
        self, route: RestRoute, request: web.Request, call: Call, refusal: DiscordError | None
    ) -> Reply:
        try:
            if route.needs_token and request.headers.get("Authorization") != self._authorization:
                raise errors.unauthorized()
            if refusal is not None:
                raise refusal
            self._validate(route, call)
            return route.answer(call)
        except DiscordError as error:
            self._note(call, error)
            return Reply(error.status, error.payload())

    def _validate(self, route: RestRoute, call: Call) -> None:
        """Raise for a body that breaks a rule or the document; only note it when not strict."""
        problems = _problems(route, call)
        if not problems and self._schemas is not None and route.method != "*":
            found = self._schemas.first_problem(call.method, call.template, call.body)
            problems = [] if found is None else [Problem(found[0], "OPENAPI", found[1])]
        if not problems:
            return
        error = errors.invalid_form_body(problems)
        if self._strict:
            raise error
        self._note(call, error)

    def _note(self, call: Call, error: DiscordError) -> None:
        where = f"{call.method} {call.template}"
        for problem in error.problems:
            self._records.violate(problem.code, where, problem.path, problem.message)
        rule = "unknown_route" if error.status == 404 and not error.code else None
        rule = rule or RULES_BY_CODE.get(error.code)
        if rule is not None and not error.problems:
            self._records.violate(rule, f"{call.method} {call.path}", "", error.message)

    def _spend(self, route: RestRoute, request: web.Request) -> Spent:
        major = "+".join(request.match_info.get(name, "") for name in MAJOR_PARAMETERS)
        bucket = f"{crc32(f'{route.method} {route.template}'.encode()):08x}"
        return self.rate_limits.spend(bucket, major, route.allowance, counts=route.needs_token)

    def _limited(self, spent: Spent) -> Reply:
        return Reply(429, _limited_payload(spent.retry_after or 0.0, spent.is_global))

    def _broken(
        self, request: web.Request, fault: Fault, body: object, arrived_at: float
    ) -> web.StreamResponse:
        self._record(request, fault.status or 0, body, arrived_at)
        if fault.status is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.status != 429:
            return _response(fault.status, {"message": f"{fault.status}: injected", "code": 0}, {})
        headers = {"Retry-After": f"{fault.retry_after:g}", "X-RateLimit-Scope": "user"}
        if fault.via:
            headers["Via"] = "1.1 google"
        if fault.is_global:
            headers["X-RateLimit-Global"] = "true"
        return _response(429, _limited_payload(fault.retry_after, fault.is_global), headers)

    def _record(self, request: web.Request, status: int, body: object, arrived_at: float) -> None:
        path = request.path.removeprefix(PREFIX)
        recorded = RecordedRequest(request.method, path, status, body, arrived_at)
        self._records.requests.append(recorded)


async def _read(request: web.Request) -> tuple[object, dict[str, Upload], DiscordError | None]:
    try:
        body, files = await read_body(request)
    except DiscordError as error:
        return None, {}, error
    return body, files, None


def _call(
    route: RestRoute,
    request: web.Request,
    body: object,
    files: dict[str, Upload],
    arrived_at: float,
) -> Call:
    return Call(
        request.method,
        route.template,
        request.path.removeprefix(PREFIX),
        request.match_info,
        request.query,
        body,
        files,
        arrived_at,
    )


def _problems(route: RestRoute, call: Call) -> list[Problem]:
    try:
        return route.check(call) if route.check is not None else []
    except (AttributeError, KeyError, TypeError):
        # A text where an object belongs, and the like: Discord says where, the rules cannot.
        message = "Only dictionaries may be used in a ModelType"
        return [Problem("", "MODEL_TYPE_CONVERT", message)]


def _unknown(_: Call) -> Reply:
    raise errors.not_found()


def _limited_payload(retry_after: float, is_global: bool) -> dict[str, Any]:
    message = "You are being rate limited."
    return {"message": message, "retry_after": retry_after, "global": is_global}


def _response(status: int, payload: Payload | None, headers: dict[str, str]) -> web.Response:
    if payload is None:
        return web.Response(status=status, headers=headers)
    # discord.py compares the whole header: no charset may follow.
    headers = headers | {"Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(payload).encode(), headers=headers)

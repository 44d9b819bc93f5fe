"""A REST request once it is read, and the answer to it: what every handler takes and returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.errors import Problem
from sandbox.discord.messages import Upload
from sandbox.discord.rate_limits import Allowance

Payload = dict[str, Any] | list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `parameters` from its path, `files` by their number, monotonic arrival."""

    method: str
    template: str
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Mapping[str, Upload]
    arrived_at: float

    def number(self, name: str) -> int:
        """Return a path parameter that is an id; -1, which nothing has, when it is none."""
        value = self.parameters[name]
        return int(value) if value.isascii() and value.isdigit() else -1


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: without a payload it has no body."""

    status: int = 200
    payload: Payload | None = None


Answer = Callable[[Call], Reply]
Check = Callable[[Call], list[Problem]]


@dataclass(frozen=True, slots=True)
class RestRoute:
    """A route as Discord documents it, with who answers and what its body must keep to."""

    method: str
    template: str
    answer: Answer
    check: Check | None = None
    needs_token: bool = True
    allowance: Allowance = field(default_factory=Allowance)

"""What the bot did, kept for whoever looks: requests, rules broken, counts."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of Discord's that the bot broke: rule, route, place in the body, explanation."""

    rule: str
    route: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One REST request with the status it was answered with; `arrived_at` is monotonic seconds."""

    method: str
    path: str
    status: int
    body: Any
    arrived_at: float


@dataclass(slots=True)
class Records:
    """Everything noted since the start; requests are bounded, the oldest go first."""

    violations: list[Violation] = field(default_factory=list)
    requests: deque[RecordedRequest] = field(default_factory=lambda: deque(maxlen=10_000))
    sync_count: int = 0
    identify_count: int = 0
    resume_count: int = 0

    def violate(self, rule: str, route: str, path: str, message: str) -> None:
        """Note a broken rule."""
        self.violations.append(Violation(rule, route, path, message))

"""Discord's rate limits: a bucket for each route and a global one, told in headers."""

import time
from dataclasses import dataclass, field

GLOBAL_LIMIT = 50
PRUNE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many requests in so many seconds, for each major parameter."""

    limit: int = 20
    seconds: float = 5.0


@dataclass(slots=True)
class _Window:
    ends_at: float
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left after a request: the headers, and how long to wait when it is refused."""

    headers: dict[str, str]
    retry_after: float | None = None
    is_global: bool = False


@dataclass(slots=True)
class RateLimits:
    """Counts requests; with `is_enforced` off it only tells what is left."""

    is_enforced: bool = True
    _windows: dict[str, _Window] = field(default_factory=dict)
    _pruned_at: float = 0.0

    def spend(self, bucket: str, major: str, allowance: Allowance, *, counts: bool) -> Spent:
        """Return what is left of the bucket; `counts` says whether the global limit sees it too."""
        now = time.monotonic()
        self._prune(now)
        if counts and (wait := self._take("global", Allowance(GLOBAL_LIMIT, 1.0), now)[1]):
            return Spent({"X-RateLimit-Global": "true"}, wait, is_global=True)
        window, wait = self._take(f"{bucket}:{major}", allowance, now)
        left = max(0, allowance.limit - window.spent)
        reset_after = max(0.0, window.ends_at - now)
        headers = {
            "X-RateLimit-Bucket": bucket,
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": f"{time.time_ns() / 1e9 + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
        }
        return Spent(headers, wait)

    def _take(self, key: str, allowance: Allowance, now: float) -> tuple[_Window, float | None]:
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            window = self._windows[key] = _Window(now + allowance.seconds)
        if window.spent >= allowance.limit and self.is_enforced:
            return window, window.ends_at - now
        window.spent += 1
        return window, None

    def _prune(self, now: float) -> None:
        if now - self._pruned_at > PRUNE_SECONDS:
            alive = {key: one for key, one in self._windows.items() if one.ends_at > now}
            self._windows, self._pruned_at = alive, now

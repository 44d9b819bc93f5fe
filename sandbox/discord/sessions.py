"""A gateway session: what a shard was sent, so that it can be sent again after a lost socket."""

import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

EVENTS_KEPT = 10_000


@dataclass(slots=True)
class Session:
    """One identified shard; without a socket its events wait for a RESUME."""

    shard: int
    shard_count: int
    socket: web.WebSocketResponse | None
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    lost_at: float | None = None
    _events: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))

    def serves(self, guild_id: int | None) -> bool:
        """Return whether this shard hears of a guild; direct messages (None) go to shard 0."""
        shard = 0 if guild_id is None else (guild_id >> 22) % self.shard_count
        return shard == self.shard

    async def dispatch(self, name: str, data: dict[str, Any], *, is_held: bool = False) -> None:
        """Send an event now, or keep it for the RESUME."""
        frame = self._keep(name, data)
        if self.socket is not None and not is_held:
            await send_text(self.socket, frame)

    def acknowledge(self, sequence: int) -> None:
        """Forget the events that the client has said it received."""
        while self._events and self._events[0][0] <= sequence:
            self._events.popleft()

    async def replay(self, socket: web.WebSocketResponse, after: int) -> None:
        """Send what the client missed after a sequence number, RESUMED, and go on with it."""
        self.acknowledge(after)
        cursor = after
        while missed := [event for event in self._events if event[0] > cursor]:
            for sequence, frame in missed:
                await send_text(socket, frame)
                cursor = sequence
        self.socket, self.lost_at = socket, None
        await self.dispatch("RESUMED", {"_trace": []})

    def lose(self, socket: web.WebSocketResponse) -> None:
        """Note that this socket is gone, unless a newer one has taken its place."""
        if self.socket is socket:
            self.socket, self.lost_at = None, time.monotonic()

    def is_over(self, lifetime: float) -> bool:
        """Return whether it was without a socket for too long to be resumed."""
        return self.lost_at is not None and time.monotonic() - self.lost_at > lifetime

    def _keep(self, name: str, data: dict[str, Any]) -> str:
        self.sequence += 1
        frame = json.dumps({"t": name, "s": self.sequence, "op": 0, "d": data})
        self._events.append((self.sequence, frame))
        return frame


async def send_text(socket: web.WebSocketResponse, frame: str) -> None:
    """Send a frame; a socket that died meanwhile takes nothing, and its session keeps the event."""
    if not socket.closed:
        try:
            await socket.send_str(frame)
        except (ConnectionError, RuntimeError):
            return

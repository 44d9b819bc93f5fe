"""Faults to switch on while everything runs: REST ones here, the gateway's by delegation."""

import asyncio
from collections import deque
from dataclasses import dataclass

from sandbox.discord.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of an answer; without a status the connection is cut."""

    status: int | None
    retry_after: float = 0.0
    via: bool = True
    is_global: bool = False
    path_part: str = ""


class Faults:
    """Switches for everything that goes wrong with the real Discord."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._next: deque[Fault] = deque()
        self._open = asyncio.Event()
        self._open.set()
        self.delay_seconds = 0.0

    def limit_next(
        self,
        count: int = 1,
        *,
        retry_after: float = 0.1,
        via: bool = True,
        is_global: bool = False,
        path_part: str = "",
    ) -> None:
        """Answer the next requests (whose path holds `path_part`) with 429; `via` marks Discord's.

        Without `via` it is the answer of the wall before Discord, which clients must not retry.
        """
        fault = Fault(429, retry_after, via, is_global, path_part)
        self._next.extend([fault] * count)

    def fail_next(self, count: int = 1, *, status: int = 502, path_part: str = "") -> None:
        """Answer the next requests with this status (500, 502, 503, 504)."""
        self._next.extend([Fault(status, path_part=path_part)] * count)

    def cut_next(self, count: int = 1, *, path_part: str = "") -> None:
        """Cut the connection of the next requests without an answer."""
        self._next.extend([Fault(None, path_part=path_part)] * count)

    def take(self, path: str) -> Fault | None:
        """Return the fault for a request on this path, once, or None."""
        for fault in self._next:
            if fault.path_part in path:
                self._next.remove(fault)
                return fault
        return None

    def hang(self) -> None:
        """Leave every request without an answer until `release`."""
        self._open.clear()

    def release(self) -> None:
        """Answer what hangs, and everything after it."""
        self._open.set()

    def clear(self) -> None:
        """Switch everything off."""
        self._next.clear()
        self.delay_seconds = 0.0
        self._gateway.is_silent = False
        self.release()

    async def wait(self) -> None:
        """Return when an answer may go out: after the delay, and not while hanging."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        await self._open.wait()

    def drop_sockets(self) -> None:
        """Cut every gateway connection without a closing frame; sessions can be resumed."""
        self._gateway.drop_sockets()

    async def close_sockets(self, code: int) -> None:
        """Close every gateway connection with this code."""
        await self._gateway.close_sockets(code)

    async def ask_to_reconnect(self) -> None:
        """Send op 7 to every connection."""
        await self._gateway.ask_to_reconnect()

    async def invalidate_sessions(self, *, resumable: bool) -> None:
        """Send op 9 to every connection; those that are not resumable are forgotten."""
        await self._gateway.invalidate_sessions(resumable=resumable)

    def silence_gateway(self) -> None:
        """Stop sending anything on the gateway, heartbeat acknowledgements too, until `clear`."""
        self._gateway.is_silent = True

"""Discord's gateway: HELLO, IDENTIFY, heartbeats, events, RESUME, and how it hangs up."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.discord.records import Records
from sandbox.discord.sessions import Session, send_text
from sandbox.discord.timings import Timings
from sandbox.discord.world import World

HEARTBEAT, IDENTIFY, RESUME = 1, 2, 6
RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11
IGNORED = frozenset({3, 4, 8, 31})  # presence, voice, members, soundboard: nothing to answer
PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15)
KNOWN_INTENTS = (1 << 26) - 1
COMMANDS_PER_MINUTE = 120
PAYLOAD_LIMIT = 4_096

RESUME_HOST = "gateway-us-east1-b.discord.gg"


class GatewayCloseError(Exception):
    """The gateway hangs up with one of its close codes."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class _Connection:
    socket: web.WebSocketResponse
    host: str
    transport: asyncio.Transport | None
    session: Session | None = None
    beat_at: float = field(default_factory=time.monotonic)
    received: deque[float] = field(default_factory=lambda: deque(maxlen=COMMANDS_PER_MINUTE))

    async def send(self, op: int, data: object = None) -> None:
        await send_text(self.socket, json.dumps({"t": None, "s": None, "op": op, "d": data}))

    def pace(self) -> None:
        """Raise when more than 120 commands came within a minute."""
        now = time.monotonic()
        if len(self.received) == COMMANDS_PER_MINUTE and now - self.received[0] < 60:
            raise GatewayCloseError(4008, "You are being rate limited.")
        self.received.append(now)


class Gateway:
    """Every connection and session; `max_concurrency` shards may identify at once."""

    def __init__(self, token: str, world: World, records: Records, timings: Timings) -> None:
        self._token = token
        self._world = world
        self._records = records
        self.timings = timings
        self.shards = 1
        self.max_concurrency = 1
        self.privileged_intents = 0
        self.is_silent = False
        self.identified = asyncio.Event()
        self.sessions: dict[str, Session] = {}
        self._connections: list[_Connection] = []
        self._identified_at: dict[int, float] = {}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Talk to one client until either hangs up."""
        socket = web.WebSocketResponse(compress=False, max_msg_size=PAYLOAD_LIMIT)
        await socket.prepare(request)
        connection = _Connection(socket, request.host, request.transport)
        self._connections.append(connection)
        watch = asyncio.create_task(self._watch(connection))
        try:
            self._check_version(request)
            await connection.send(HELLO, {"heartbeat_interval": self._interval_ms, "_trace": []})
            await self._listen(connection)
        except GatewayCloseError as close:
            self._forget(connection)
            await socket.close(code=close.code, message=close.message.encode())
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            self._connections.remove(connection)
            self._leave(connection)
            if not self.is_connected:
                self.identified.clear()
        return socket

    async def dispatch(self, name: str, data: dict[str, Any], guild_id: int | None) -> bool:
        """Send an event to the shard of a guild; False when no session, lost or not, has it."""
        self._prune()
        sessions = [session for session in self.sessions.values() if session.serves(guild_id)]
        for session in sessions:
            await session.dispatch(name, data, is_held=self.is_silent)
        return bool(sessions)

    def drop_sockets(self) -> None:
        """Cut every connection without a closing frame."""
        for connection in list(self._connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def close_sockets(self, code: int) -> None:
        """Close every connection with this code."""
        for connection in list(self._connections):
            await connection.socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Send op 7 on every connection."""
        for connection in list(self._connections):
            await connection.send(RECONNECT)

    async def invalidate_sessions(self, *, resumable: bool) -> None:
        """Send op 9 on every connection."""
        for connection in list(self._connections):
            if not resumable:
                self._forget(connection)
            await connection.send(INVALID_SESSION, resumable)

    @property
    def is_connected(self) -> bool:
        """Whether a session has a living socket."""
        return any(session.socket is not None for session in self.sessions.values())

    @property
    def _interval_ms(self) -> int:
        return int(self.timings.heartbeat_interval * 1_000)

    def _check_version(self, request: web.Request) -> None:
        if request.query.get("v") != "10":
            raise GatewayCloseError(4012, "Invalid API version.")
        if request.query.get("encoding", "json") != "json":
            raise GatewayCloseError(4002, "The sandbox speaks json only.")

    async def _watch(self, connection: _Connection) -> None:
        """Hang up on a client whose heartbeat stopped."""
        while True:
            await asyncio.sleep(self.timings.heartbeat_interval / 4)
            if time.monotonic() - connection.beat_at > self.timings.heartbeat_interval * 1.5:
                self._forget(connection)
                await connection.socket.close(code=4009, message=b"Session timed out.")
                return

    async def _listen(self, connection: _Connection) -> None:
        async for frame in connection.socket:
            if frame.type != WSMsgType.TEXT:
                raise GatewayCloseError(4002, "Error while decoding payload.")
            connection.pace()
            await self._hear(connection, frame.data)

    async def _hear(self, connection: _Connection, text: str) -> None:
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise GatewayCloseError(4002, "Error while decoding payload.") from None
        answers: dict[int, Callable[[_Connection, Any], Awaitable[None]]] = {
            HEARTBEAT: self._beat,
            IDENTIFY: self._identify,
            RESUME: self._resume,
        }
        if op in answers:
            await answers[op](connection, data)
        elif op not in IGNORED:
            raise GatewayCloseError(4001, "Unknown opcode.")
        elif connection.session is None:
            raise GatewayCloseError(4003, "Not authenticated.")

    async def _beat(self, connection: _Connection, sequence: object) -> None:
        connection.beat_at = time.monotonic()
        if connection.session is not None and isinstance(sequence, int):
            connection.session.acknowledge(sequence)
        if not self.is_silent:
            await connection.send(HEARTBEAT_ACK)

    async def _identify(self, connection: _Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            raise GatewayCloseError(4005, "Already authenticated.")
        shard, count = self._checked_identity(data)
        if not self._may_identify(shard):
            await connection.send(INVALID_SESSION, data=False)
            return
        self._records.identify_count += 1
        session = Session(shard, count, connection.socket)
        connection.session = self.sessions[session.id] = session
        await self._welcome(session, connection.host)

    def _checked_identity(self, data: dict[str, Any]) -> tuple[int, int]:
        if data.get("token") != self._token:
            raise GatewayCloseError(4004, "Authentication failed.")
        shard, count = data.get("shard") or (0, 1)
        if not 0 <= shard < count:
            raise GatewayCloseError(4010, "Invalid shard.")
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~KNOWN_INTENTS:
            raise GatewayCloseError(4013, "Invalid intents.")
        if intents & PRIVILEGED_INTENTS & ~self.privileged_intents:
            raise GatewayCloseError(4014, "Disallowed intents.")
        return shard, count

    def _may_identify(self, shard: int) -> bool:
        bucket, now = shard % self.max_concurrency, time.monotonic()
        before = self._identified_at.get(bucket)
        if before is not None and now - before < self.timings.identify_spacing:
            return False
        self._identified_at[bucket] = now
        return True

    async def _welcome(self, session: Session, host: str) -> None:
        guilds = [guild for guild in self._world.guilds.values() if session.serves(guild.id)]
        ready = {
            "v": 10,
            "user": self._world.bot.payload() | {"verified": True, "mfa_enabled": True},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"ws://{host}/{RESUME_HOST}",
            "shard": [session.shard, session.shard_count],
            "application": self._world.partial_application(),
            "private_channels": [],
            "presences": [],
            "relationships": [],
            "user_settings": {},
            "_trace": [],
        }
        await session.dispatch("READY", ready)
        for guild in guilds:
            await session.dispatch("GUILD_CREATE", guild.create_payload(self._world.bot))
        self.identified.set()

    async def _resume(self, connection: _Connection, data: dict[str, Any]) -> None:
        if data.get("token") != self._token:
            raise GatewayCloseError(4004, "Authentication failed.")
        self._prune()
        session = self.sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None or not isinstance(sequence, int):
            await connection.send(INVALID_SESSION, data=False)
            return
        if sequence > session.sequence:
            raise GatewayCloseError(4007, "Invalid seq.")
        self._records.resume_count += 1
        connection.session = session
        await session.replay(connection.socket, sequence)
        self.identified.set()

    def _leave(self, connection: _Connection) -> None:
        # 1000 and 1001 from the client say that it will not come back for this session.
        if connection.session is None:
            return
        if connection.socket.close_code in {1000, 1001}:
            self._forget(connection)
        else:
            connection.session.lose(connection.socket)

    def _forget(self, connection: _Connection) -> None:
        if connection.session is not None:
            self.sessions.pop(connection.session.id, None)
            connection.session = None

    def _prune(self) -> None:
        lifetime = self.timings.session_lifetime
        over = [key for key, session in self.sessions.items() if session.is_over(lifetime)]
        for key in over:
            del self.sessions[key]

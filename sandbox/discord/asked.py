"""A question as the person who asked sees it: what came back, and when."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.errors import DiscordError
from sandbox.discord.messages import Message

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE_MESSAGE = 4, 5, 6, 7
AUTOCOMPLETE, MODAL = 8, 9


@dataclass(frozen=True, slots=True)
class Response:
    """One step of the bot's answer: `callback`, `edit`, `follow_up` or `delete`.

    `at` is monotonic seconds, `message` what Discord showed afterwards, `error` why it refused.
    """

    kind: str
    at: float
    body: Any
    message: Message | None = None
    error: DiscordError | None = None


@dataclass(slots=True, eq=False)
class Asked:
    """An interaction and everything that answered it; it goes on living as follow-ups arrive."""

    interaction: dict[str, Any]
    dispatched_at: float = field(default_factory=time.monotonic)
    responses: list[Response] = field(default_factory=list)
    refused: list[Response] = field(default_factory=list)
    callback_type: int | None = None
    error: str | None = None
    _original: Message | None = None
    _follow_ups: dict[int, Message] = field(default_factory=dict)
    _follow_up_count: int = 0
    _responded: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> int:
        """The interaction's id."""
        return int(self.interaction["id"])

    @property
    def token(self) -> str:
        """The interaction's token."""
        return str(self.interaction["token"])

    @property
    def is_user_installed_only(self) -> bool:
        """Whether only the asker, not the server, installed the application."""
        return set(self.interaction["authorizing_integration_owners"]) == {"1"}

    @property
    def deferred(self) -> bool:
        """Whether the bot asked for time before it answered."""
        return self.callback_type in {DEFERRED_MESSAGE, DEFERRED_UPDATE}

    @property
    def original(self) -> Message | None:
        """The first message, loading or not; None before it and after it was deleted."""
        return self._original

    @property
    def messages(self) -> list[Message]:
        """The messages that can be read now, in order: the original, then follow-ups."""
        original = [] if self._original is None or self._original.is_loading else [self._original]
        return original + list(self._follow_ups.values())

    @property
    def message(self) -> Message:
        """The first message that can be read; LookupError when there is none."""
        if not self.messages:
            raise LookupError(f"no answer: {self.error or 'not yet'}")
        return self.messages[0]

    @property
    def bodies(self) -> list[Any]:
        """The bodies of every accepted response, in order."""
        return [response.body for response in self.responses]

    @property
    def latency_seconds(self) -> float | None:
        """Seconds from the dispatch to the first response; None without one."""
        return self.responses[0].at - self.dispatched_at if self.responses else None

    @property
    def answer_seconds(self) -> float | None:
        """Seconds from the dispatch to the first response that was an answer, not a deferral."""
        for response in self.responses:
            if response.message is None or response.body is None:
                continue
            if not (response.kind == "callback" and self.deferred):
                return response.at - self.dispatched_at
        return None

    async def until_messages(self, count: int, timeout_seconds: float = 5.0) -> list[Message]:
        """Return the messages once there are this many; TimeoutError when they do not come."""
        async with asyncio.timeout(timeout_seconds):
            while len(self.messages) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.messages

    async def settle(self, response_window: float, timeout_seconds: float) -> None:
        """Wait for the answer as a person does, and note in `error` why none came."""
        if not await _happened(self._responded, min(response_window, timeout_seconds)):
            self.error = "the application did not respond"
            return
        left = self.dispatched_at + timeout_seconds - time.monotonic()
        if not await _happened(self._answered, left):
            self.error = f"deferred, and no answer within {timeout_seconds:g} s"

    # What follows is for the side that receives the bot's requests.

    def acknowledge(self, callback_type: int, response: Response) -> None:
        """Note the one callback."""
        self.callback_type = callback_type
        self._original = response.message
        self.responses.append(response)
        self._responded.set()
        if not self.deferred:
            self._answered.set()
        self._changed.set()

    def edited(self, response: Response) -> None:
        """Note that a message was changed; after a deferral this is the answer."""
        self.responses.append(response)
        self._answered.set()
        self._changed.set()

    def followed_up(self, response: Response) -> None:
        """Note a new message."""
        if response.message is not None:
            self._follow_ups[response.message.id] = response.message
            self._follow_up_count += 1
        self.edited(response)

    def deleted(self, response: Response, message_id: int) -> None:
        """Note that a message is gone."""
        if self._original is not None and self._original.id == message_id:
            self._original = None
        self._follow_ups.pop(message_id, None)
        self.responses.append(response)
        self._changed.set()

    def find(self, name: str) -> Message | None:
        """Return the message that a route names: an id or `@original`."""
        if name == "@original":
            return self._original
        if self._original is not None and name == str(self._original.id):
            return self._original
        return self._follow_ups.get(int(name)) if name.isdigit() else None

    @property
    def follow_up_count(self) -> int:
        """How many messages followed the first."""
        return self._follow_up_count


async def _happened(event: asyncio.Event, seconds: float) -> bool:
    if event.is_set():
        return True
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True

"""Messages as Discord stores and shows them."""

import mimetypes
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.snowflakes import Snowflakes, snowflake_time
from sandbox.discord.world import User

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SENDABLE_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | (1 << 15)
CHAT_INPUT_COMMAND_MESSAGE = 20
ATTACHMENTS_URL = "https://cdn.discordapp.com/attachments"

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request: name, media type and bytes."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Message:
    """A message with the bytes of its attachments by attachment id."""

    payload: Payload
    uploads: dict[str, Upload] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The message's id."""
        return int(self.payload["id"])

    @property
    def content(self) -> str:
        """The text above the embeds; empty when there is none."""
        return str(self.payload["content"])

    @property
    def embeds(self) -> list[Payload]:
        """The embeds as they were sent."""
        return list(self.payload["embeds"])

    @property
    def components(self) -> list[Payload]:
        """The buttons and menus as they were sent."""
        return list(self.payload["components"])

    @property
    def is_ephemeral(self) -> bool:
        """Whether only the asker sees it."""
        return bool(self.payload["flags"] & EPHEMERAL)

    @property
    def is_loading(self) -> bool:
        """Whether it still shows "… is thinking"."""
        return bool(self.payload["flags"] & LOADING)

    @property
    def attachments(self) -> list[Upload]:
        """The files that are shown, in order, with their bytes."""
        return [self.uploads[shown["id"]] for shown in self.payload["attachments"]]


@dataclass(slots=True)
class MessageWriter:
    """Makes and changes messages from request bodies."""

    snowflakes: Snowflakes
    author: User

    def create(
        self, channel_id: int, body: Mapping[str, Any], files: Mapping[str, Upload], **extra: object
    ) -> Message:
        """Return a new message of the bot in a channel; `extra` is put into its payload."""
        message_id = self.snowflakes.next()
        payload: Payload = {
            "id": str(message_id),
            "type": 0,
            "channel_id": str(channel_id),
            "author": self.author.payload(),
            "content": "",
            "embeds": [],
            "components": [],
            "attachments": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "timestamp": snowflake_time(message_id).isoformat(),
            "edited_timestamp": None,
            "flags": (body.get("flags") or 0) & SENDABLE_FLAGS,
        }
        message = Message(payload | extra)
        self._fill(message, body, files)
        return message

    def edit(self, message: Message, body: Mapping[str, Any], files: Mapping[str, Upload]) -> None:
        """Change what the body names; what it leaves out stays; a loading message is loaded."""
        self._fill(message, body, files)
        message.payload["flags"] &= ~LOADING
        edited = snowflake_time(self.snowflakes.next()).isoformat()
        message.payload["edited_timestamp"] = edited

    def _fill(self, message: Message, body: Mapping[str, Any], files: Mapping[str, Upload]) -> None:
        payload = message.payload
        if "content" in body:
            payload["content"] = body["content"] or ""
        if "embeds" in body:
            payload["embeds"] = [{"type": "rich"} | embed for embed in body["embeds"] or []]
        if "components" in body:
            payload["components"] = _numbered(body["components"] or [])
        if files or "attachments" in body:
            self._attach(message, body.get("attachments"), files)

    def _attach(
        self,
        message: Message,
        named: Iterable[Mapping[str, Any]] | None,
        files: Mapping[str, Upload],
    ) -> None:
        """Keep the attachments that `named` lists (all without it) and add the new files."""
        before = {shown["id"]: shown for shown in message.payload["attachments"]}
        listed = {str(entry["id"]): entry for entry in named or ()}
        kept = [shown for key, shown in before.items() if named is None or key in listed]
        for number, upload in files.items():
            shown = self._attachment(message, upload, listed.get(number, {}))
            named_upload = Upload(shown["filename"], shown["content_type"], upload.data)
            message.uploads[shown["id"]] = named_upload
            kept.append(shown)
        message.payload["attachments"] = kept

    def _attachment(self, message: Message, upload: Upload, entry: Mapping[str, Any]) -> Payload:
        attachment_id = str(self.snowflakes.next())
        name = entry.get("filename") or upload.filename
        url = f"{ATTACHMENTS_URL}/{message.payload['channel_id']}/{attachment_id}/{name}"
        guessed = mimetypes.guess_type(name)[0]
        shown = {
            "id": attachment_id,
            "filename": name,
            "size": len(upload.data),
            "url": url,
            "proxy_url": url,
            "content_type": guessed or upload.content_type,
        }
        if entry.get("description"):
            shown["description"] = entry["description"]
        return shown


def _numbered(components: list[Payload]) -> list[Payload]:
    """Return the components with the ids that Discord gives to those that have none."""
    counter = iter(range(1, 1_000))

    def numbered(component: Payload) -> Payload:
        own: Payload = {"id": next(counter)} | component
        if "components" in component:
            own["components"] = [numbered(child) for child in component["components"]]
        return own

    return [numbered(component) for component in components]


class MessageShelf:
    """The last messages by id; the oldest leave when it is full."""

    def __init__(self, size: int = 5_000) -> None:
        self._size = size
        self._messages: OrderedDict[int, Message] = OrderedDict()

    def put(self, message: Message) -> None:
        """Keep a message."""
        self._messages[message.id] = message
        if len(self._messages) > self._size:
            self._messages.popitem(last=False)

    def get(self, message_id: int) -> Message | None:
        """Return the message with this id, or None."""
        return self._messages.get(message_id)

    def remove(self, message_id: int) -> None:
        """Forget a message; nothing happens when there is none."""
        self._messages.pop(message_id, None)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())

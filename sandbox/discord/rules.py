"""Rules for the body of a message that Discord enforces and its OpenAPI document does not know.

Lengths are counted in code points: "our API uses Python 3, so the API calculates length based on
the number of codepoints in the string" (Discord staff, discord-api-docs issue 1315).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.discord.components import component_problems
from sandbox.discord.errors import Problem

CONTENT_LIMIT = 2_000
EMBEDS_LIMIT = 10
EMBED_TOTAL_LIMIT = 6_000
FIELDS_LIMIT = 25
TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4_096
FIELD_NAME_LIMIT = 256
FIELD_VALUE_LIMIT = 1_024
FOOTER_LIMIT = 2_048
AUTHOR_LIMIT = 256
FILES_LIMIT = 10
AUTOCOMPLETE_LIMIT = 25
COMPONENTS_V2 = 1 << 15

Body = Mapping[str, Any]


def message_problems(body: Body) -> list[Problem]:
    """Return everything in a message's body that Discord would refuse; empty when it is good."""
    problems = list(text_problems(body, "content", CONTENT_LIMIT))
    problems += embeds_problems(body.get("embeds") or [])
    problems += component_problems(body.get("components") or [])
    return problems + list(_attachments(body.get("attachments") or []))


def is_empty(body: Body, has_files: bool) -> bool:
    """Return whether a new message of this body would show nothing."""
    shown = ("embeds", "components", "sticker_ids", "poll", "attachments")
    content = body.get("content")
    has_content = isinstance(content, str) and content.strip() != ""
    return not (has_content or has_files or any(body.get(key) for key in shown))


def text_problems(
    body: Body, key: str, limit: int, prefix: str = "", *, required: bool = False
) -> Iterator[Problem]:
    """Yield what is wrong with a text: not a text, too long or, when required, empty."""
    value, path = body.get(key), f"{prefix}{key}"
    if value is None:
        if required:
            yield Problem(path, "BASE_TYPE_REQUIRED", "This field is required")
    elif not isinstance(value, str):
        yield Problem(path, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
    elif required and not value.strip():
        yield Problem(path, "BASE_TYPE_REQUIRED", "This field is required")
    elif len(value) > limit:
        yield Problem(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def count_problems(items: Sequence[Any], limit: int, path: str) -> Iterator[Problem]:
    """Yield a problem when a list is longer than Discord takes."""
    if len(items) > limit:
        yield Problem(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def embeds_problems(embeds: Sequence[Body]) -> Iterator[Problem]:
    """Yield what is wrong with a message's embeds, their common 6,000 characters included."""
    yield from count_problems(embeds, EMBEDS_LIMIT, "embeds")
    for place, embed in enumerate(embeds):
        yield from _embed(embed, f"embeds.{place}")
    if sum(map(embed_length, embeds)) > EMBED_TOTAL_LIMIT:
        message = f"Embed size exceeds maximum size of {EMBED_TOTAL_LIMIT}"
        yield Problem("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)


def embed_length(embed: Body) -> int:
    """Return the code points that count: title, description, fields, footer and author's name."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))


def _embed(embed: Body, path: str) -> Iterator[Problem]:
    prefix = f"{path}."
    yield from text_problems(embed, "title", TITLE_LIMIT, prefix)
    yield from text_problems(embed, "description", DESCRIPTION_LIMIT, prefix)
    if footer := embed.get("footer"):
        yield from text_problems(footer, "text", FOOTER_LIMIT, f"{prefix}footer.", required=True)
    if author := embed.get("author"):
        yield from text_problems(author, "name", AUTHOR_LIMIT, f"{prefix}author.", required=True)
    fields = embed.get("fields") or []
    yield from count_problems(fields, FIELDS_LIMIT, f"{prefix}fields")
    for place, field in enumerate(fields):
        at = f"{prefix}fields.{place}."
        yield from text_problems(field, "name", FIELD_NAME_LIMIT, at, required=True)
        yield from text_problems(field, "value", FIELD_VALUE_LIMIT, at, required=True)
    if not _shows_anything(embed):
        yield Problem(f"{prefix}description", "BASE_TYPE_REQUIRED", "This field is required")


def _shows_anything(embed: Body) -> bool:
    keys = ("title", "description", "fields", "footer", "author", "image", "thumbnail", "timestamp")
    return any(embed.get(key) for key in keys)


def _attachments(attachments: Sequence[Body]) -> Iterator[Problem]:
    yield from count_problems(attachments, FILES_LIMIT, "attachments")
    for place, attachment in enumerate(attachments):
        yield from text_problems(attachment, "description", 1_024, f"attachments.{place}.")


def autocomplete_problems(data: Body) -> list[Problem]:
    """Return what is wrong with the choices that answer an autocomplete interaction."""
    choices = data.get("choices") or []
    problems = list(count_problems(choices, AUTOCOMPLETE_LIMIT, "data.choices"))
    for place, choice in enumerate(choices):
        at = f"data.choices.{place}."
        problems += text_problems(choice, "name", 100, at, required=True)
        if isinstance(choice.get("value"), str):
            problems += text_problems(choice, "value", 100, at)
    return problems

"""A page as a Discord embed, within Discord's limits and never cut inside a line."""

from collections.abc import Iterable

import discord

from bot.rendering.pages import Page, Section

TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 4096
FIELD_LIMIT = 1024
FIELDS_LIMIT = 25
EMBED_LIMIT = 6000
_COLOUR = 0x2F6F8F
_CONTINUED = "\u200b"
# Where there is no room for all: what is not known and how old it is goes before long lists.
_IMPORTANCE = ("drivers", "counter_evidence", "missing", "sources", "prices", "liquidations")


def report_embed(page: Page) -> discord.Embed:
    """Return the page as one embed; if too long, it leaves out whole lines and says so."""
    room = EMBED_LIMIT - len(page.title) - len(page.footer) - len(page.shortened) - 1
    most = min(room, DESCRIPTION_LIMIT - len(page.shortened) - 1)
    summary = _fitting(page.summary, most)
    room -= _length(summary)
    fields: dict[str, list[tuple[str, str]]] = {}
    for section in sorted(page.sections, key=_rank):
        fields[section.key] = _fields(section, room)
        room -= sum(len(name) + len(value) for name, value in fields[section.key])
    shown = _lines(value for section in fields.values() for _, value in section)
    wanted = sum(len(section.lines) for section in page.sections) + len(page.summary)
    left_out = shown + len(summary) < wanted
    description = "\n".join([*summary, *([page.shortened] if left_out else [])])
    embed = discord.Embed(title=page.title, description=description or None, colour=_COLOUR)
    embed.timestamp = page.as_of
    for section in page.sections:
        for name, value in fields[section.key]:
            embed.add_field(name=name, value=value, inline=False)
    return embed.set_footer(text=page.footer)


def _rank(section: Section) -> int:
    return _IMPORTANCE.index(section.key) if section.key in _IMPORTANCE else len(_IMPORTANCE)


def _fields(section: Section, room: int) -> list[tuple[str, str]]:
    """Return as much of a section as `room` holds, as fields of whole lines.

    A continued field has an empty heading. Two fields in a row hold more than one's limit, so the
    limit of an embed is reached before the limit of its fields.
    """
    fields: list[tuple[str, str]] = []
    rest = list(section.lines)
    while rest:
        name = _CONTINUED if fields else section.title
        lines = _fitting(rest, min(FIELD_LIMIT, room - len(name)))
        if not lines:
            break
        fields.append((name, "\n".join(lines)))
        room -= len(name) + len(fields[-1][1])
        rest = rest[len(lines) :]
    return fields


def _fitting(lines: Iterable[str], limit: int) -> list[str]:
    """Return the first lines that fit together."""
    kept: list[str] = []
    for line in lines:
        if _length([*kept, line]) > limit:
            break
        kept.append(line)
    return kept


def _length(lines: list[str]) -> int:
    return sum(map(len, lines)) + max(len(lines) - 1, 0)


def _lines(values: Iterable[str]) -> int:
    return sum(value.count("\n") + 1 for value in values)

"""An embed, as Discord received it, printed readably on a terminal."""

import re
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_TIME = re.compile(r"<t:(\d+):([a-zA-Z])>")


def print_embed(embed: dict[str, Any], console: Console, now: datetime) -> None:
    """Print title, description, fields and footer; time marks as Discord would show them."""
    body = Text()
    for line in str(embed.get("description", "")).splitlines():
        body.append_text(_styled(line, now)).append("\n")
    for field in embed.get("fields", []):
        body.append(f"\n{field['name']}\n", style="bold cyan")
        for line in field["value"].splitlines():
            body.append("  ").append_text(_styled(line, now)).append("\n")
    footer = embed.get("footer", {}).get("text", "")
    stamp = str(embed.get("timestamp", ""))[:16].replace("T", " ")
    body.append(f"\n{footer} · {stamp} UTC", style="dim")
    console.print(Panel(body, title=str(embed.get("title", "")), title_align="left"))


def _styled(line: str, now: datetime) -> Text:
    shown = _TIME.sub(lambda mark: _moment(int(mark[1]), mark[2], now), line)
    text = Text()
    for index, part in enumerate(_BOLD.split(shown)):
        text.append(part, style="bold" if index % 2 else "")
    return text


def _moment(seconds: int, style: str, now: datetime) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    if style != "R":
        return moment.strftime("%Y-%m-%d %H:%M UTC")
    age = (now - moment).total_seconds()
    for length, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if age >= length:
            count = round(age / length)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return f"{max(round(age), 0)} seconds ago"

"""A page as plain text for a terminal, with colours when it is one."""

import re

from rich.console import Console
from rich.text import Text

from bot.rendering.pages import Page
from bot.wording.times import Medium, time_text

_BOLD = re.compile(r"\*\*(.+?)\*\*")


def print_page(page: Page, console: Console) -> None:
    """Print the page: title, summary, sections, and the footer with the time of the data."""
    console.print(Text(page.title, style="bold"))
    for line in page.summary:
        console.print(_styled(line))
    for section in page.sections:
        console.print(Text(f"\n{section.title}", style="bold cyan"))
        for line in section.lines:
            console.print(Text("  ").append_text(_styled(line)))
    as_of = time_text(page.as_of, Medium.PLAIN, relative=False)
    console.print(Text(f"\n{page.footer} {as_of}", style="dim"))


def _styled(line: str) -> Text:
    text = Text()
    for index, part in enumerate(_BOLD.split(line)):
        text.append(part, style="bold" if index % 2 else "")
    return text

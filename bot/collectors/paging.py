"""Long histories in pages, from the oldest on, in as few requests as the exchange allows."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bot.clock import to_ms

Page = Callable[[int, int], Awaitable[list[Any]]]


async def forward_pages(
    page: Page,
    time_ms: Callable[[Any], object],
    *,
    start: datetime,
    end: datetime,
    step: timedelta,
    limit: int,
    short_is_end: bool = False,
) -> list[Any]:
    """Return the rows of [start, end] on a grid of `step`, asked for `limit` at a time.

    `page(since_ms, limit)` gives rows from a time on. A page that is not full is the last one only
    where the exchange counts rows (`short_is_end`); elsewhere reading goes on after its last row,
    and after an empty page behind the hole that it stands for.
    """
    rows: list[Any] = []
    since, last, step_ms = to_ms(start), to_ms(end), step // timedelta(milliseconds=1)
    while since <= last:
        wanted = min(limit, (last - since) // step_ms + 1)
        answered = await page(since, wanted)
        rows.extend(answered)
        if short_is_end and len(answered) < wanted:
            break
        page_end = since + (wanted - 1) * step_ms
        since = (_newest(answered, time_ms, since) if answered else page_end) + step_ms
    return rows


def _newest(rows: list[Any], time_ms: Callable[[Any], object], since: int) -> int:
    """Return the newest time of a page; `since` when none is usable, so that reading goes on."""
    times = [time for row in rows if isinstance(time := time_ms(row), int)]
    return max([since, *times])

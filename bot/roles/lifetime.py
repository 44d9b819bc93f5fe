"""How long a process lives: until a signal, until its parent is gone, or until a part fails."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stop_event(*, with_parent: bool) -> asyncio.Event:
    """Return an event that is set on Ctrl-C, on SIGTERM, and when the parent's pipe closes.

    `with_parent` watches standard input, whose other end the parent holds: it closes when the
    parent ends, however that happens.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        descriptor = sys.stdin.fileno()
        os.set_blocking(descriptor, False)
        loop.add_reader(descriptor, _on_input, descriptor, stop)
    return stop


async def run_until(stop: asyncio.Event, *parts: Coroutine[Any, Any, None]) -> None:
    """Run every part until `stop` is set; a part that ends with an error ends all with it."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (stopping, *tasks):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def _on_input(descriptor: int, stop: asyncio.Event) -> None:
    try:
        if os.read(descriptor, 1024):
            return
    except BlockingIOError:
        return
    asyncio.get_running_loop().remove_reader(descriptor)
    stop.set()

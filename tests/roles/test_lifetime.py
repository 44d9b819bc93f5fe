import asyncio
import os
import signal
import sys
from types import SimpleNamespace

import pytest

from bot.errors import DatabaseError
from bot.roles.lifetime import run_until, stop_event


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_sets_the_event(number):
    stop = stop_event(with_parent=False)
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(stop.wait(), 30)


async def test_the_end_of_the_parent_sets_the_event(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(fileno=lambda: reading))
    stop = stop_event(with_parent=True)
    os.write(writing, b"still here")
    await asyncio.sleep(0.05)
    assert not stop.is_set()
    os.close(writing)
    await asyncio.wait_for(stop.wait(), 30)
    os.close(reading)


async def test_every_part_is_cancelled_when_it_stops():
    ended = []

    async def part(name):
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(name)

    stop = asyncio.Event()
    running = asyncio.create_task(run_until(stop, part("one"), part("two")))
    await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert sorted(ended) == ["one", "two"]


async def test_a_part_that_fails_ends_the_others_and_is_raised():
    async def fails():
        raise DatabaseError("gone")

    async def waits():
        await asyncio.Event().wait()

    with pytest.raises(DatabaseError, match="gone"):
        await asyncio.wait_for(run_until(asyncio.Event(), waits(), fails()), 30)


async def test_a_part_that_fails_while_ending_is_raised_too():
    async def fails_late():
        try:
            await asyncio.Event().wait()
        finally:
            raise DatabaseError("could not be closed")

    stop = asyncio.Event()
    stop.set()
    with pytest.raises(DatabaseError, match="closed"):
        await asyncio.wait_for(run_until(stop, fails_late()), 30)

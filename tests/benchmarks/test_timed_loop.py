"""The stopwatch, on real callbacks of a real loop."""

import asyncio
import gc
import time

import pytest

from benchmarks.loop_hold import longest
from benchmarks.timed_loop import Hold, Stopwatch, read_holds


@pytest.fixture
def stopwatch(tmp_path):
    scheduling = tmp_path / "schedstat"
    scheduling.write_text("1000 0 1")
    with scheduling.open("rb", buffering=0) as stream:
        made = Stopwatch(stream)
        yield made
        gc.callbacks.remove(made._note_collection)


async def held_up(seconds):
    time.sleep(seconds)  # noqa: ASYNC251 - holding the loop is what is tested


async def test_what_holds_the_loop_is_named_and_timed(stopwatch, monkeypatch, tmp_path):
    monkeypatch.setattr(asyncio.Handle, "_run", stopwatch.time(asyncio.Handle._run))
    await asyncio.create_task(held_up(0.03))
    await asyncio.create_task(held_up(0.0))
    file = tmp_path / "holds.json"
    stopwatch.write(file)
    count, holds = read_holds(file)
    named = [hold for hold in holds if hold.name == "held_up"]
    assert count >= 2
    slowest = max(named, key=lambda hold: hold.seconds)
    assert slowest.seconds >= 0.03
    assert slowest.queued == 0.0


async def test_garbage_collection_counts_into_the_callback_that_it_stops(stopwatch, monkeypatch):
    monkeypatch.setattr(asyncio.Handle, "_run", stopwatch.time(asyncio.Handle._run))

    async def collecting():
        time.sleep(0.003)  # noqa: ASYNC251 - long enough to be kept
        gc.collect()

    await asyncio.create_task(collecting())
    (hold,) = [hold for hold in stopwatch.long if hold.name.endswith("collecting")]
    assert 0 < hold.collecting < hold.seconds


def test_the_wait_for_a_core_is_not_held_by_the_program():
    preempted = Hold("preempted", 0.0, 0.050, 0.049, 0.0)
    held = Hold("held", 0.0, 0.010, 0.0, 0.0)
    assert longest([preempted, held]) == [held, preempted]

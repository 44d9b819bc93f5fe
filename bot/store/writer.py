"""One writer per process: pending writes share short transactions, in the order they were asked."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec import Struct
from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.log import logger

_log = logger(__name__)

Result = TypeVar("Result")
Work = Callable[[AsyncConnection], Awaitable[Any]]
Transaction = Callable[[Work], Awaitable[Any]]

ROWS_PER_TRANSACTION = 2_000
DRAIN_SECONDS = 2.0
"""How long closing waits for what is not written yet: a role has 3 s to end."""


class _Job(Struct):
    work: Work
    rows: int
    done: asyncio.Future[Any]


class Writer:
    """Runs what is asked in transactions of at most 2,000 rows; leaving it writes what is left.

    What another writer keeps from being written for 2 s then is given up: its callers are
    cancelled, and the log says how much it was.

    `transaction` runs a piece of work in one write transaction and commits it. Work may be run
    again after a rollback, and must wait for nothing but its connection.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._jobs: deque[_Job] = deque()
        self._writing: list[_Job] = []
        self._asked = asyncio.Event()
        self._is_closed = True
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._is_closed = False
        self._task = asyncio.create_task(self._run(), name="store-writer")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_closed = True
        self._asked.set()
        if self._task is not None:
            await self._drain(self._task)

    async def run(
        self, work: Callable[[AsyncConnection], Awaitable[Result]], rows: int = 1
    ) -> Result:
        """Return the work's result once it is committed; `rows` is how many it writes at most."""
        result: Result = await self._ask(work, rows)
        return result

    async def add(self, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
        """Execute the statement for every row; returns when all of them are committed."""
        chunks = (
            rows[start : start + ROWS_PER_TRANSACTION]
            for start in range(0, len(rows), ROWS_PER_TRANSACTION)
        )
        await asyncio.gather(
            *[self._ask(_insertion(statement, part), len(part)) for part in chunks]
        )

    def _ask(self, work: Work, rows: int) -> asyncio.Future[Any]:
        if self._is_closed:
            raise RuntimeError("the store is closed")
        job = _Job(work, rows, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._asked.set()
        return job.done

    async def _drain(self, task: asyncio.Task[None]) -> None:
        await asyncio.wait([task], timeout=DRAIN_SECONDS)
        if task.done():
            task.result()
            return
        task.cancel()
        await asyncio.wait([task])
        # A caller that was cancelled counts on its write all the same.
        waiting = (*self._writing, *self._jobs)
        lost = [job for job in waiting if job.done.cancelled() or not job.done.done()]
        rows = sum(job.rows for job in lost)
        _log.error("closed before everything was written", lost_writes=len(lost), lost_rows=rows)
        for job in lost:
            job.done.cancel()

    async def _run(self) -> None:
        while not self._is_closed or self._jobs:
            await self._asked.wait()
            while self._jobs:
                self._writing = self._batch()
                await self._write(self._writing)
                self._writing = []
            self._asked.clear()

    def _batch(self) -> list[_Job]:
        jobs = [self._jobs.popleft()]
        rows = jobs[0].rows
        while self._jobs and rows + self._jobs[0].rows <= ROWS_PER_TRANSACTION:
            jobs.append(self._jobs.popleft())
            rows += jobs[-1].rows
        return jobs

    async def _write(self, jobs: list[_Job]) -> None:
        async def work(connection: AsyncConnection) -> list[Any]:
            return [await job.work(connection) for job in jobs]

        try:
            results = await self._transaction(work)
        except Exception as error:  # noqa: BLE001 - the writer outlives what it was asked to write
            await self._write_apart(jobs, error)
        else:
            for job, result in zip(jobs, results, strict=True):
                if not job.done.done():
                    job.done.set_result(result)

    async def _write_apart(self, jobs: list[_Job], error: Exception) -> None:
        if len(jobs) > 1:
            # Only the write that is at fault shall fail, not those that shared its transaction.
            for job in jobs:
                await self._write([job])
        elif not jobs[0].done.done():
            jobs[0].done.set_exception(error)


def _insertion(statement: Executable, rows: Sequence[dict[str, Any]]) -> Work:
    async def insert(connection: AsyncConnection) -> None:
        await connection.execute(statement, rows)

    return insert

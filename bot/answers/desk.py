"""The desk that answers: at once from what stands, else with a request and some patience."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.answers.published import PublishedReports, Standing
from bot.clock import Clock
from bot.model.report import ReportKey
from bot.store.requests import RequestState
from bot.store.store import Store

PATIENCE = timedelta(seconds=90)
LOOK_PAUSE = timedelta(seconds=0.25)


class Problem(StrEnum):
    """Why an answer is not the newest report of what was asked for."""

    DOWN = "down"
    FAILED = "failed"
    LATE = "late"


@dataclass(frozen=True)
class Answer:
    """A report to show for `asked`, or none, and what is wrong with it.

    `down_since` is since when new answers are not being prepared, `note` what the collector said
    last that it was doing.
    """

    asked: ReportKey
    standing: Standing | None
    problem: Problem | None = None
    down_since: datetime | None = None
    note: str = ""

    @property
    def is_nearest(self) -> bool:
        """Whether the report is about something else than what was asked for."""
        return self.standing is not None and self.standing.key != self.asked


class Desk:
    """Answers questions for reports."""

    def __init__(self, store: Store, published: PublishedReports, clock: Clock) -> None:
        self._store = store
        self._published = published
        self._clock = clock

    def at_once(self, key: ReportKey) -> Answer | None:
        """Return the standing report, None when it must be asked for."""
        standing = self._published.get(key)
        if standing is None:
            return None
        is_overdue = self._published.is_overdue(standing)
        return self._answer(key, standing, Problem.LATE if is_overdue else None)

    async def prepared(self, key: ReportKey) -> Answer:
        """Leave a request and return its report once published.

        The nearest published report without a sign of the collector for 10 s, after a request that
        failed, and after 90 s; the answer says which of them.
        """
        request = await self._store.requests.ask(key)
        deadline = self._clock.monotonic() + PATIENCE.total_seconds()
        while self._clock.monotonic() < deadline:
            answer = self.at_once(key)
            if answer is not None:
                return answer
            if self._published.silent_since() is not None:
                break
            if await self._store.requests.state(request) is RequestState.FAILED:
                return self._answer(key, self._published.nearest(key), Problem.FAILED)
            await self._clock.sleep(LOOK_PAUSE.total_seconds())
        return self._answer(key, self._published.nearest(key), Problem.LATE)

    def _answer(self, key: ReportKey, standing: Standing | None, problem: Problem | None) -> Answer:
        down_since = self._published.silent_since()
        if down_since is not None:
            problem = Problem.DOWN
        return Answer(key, standing, problem, down_since, self._published.collector_note)

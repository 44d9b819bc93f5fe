"""What is said beside a report or instead of one: nobody may take one report for another."""

from datetime import UTC, datetime

import pytest

from bot.answers.desk import Answer, Problem
from bot.answers.notices import notice
from bot.answers.published import Standing
from bot.model.report import ReportKey
from bot.store.publications import Published
from bot.wording.catalogue import read_catalogue

ASKED = ReportKey("market", "SOL", "7d")
OTHER = ReportKey("market", "market", "24h")
WHEN = datetime(2024, 8, 5, 13, tzinfo=UTC)
MARK = f"<t:{WHEN.timestamp():.0f}:R>"
DOWN = f"Preparing new answers is down since {MARK}"
INSTEAD = f"**Shown instead: the market over 24 h**, from {MARK}."


def standing(key):
    return Standing(Published(key, 1, WHEN, WHEN, b""))


@pytest.mark.parametrize(
    ("shown", "problem", "said"),
    [
        (ASKED, None, None),
        (ASKED, Problem.DOWN, f"{DOWN}. This is the newest report on SOL over 7 d, from {MARK}."),
        (
            ASKED,
            Problem.FAILED,
            (
                "A newer report on SOL over 7 d could not be prepared."
                f" This is the last that could, from {MARK}."
            ),
        ),
        (
            ASKED,
            Problem.LATE,
            f"A newer report on SOL over 7 d is not ready yet. This is the last, from {MARK}.",
        ),
        (OTHER, Problem.DOWN, f"{DOWN}, and there is no report on SOL over 7 d. {INSTEAD}"),
        (OTHER, Problem.FAILED, f"The report on SOL over 7 d could not be prepared. {INSTEAD}"),
        (
            OTHER,
            Problem.LATE,
            f"The report on SOL over 7 d is not ready yet; please ask again in a minute. {INSTEAD}",
        ),
        (
            None,
            Problem.DOWN,
            f"There is no report yet, and preparing answers is down since {MARK}.",
        ),
        (
            None,
            Problem.FAILED,
            "The report on SOL over 7 d could not be prepared. Please ask again in a minute.",
        ),
        (
            None,
            Problem.LATE,
            (
                "There is no report yet: the first history is still being fetched."
                " Please ask again in a minute."
            ),
        ),
    ],
)
def test_it_names_what_is_shown_and_why(shown, problem, said):
    answer = Answer(
        ASKED,
        None if shown is None else standing(shown),
        problem,
        WHEN if problem is Problem.DOWN else None,
    )
    assert answer.is_nearest == (shown is OTHER)
    found = notice(answer, read_catalogue("en"))
    assert found == said


def test_the_first_fetch_tells_how_far_it_is():
    answer = Answer(ASKED, None, Problem.LATE, note="gate tickers BTC/USDT:USDT: 5")
    found = notice(answer, read_catalogue("en"))
    assert found is not None
    assert "still being fetched, last `gate tickers BTC/USDT:USDT: 5`" in found

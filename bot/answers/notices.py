"""What is said beside a report that is not just what was asked for, or instead of one."""

from bot.answers.desk import Answer, Problem
from bot.model.report import MARKET, ReportKey
from bot.wording.catalogue import Catalogue
from bot.wording.times import Medium, time_text, window_text

_SAME = {Problem.DOWN: "same_down", Problem.FAILED: "same_failed", Problem.LATE: "same_late"}
_NEAREST = {
    Problem.DOWN: "nearest_down",
    Problem.FAILED: "nearest_failed",
    Problem.LATE: "nearest_late",
}
_NOTHING = {
    Problem.DOWN: "nothing_down",
    Problem.FAILED: "nothing_failed",
    Problem.LATE: "nothing_late",
}


def notice(answer: Answer, catalogue: Catalogue) -> str | None:
    """Return what an answer needs said, None where the report speaks for itself."""
    if answer.problem is None:
        return None
    slots = {"asked": _name(answer.asked, catalogue), "note": answer.note}
    if answer.down_since is not None:
        slots["since"] = time_text(answer.down_since, Medium.DISCORD, relative=True)
    if answer.standing is not None:
        slots["shown"] = _name(answer.standing.key, catalogue)
        slots["as_of"] = time_text(answer.standing.as_of, Medium.DISCORD, relative=True)
    return catalogue.titles[_title(answer, answer.problem)].format(**slots)


def _title(answer: Answer, problem: Problem) -> str:
    if answer.standing is not None:
        return (_NEAREST if answer.is_nearest else _SAME)[problem]
    if problem is Problem.LATE and answer.note:
        return "nothing_fetching"
    return _NOTHING[problem]


def _name(key: ReportKey, catalogue: Catalogue) -> str:
    name = catalogue.titles["the_market"] if key.asset == MARKET else key.asset
    return catalogue.titles["report_name"].format(name=name, window=window_text(key.window))

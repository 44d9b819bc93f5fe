"""Reports of random markets, with whatever is missing: they never raise and never lie."""

import re
from dataclasses import replace
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.builders.market import market_report
from bot.model.report import NamesSlot, NumberSlot, Status, WindowSlot
from bot.model.series import FeedKind
from bot.model.windows import Window
from bot.wording.times import Medium

SERIES = ["prices", "contracts", "liquidations", "funding", "ticker"]
WINDOWED = ("headline.asset", "price.window", "summary.regime", "driver.forced", "coverage.")
recipes = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "fall": st.sampled_from([-0.4, -0.12, -0.04, 0.0, 0.05, 0.3]),
        "hours": st.sampled_from([1, 24, 26, 400, 1500, 2900]),
        "scale": st.sampled_from([1e-8, 0.44, 50_000.0, 1e6]),
        "noise": st.sampled_from([0.0, 0.001, 0.01]),
        "gaps": st.sampled_from([0.0, 0.0, 0.05, 0.3]),
        "exchanges": st.sampled_from([("binance",), ("binance", "gate")]),
        "closing": st.sampled_from([-0.3, -0.02, 0.0, 0.1]),
        "long": st.sampled_from([0.0, 1.0, 400.0]),
        "short": st.sampled_from([0.0, 1.0]),
        "kind": st.sampled_from(list(FeedKind)),
        "lacks": st.frozensets(st.sampled_from(SERIES), max_size=3),
        "funding_rate": st.sampled_from([0.0, 1e-7, -0.0003, 0.01]),
    }
)
markets = st.dictionaries(st.sampled_from(["BTC", "ETH", "SOL", "A1"]), recipes, min_size=1)
quick = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@quick
@given(markets, st.sampled_from(list(Window)), st.sampled_from([0, 1, 5, 30]), st.booleans())
def test_any_market_audits_clean(world, ingredients, window, hours_late, of_asset):
    made = {asset: world.Recipe(**recipe) for asset, recipe in ingredients.items()}
    inputs = world.market(made, now=world.AT + timedelta(hours=hours_late, seconds=20))
    asset = next(iter(made)) if of_asset else "market"
    report = market_report(inputs, window, asset)
    for medium in Medium:
        texts = world.said(report, medium)  # audits every sentence
        assert not re.search(r"\b(nan|inf|None)\b", " ".join(texts.values()))
    _is_consistent(report)


def _is_consistent(report):
    ids = {entry.id for entry in report.evidence}
    assert len(ids) == len(report.evidence)
    for entry in report.evidence:
        assert (entry.value is None) == (entry.status is Status.UNKNOWN)
        assert set(entry.parents) <= ids
    for driver in (*report.drivers, *report.counter_evidence):
        assert set(driver.evidence) <= ids
        assert driver.n >= 21 or (driver.score, driver.p, driver.percentile) == (None,) * 3
    scores = [driver.score for driver in report.drivers if driver.score is not None]
    assert scores == sorted(scores, reverse=True)
    severities = [statement.severity for statement in report.statements]
    assert severities == sorted(severities, reverse=True)
    _slots_belong(report)


def _slots_belong(report):
    """Windows and names in a sentence are those of the evidence that the sentence stands on."""
    by_id = {entry.id: entry for entry in report.evidence}
    for statement in (report.headline, *report.statements):
        entries = [by_id[name] for name in statement.evidence]
        assets = {entry.asset for entry in entries}
        if statement.template.startswith(("price.row", "headline", "altcoins.move", "missing.s")):
            names = {s.name for s in statement.slots.values() if hasattr(s, "name")}
            names |= {
                n for s in statement.slots.values() if isinstance(s, NamesSlot) for n in s.names
            }
            assert names <= assets, statement
        if statement.template.startswith(WINDOWED):
            measured = [s.evidence for s in statement.slots.values() if isinstance(s, NumberSlot)]
            shown = {s.window for s in statement.slots.values() if isinstance(s, WindowSlot)}
            assert {by_id[name].window for name in measured} - {"rule"} == shown, statement


@pytest.mark.parametrize("fall", [-0.35, -0.09, -0.015])
@pytest.mark.parametrize("asset", ["market", "BTC", "ETH"])
def test_a_mirrored_rally_never_says_fell(world, asset, fall):
    def headline(size):
        made = {
            name: replace(recipe, fall=size, closing=-abs(size), noise=0.0005)
            for name, recipe in world.FIVE.items()
        }
        return world.said(market_report(world.market(made), Window.DAY, asset))["headline"]

    assert " fell " in headline(fall)
    assert " rose " not in headline(fall)
    assert " rose " in headline(-fall)
    assert " fell " not in headline(-fall)


def test_a_rally_turns_every_sign(world):
    fallen = market_report(world.market({"BTC": world.Recipe(fall=-0.2, noise=1e-5)}), Window.DAY)
    risen = market_report(world.market({"BTC": world.Recipe(fall=0.2, noise=1e-5)}), Window.DAY)
    assert "−18.1 %" in world.said(fallen)["price.BTC"]
    assert "+22.1 %" in world.said(risen)["price.BTC"]
    assert "No decline by the rule" in world.said(risen)["summary.shape.BTC"]
    assert "No cascade" in world.said(risen)["summary.cascade.BTC"]
    assert [d.name for d in fallen.counter_evidence] == ["short_liquidations"]
    assert [d.name for d in risen.counter_evidence] == ["long_liquidations"]


def test_a_deeper_drop_never_sounds_milder(world):
    shapes, numbers = [], []
    for fall in (-0.001, -0.01, -0.03, -0.048, -0.052, -0.08, -0.2, -0.5, -0.9):
        recipe = world.Recipe(fall=fall, noise=1e-4)
        texts = world.said(market_report(world.market({"BTC": recipe}), Window.DAY, "BTC"))
        shapes.append("No decline" not in texts["summary.shape.BTC"])
        numbers += [float(found) for found in re.findall(r"fell (\S+) %", texts["headline"])]
    assert shapes == sorted(shapes)
    assert len(set(shapes)) == 2
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == len(numbers)


def test_a_move_that_reads_as_zero_neither_fell_nor_rose(world):
    prices = np.full(2900, 100.0)
    for last, word in ((99.9999, "was level:"), (99.0, "fell"), (101.0, "rose")):
        recipe = world.Recipe(noise=0.0, fall=0.0)
        inputs = world.market({"BTC": recipe})
        prices[-1] = last
        closes = inputs.closes("BTC")
        closes[:] = prices
        headline = world.said(market_report(inputs, Window.DAY, "BTC"))["headline"]
        assert headline.startswith(f"BTC {word} ")


@pytest.mark.parametrize("lacking", SERIES)
@pytest.mark.parametrize("asset", ["market", "BTC", "ETH"])
def test_what_is_missing_is_named_and_nothing_stands_in_for_it(world, falling, asset, lacking):
    terms = {
        "prices": "Not enough data for prices of",
        "contracts": "Not enough data for open interest of",
        "liquidations": "Not enough data for liquidations of",
        "funding": "Not enough data for settled funding of",
    }
    about = ["BTC"] if asset == "market" else [asset]
    lost = world.market(
        {
            name: replace(recipe, lacks=recipe.lacks | ({lacking} if name in about else set()))
            for name, recipe in world.FIVE.items()
        }
    )
    before = world.said(market_report(falling, Window.DAY, asset))
    report = market_report(lost, Window.DAY, asset)
    after = world.said(report)
    missing = [text for key, text in after.items() if key.startswith("missing.")]
    if lacking in terms:
        assert any(t.startswith(terms[lacking]) and about[0] in t for t in missing), missing
    else:
        assert not {key for key in after if key.startswith("summary.since_close")}
    numbers = {n for text in after.values() for n in re.findall(r"[\d.,]*\d", text)}
    known = {n for text in before.values() for n in re.findall(r"[\d.,]*\d", text)}
    # Sums and ranks over the assets that are left may differ; nothing else may be new.
    scopes = (
        "summary.with.",
        "driver.",
        "rank.",
        "headline",
        "altcoins.",
        "source.",
        "missing.",
        "coverage.",
    )
    new = {
        n
        for key, text in after.items()
        if not key.startswith(scopes) and before.get(key) != text
        for n in re.findall(r"[\d.,]*\d", text)
    }
    if lacking != "prices":
        assert new <= known, numbers - known


def test_nothing_at_all(world):
    everything = frozenset(SERIES)
    inputs = world.market(
        {"BTC": world.Recipe(lacks=everything), "ETH": world.Recipe(lacks=everything)}
    )
    report = market_report(inputs, Window.DAY)
    texts = world.said(report)
    assert texts["headline"] == "Not enough data for the price of BTC over 24 h"
    assert texts["missing.exchange"] == "Nothing was received from binance."
    assert {key.partition(".")[0] for key in texts} == {"headline", "missing"}
    assert not report.drivers
    assert not report.counter_evidence
    for text in texts.values():
        assert set(re.findall(r"\d+", text)) <= {"24", "7", "30", "8"}


def test_changing_any_shown_value_changes_the_text(world, falling):
    report = market_report(falling, Window.DAY)
    texts = world.said(report)
    for statement in (report.headline, *report.statements):
        for slot in statement.slots.values():
            if isinstance(slot, NumberSlot):
                changed = tuple(
                    _changed(entry) if entry.id == slot.evidence else entry
                    for entry in report.evidence
                )
                after = world.said(_with(report, changed, statement))
                assert after[statement.id] != texts[statement.id]


def _changed(entry):
    return msgspec.structs.replace(entry, value=2 * entry.value + 1)


def _with(report, evidence, statement):
    other = msgspec.structs.replace(statement, id=statement.id)
    is_headline = statement.id == "headline"
    headline = other if is_headline else _no_words(report)
    statements = () if is_headline else (other,)
    return msgspec.structs.replace(
        report, evidence=evidence, headline=headline, statements=statements
    )


def _no_words(report):
    return next(s for s in report.statements if s.template.startswith("source."))


@pytest.mark.parametrize("asset", ["market", "ETH"])
def test_the_order_of_the_assets_changes_no_sentence_about_one(world, falling, asset):
    backwards = world.market(dict(reversed(world.FIVE.items())))
    one, other = (
        world.said(market_report(inputs, Window.DAY, asset)) for inputs in (falling, backwards)
    )
    assert one.keys() == other.keys()
    several = [key for key in one if key.startswith(("summary.with.", "driver.", "missing."))]
    for key in one.keys() - several:
        assert one[key] == other[key]
    for key in several:
        assert sorted(one[key].replace(",", "").split()) == sorted(
            other[key].replace(",", "").split()
        )


@pytest.mark.parametrize("factor", [0.5, 1000.0])
def test_scaling_prices_changes_prices_alone(world, factor):
    lacks = frozenset({"liquidations"})
    made = {
        name: replace(recipe, lacks=recipe.lacks | lacks) for name, recipe in world.FIVE.items()
    }
    scaled = {name: replace(recipe, scale=recipe.scale * factor) for name, recipe in made.items()}
    one, other = (
        world.said(market_report(world.market(these), Window.DAY)) for these in (made, scaled)
    )
    money = re.compile(r"\$[\d.,]+")
    assert one.keys() == other.keys()
    for key in one:
        assert money.sub("$", one[key]) == money.sub("$", other[key])
        assert (one[key] != other[key]) == bool(money.search(one[key]))


@pytest.mark.parametrize("window", list(Window))
def test_a_future_bar_changes_nothing(world, falling, window):
    later = {
        name: replace(found, prices=replace(found.prices, closes=_with_future(found.prices.closes)))
        for name, found in falling.assets.items()
    }
    inputs = replace(falling, assets=later)
    # `newest` is one hour later then, which is what the sources say; prices stay what they were.
    before, after = (world.said(market_report(one, window)) for one in (falling, inputs))
    for key in before:
        if not key.startswith("source."):
            assert before[key] == after[key]


def _with_future(closes):
    later = closes.copy()
    later[closes.index[-1] + timedelta(hours=1)] = closes.iloc[-1] * 2
    return later

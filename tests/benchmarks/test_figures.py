"""The arithmetic that every benchmark's verdict rests on."""

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.figures import Bar, conclude, paired_ratio, percentile, rotated

SAMPLES = st.lists(st.floats(0, 1e6), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (1.0, 100)]
)
def test_a_percentile_is_the_nearest_rank(share, expected):
    assert percentile(range(100, 0, -1), share) == expected


def test_one_sample_is_every_percentile():
    assert [percentile([3.0], share) for share in (0.01, 0.5, 1.0)] == [3.0] * 3


def test_no_samples_have_no_percentile():
    assert math.isnan(percentile([], 0.5))


@given(SAMPLES, st.integers(1, 100))
def test_a_percentile_has_its_share_at_or_below_it_and_is_the_smallest_such_sample(samples, of_100):
    found = percentile(samples, of_100 / 100)
    at_or_below = sum(sample <= found for sample in samples)
    below = sum(sample < found for sample in samples)
    assert found in samples
    assert below * 100 < of_100 * len(samples) <= at_or_below * 100


def test_the_ratio_is_paired_by_block():
    # Drift that hits both in a block leaves it alone; a ratio of medians would say 10.
    assert paired_ratio([20.0, 200.0, 2.0], [10.0, 100.0, 1.0]) == 2.0
    assert paired_ratio([1.0, 30.0, 3.0], [1.0, 10.0, 3.0]) == 1.0


def test_a_ratio_needs_as_many_blocks_of_both():
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([1.0, 2.0], [1.0])


def test_each_name_comes_first_as_often():
    orders = [rotated(["a", "b", "c"], turn) for turn in range(6)]
    assert [order[0] for order in orders] == ["a", "b", "c"] * 2
    assert {frozenset(order) for order in orders} == {frozenset("abc")}


def test_a_bar_is_met_up_to_its_limit():
    assert Bar("p50", 1.5, 1.5, "×").is_met
    assert not Bar("p50", math.nextafter(1.5, 2), 1.5, "×").is_met
    assert not Bar("p50", math.nan, 1.5, "×").is_met


def concluded(*bars):
    console = Console(file=io.StringIO(), width=40)
    code = conclude("start", bars, console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def test_every_bar_met_ends_well_with_one_line():
    code, printed = concluded(Bar("median", 1.234, 3, "s"), Bar("gateway", 81.0, 120, "MB"))
    assert code == 0
    assert printed == "start: median 1.23 s (at most 3) · gateway 81 MB (at most 120)\n"


def test_one_missed_bar_fails_and_is_named():
    code, printed = concluded(Bar("median", 1.0, 3, "s"), Bar("gateway", 121.0, 120, "MB"))
    assert code == 1
    assert printed == "start: median 1 s (at most 3) · gateway 121 MB (at most 120) MISSED\n"


def test_a_benchmark_without_figures_fails():
    assert concluded()[0] == 1

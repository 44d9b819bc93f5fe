import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.store.spans import length, union, within, without

stretches = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def points(pieces):
    return {point for start, end in pieces for point in range(start, end)}


def is_union(pieces):
    whole = all(start < end for start, end in pieces)
    return whole and all(one[1] < two[0] for one, two in itertools.pairwise(pieces))


@given(stretches)
def test_union(pieces):
    assert is_union(union(pieces))
    assert points(union(pieces)) == points(pieces)
    assert length(pieces) == len(points(pieces))


@given(stretches, stretches)
def test_without(pieces, holes):
    assert is_union(without(pieces, holes))
    assert points(without(pieces, holes)) == points(pieces) - points(holes)


@given(stretches, st.integers(0, 40), st.integers(0, 40))
def test_within(pieces, start, end):
    assert is_union(within(pieces, start, end))
    assert points(within(pieces, start, end)) == points(pieces) & set(range(start, end))

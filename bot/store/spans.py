"""Arithmetic of stretches of time: half-open (start, end) in milliseconds, as sorted unions."""

from collections.abc import Iterable

Stretch = tuple[int, int]


def union(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time as sorted stretches that neither overlap nor touch."""
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def within(stretches: Iterable[Stretch], start: int, end: int) -> list[Stretch]:
    """Return what lies inside [start, end), as a union."""
    return union((max(first, start), min(last, end)) for first, last in stretches)


def without(stretches: Iterable[Stretch], holes: Iterable[Stretch]) -> list[Stretch]:
    """Return what is left of the stretches outside the holes, as a union."""
    left: list[Stretch] = []
    gaps = union(holes)
    for stretch in union(stretches):
        start, end = stretch
        for hole_start, hole_end in gaps:
            if hole_end <= start or hole_start >= end:
                continue
            left.append((start, hole_start))
            start = hole_end
        left.append((start, end))
    return union(left)


def length(stretches: Iterable[Stretch]) -> int:
    """Return the milliseconds that the stretches cover together."""
    return sum(end - start for start, end in union(stretches))

"""Numbers as stretches: the same numbers, and only where that saves searches."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from traceability.lineage.stretches import PATIENCE, WORTH_READING, stretches


@given(st.sets(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=12))
def test_stretches_hold_exactly_the_numbers(parts: set[tuple[int, int]]) -> None:
    numbers = {1 + 50 * place + at for place, length in parts for at in range(length)}
    found = stretches(numbers)
    if found is None:
        gaps = sum(number - 1 not in numbers for number in numbers)
        assert WORTH_READING * gaps > len(numbers)
        return
    pairs = list(zip(*found, strict=True))
    assert {one for first, last in pairs for one in range(first, last + 1)} == numbers
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(pairs))


def test_numbers_that_come_twice_are_in_their_stretch_once() -> None:
    assert stretches([3, 1, 2, 2, 4, 4]) == ([1], [4])


def test_scattered_numbers_make_no_stretches() -> None:
    assert stretches(range(0, 100_000, 2)) is None


def test_scattered_numbers_at_the_beginning_do_not_hide_the_rest() -> None:
    found = stretches([*range(0, PATIENCE // 4, 2), *range(1_000, 9_000)])
    assert found is not None
    assert (found.firsts[-1], found.lasts[-1]) == (1_000, 8_999)

"""Cycles of a directed graph."""

from __future__ import annotations

from traceability.lineage.cycles import cycles


def test_finds_what_can_reach_itself() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("f", "f")]
    assert set(cycles(edges)) == {frozenset("abc"), frozenset("de"), frozenset("f")}


def test_finds_nothing_where_every_way_ends() -> None:
    assert cycles([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]) == []


def test_does_not_count_what_lies_between_two_cycles() -> None:
    edges = [(1, 2), (2, 1), (2, 3), (3, 4), (4, 5), (5, 4)]
    assert set(cycles(edges)) == {frozenset({1, 2}), frozenset({4, 5})}


def test_follows_a_chain_longer_than_any_recursion() -> None:
    edges = [(number, number + 1) for number in range(20_000)]
    assert cycles(edges) == []
    assert len(cycles([*edges, (20_000, 0)])[0]) == 20_001

"""Stays: when something is inside something else."""

from __future__ import annotations

from itertools import permutations

import pytest

from traceability.lineage.containment import (
    Change,
    Key,
    Stay,
    by_parent,
    follow,
    is_inside_itself,
    overlap,
    stays,
)


def key(time: int) -> Key:
    return time, time


def change(
    time: int, action: str, parent: str, child: str | None = None, *amount: str
) -> Change[str]:
    quantity, uom = (*amount, None, None)[:2]
    return Change(key(time), action, parent, child, quantity, uom)


class TestStays:
    def test_a_stay_lasts_from_add_to_delete(self) -> None:
        found = stays([change(1, "ADD", "case", "drum"), change(3, "DELETE", "case", "drum")])
        assert found == {"drum": [Stay("case", key(1), key(3))]}

    def test_a_stay_without_delete_lasts(self) -> None:
        found = stays([change(1, "ADD", "case", "drum"), change(3, "DELETE", "case", "other")])
        assert found == {"drum": [Stay("case", key(1), None)]}

    def test_a_delete_without_children_empties_the_parent(self) -> None:
        changes = [change(1, "ADD", "case", "drum"), change(2, "ADD", "case", "other")]
        found = stays([*changes, change(3, "DELETE", "case")])
        assert {stay.end for held in found.values() for stay in held} == {key(3)}

    def test_what_comes_back_has_two_stays(self) -> None:
        changes = [change(time, "ADD", "case", "drum") for time in (1, 5)]
        found = stays([*changes, change(3, "DELETE", "case", "drum")])
        assert found["drum"] == [Stay("case", key(1), key(3)), Stay("case", key(5), None)]

    def test_the_order_of_arrival_does_not_matter(self) -> None:
        changes = [
            change(1, "ADD", "case", "drum"),
            change(2, "DELETE", "case"),
            change(3, "ADD", "pallet", "drum"),
            change(4, "DELETE", "pallet", "drum"),
        ]
        expected = stays(changes)
        assert all(
            {child: sorted(held) for child, held in stays(order).items()} == expected
            for order in permutations(changes)
        )

    def test_an_observation_begins_a_stay_that_nobody_reported(self) -> None:
        found = stays([change(2, "OBSERVE", "case", "drum"), change(3, "OBSERVE", "case", "drum")])
        assert found == {"drum": [Stay("case", key(2), None)]}

    def test_a_delete_of_what_is_not_inside_says_nothing(self) -> None:
        assert stays([change(1, "DELETE", "case", "drum")]) == {}

    def test_nothing_is_inside_itself(self) -> None:
        assert stays([change(1, "ADD", "case", "case")]) == {}


class TestAmounts:
    def test_a_lot_stays_until_all_of_it_is_out(self) -> None:
        changes = [
            change(1, "ADD", "case", "lot", "100", "KGM"),
            change(2, "ADD", "case", "lot", "20", "KGM"),
            change(3, "DELETE", "case", "lot", "100", "KGM"),
        ]
        assert stays(changes)["lot"][0].end is None
        changes.append(change(4, "DELETE", "case", "lot", "20.0", "KGM"))
        assert stays(changes)["lot"][0].end == key(4)

    def test_a_delete_without_quantity_takes_all_of_it(self) -> None:
        changes = [change(1, "ADD", "case", "lot", "100"), change(2, "DELETE", "case", "lot")]
        assert stays(changes)["lot"][0].end == key(2)

    @pytest.mark.parametrize("amount", [("100", "MTR"), ("100",)])
    def test_another_unit_leaves_something_behind(self, amount: tuple[str, ...]) -> None:
        changes = [
            change(1, "ADD", "case", "lot", "100", "KGM"),
            change(2, "DELETE", "case", "lot", *amount),
        ]
        assert stays(changes)["lot"][0].end is None

    def test_an_unknown_amount_leaves_something_behind(self) -> None:
        changes = [change(1, "ADD", "case", "lot"), change(2, "DELETE", "case", "lot", "5")]
        assert stays(changes)["lot"][0].end is None


class TestOverlap:
    def test_returns_what_two_intervals_share(self) -> None:
        assert overlap((key(1), key(5)), (key(3), None)) == (key(3), key(5))

    def test_returns_nothing_where_one_ends_as_the_other_begins(self) -> None:
        assert overlap((key(1), key(3)), (key(3), None)) is None


class TestFollow:
    def test_follows_only_stays_that_hold_at_the_same_time(self) -> None:
        found = stays(
            [
                change(1, "ADD", "case", "drum"),
                change(2, "DELETE", "case", "drum"),
                change(3, "ADD", "pallet", "case"),
                change(4, "ADD", "box", "drum"),
                change(5, "ADD", "pallet", "box"),
            ]
        )
        around = follow(
            "drum", step=lambda one: [(stay.parent, stay) for stay in found.get(one, ())]
        )
        assert [(placed.node, placed.level) for placed in around] == [
            ("case", 1),
            ("box", 1),
            ("pallet", 2),
        ]

    def test_goes_around_a_circle_once(self) -> None:
        found = by_parent(
            stays(
                [change(1, "ADD", "a", "b"), change(2, "ADD", "b", "c"), change(3, "ADD", "c", "a")]
            )
        )
        inside = list(follow("a", step=lambda one: found.get(one, ())))
        assert [placed.node for placed in inside] == ["b", "c"]


class TestIsInsideItself:
    def test_finds_a_case_in_itself_through_three_levels(self) -> None:
        found = by_parent(
            stays(
                [change(1, "ADD", "a", "b"), change(2, "ADD", "b", "c"), change(3, "ADD", "c", "a")]
            )
        )
        assert is_inside_itself("a", step=lambda one: found.get(one, ()))

    def test_takes_no_offence_at_changing_places_later(self) -> None:
        found = by_parent(
            stays(
                [
                    change(1, "ADD", "a", "b"),
                    change(2, "DELETE", "a", "b"),
                    change(3, "ADD", "b", "a"),
                ]
            )
        )
        assert not is_inside_itself("a", step=lambda one: found.get(one, ()))

"""What events say of one thing, and where that puts it; the rules as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import pytest

from traceability.lineage.one_code.containers import Containers
from traceability.lineage.one_code.faults import OneCodeBreach
from traceability.lineage.one_code.rules import contradictions
from traceability.lineage.one_code.tellings import (
    CHILD,
    COMMISSIONED,
    EPC,
    PARENT,
    PUT_IN,
    RECEIVED,
    SHIPPED,
    Happening,
    Telling,
    telling,
)

CASE, TOTE = 1, 2


def happening(type: str, time: int, action: str | None = None, **more: object) -> Happening:
    number = more.pop("number", time)
    values = {"biz_step": None, "participant": b"", **more}
    return Happening(time=time, number=number, type=type, action=action, **values)  # type: ignore[arg-type]  # the rest are options


def packed(time: int, parent: int, action: str = "ADD") -> Telling:
    return telling(happening("AggregationEvent", time, action, parents=(parent,)), CHILD)


def containers(emptied: dict[int, Sequence[int]] | None = None) -> Containers:
    return Containers(
        emptied=lambda container: (emptied or {}).get(container, ()), tellings=lambda _: ()
    )


class TestTelling:
    @pytest.mark.parametrize(
        ("event", "roles", "says"),
        [
            (happening("ObjectEvent", 1, "ADD"), EPC, COMMISSIONED),
            (happening("ObjectEvent", 1, "OBSERVE"), EPC, 0),
            (happening("TransactionEvent", 1, "ADD"), EPC, 0),
            (happening("AggregationEvent", 1, "ADD"), CHILD, PUT_IN),
            (happening("AggregationEvent", 1, "ADD"), PARENT, 0),
            (happening("AssociationEvent", 1, "ADD"), CHILD, 0),
            (happening("ObjectEvent", 1, "OBSERVE", biz_step="departing"), EPC, SHIPPED),
            (happening("ObjectEvent", 1, "OBSERVE", biz_step="accepting"), EPC, RECEIVED),
            (happening("ObjectEvent", 1, "ADD", biz_step="receiving"), EPC, COMMISSIONED),
        ],
    )
    def test_says_what_the_action_means(self, event: Happening, roles: int, says: int) -> None:
        assert telling(event, roles).says == says


class TestStays:
    def windows(self, tellings: Sequence[Telling], **more: dict[int, Sequence[int]]) -> list[tuple]:  # type: ignore[type-arg]  # plain numbers
        return [stay[:3] for stay in containers(**more).stays(tellings)]

    def test_last_until_the_container_gives_back(self) -> None:
        assert self.windows([packed(1, CASE)]) == [(CASE, 1, inf)]
        assert self.windows([packed(1, CASE), packed(3, CASE, "DELETE")]) == [(CASE, 1, 3)]
        assert self.windows([packed(1, CASE), packed(3, TOTE, "DELETE")]) == [(CASE, 1, inf)]

    def test_end_when_everything_leaves(self) -> None:
        assert self.windows([packed(1, CASE)], emptied={CASE: [0, 4]}) == [(CASE, 1, 4)]

    def test_of_two_events_at_one_time_the_delete_is_last(self) -> None:
        assert self.windows([packed(3, CASE, "DELETE"), packed(3, CASE)]) == [(CASE, 3, 3)]

    def test_putting_in_what_is_inside_changes_nothing(self) -> None:
        tellings = [packed(2, CASE), packed(1, CASE), packed(3, CASE, "DELETE"), packed(5, CASE)]
        assert self.windows(tellings) == [(CASE, 1, 3), (CASE, 5, inf)]


class TestContradictions:
    def test_the_one_with_the_higher_number_is_in_breach(self) -> None:
        first = telling(happening("ObjectEvent", 5, "ADD", number=1), EPC)
        second = telling(happening("ObjectEvent", 2, "ADD", number=2), EPC)
        found = contradictions(second, [first], containment=containers(), is_used_up=True)
        assert [(one.rule.code, one.other) for one in found] == [
            ("COMMISSIONED_TWICE", first.event)
        ]
        assert not contradictions(first, [second], containment=containers(), is_used_up=True)

    def test_the_earliest_of_several_is_named(self) -> None:
        others = [telling(happening("ObjectEvent", time, "ADD"), EPC) for time in (3, 1, 2)]
        new = telling(happening("ObjectEvent", 9, "ADD"), EPC)
        (found,) = contradictions(new, others, containment=containers(), is_used_up=True)
        assert found.other.time == 1


def test_each_rule_has_its_own_code_and_words() -> None:
    rules = OneCodeBreach.__subclasses__()
    for part in ("code", "rule", "breach"):
        assert len({getattr(rule, part) for rule in rules}) == len(rules) == 6

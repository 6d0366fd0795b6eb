"""What several endpoints say together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from traceability.chain.agreement import Vote, agreed
from traceability.chain.faults import ContractMismatch, EndpointsDisagree


def votes(*said: object) -> list[Vote[object]]:
    return [Vote(f"node-{number}", value) for number, value in enumerate(said)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [((7,), 7), ((7, 7), 7), ((7, 8, 7), 7), ((None, None, 7), None), ((None, 7), None)],
)
def test_most_votes_decide(said: Sequence[object], expected: object) -> None:
    assert agreed(votes(*said), "a thing") == expected


@pytest.mark.parametrize("said", [(7, 8), (7, 8, 9), (7, 7, 8, 8), (None, 7, 8)])
def test_without_a_majority_nothing_is_believed(said: Sequence[object]) -> None:
    with pytest.raises(EndpointsDisagree, match=r"disagree on a thing: .* by node-0"):
        agreed(votes(*said), "a thing")


def test_who_has_not_seen_it_has_no_say_where_that_is_asked() -> None:
    assert agreed(votes(None, None, 7), "a block", abstains=True) == 7
    assert agreed(votes(None, None), "a block", abstains=True) is None
    with pytest.raises(EndpointsDisagree):
        agreed(votes(None, 8, 7), "a block", abstains=True)


def test_a_contract_missing_at_one_of_three_is_outvoted() -> None:
    missing = ContractMismatch("contract missing")
    assert agreed(votes(7, missing, 7), "a head") == 7
    with pytest.raises(ContractMismatch, match="missing"):
        agreed(votes(7, missing, ContractMismatch("contract missing")), "a head")

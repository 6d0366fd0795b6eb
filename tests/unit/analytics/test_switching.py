"""Every switch of the standard, one lot before it, and what never counts."""

import pytest

from analytics.errors import CountsError, PlanError
from analytics.sampling import Plan, single_plan
from analytics.switching import Conditions, InspectedLot, Switching, after_lot, replay, resumed

AGREED = Conditions(reduction_agreed=True)


def plan(state: str, aql: str = "1.0") -> Plan:
    assert state in {"normal", "tightened", "reduced"}
    return single_plan("K", aql, state)  # type: ignore[arg-type]  # asserted


def follow(start: Switching, found: str, *, aql: str = "1.0", agreed: bool = False) -> Switching:
    """Inspect lots: a dot is faultless, an x is refused."""
    now = start
    for mark in found:
        used = plan(now.state, aql)
        now = after_lot(
            now, used, 0 if mark == "." else used.reject,
            conditions=AGREED if agreed else Conditions(),
        )  # fmt: skip
    return now


class TestNormal:
    @pytest.mark.parametrize("found", ["xx", "x.x", "x...x", ".....x...x"])
    def test_two_of_five_refused_are_tightened(self, found: str) -> None:
        assert follow(Switching(), found).state == "tightened"
        assert follow(Switching(), found[:-1]).state == "normal"

    def test_two_of_six_are_not(self) -> None:
        assert follow(Switching(), "x....x").state == "normal"

    def test_a_score_of_thirty_is_reduced_if_the_authority_agrees(self) -> None:
        assert follow(Switching(), "." * 10, agreed=True).state == "reduced"
        assert follow(Switching(), "." * 9, agreed=True) == Switching("normal", (True,) * 5, 0, 27)
        assert follow(Switching(), "." * 20).state == "normal"

    def test_small_acceptance_numbers_take_fifteen_lots(self) -> None:
        assert plan("normal", "0.40").accept == 1
        assert follow(Switching(), "." * 14, aql="0.40", agreed=True).score == 28
        assert follow(Switching(), "." * 15, aql="0.40", agreed=True).state == "reduced"

    def test_a_lot_that_only_just_passes_resets_the_score(self) -> None:
        now = follow(Switching(), "....")
        used = plan("normal")
        assert used.tighter_accept == used.accept - 1
        assert after_lot(now, used, used.accept - 1).score == 15
        assert after_lot(now, used, used.accept).score == 0


class TestTightened:
    def test_five_accepted_in_a_row_are_normal(self) -> None:
        start = Switching("tightened")
        assert follow(start, ".....") == Switching()
        assert follow(start, "....x....").state == "tightened"
        assert follow(start, "....x.....").state == "normal"

    def test_five_refused_altogether_are_discontinued(self) -> None:
        start = Switching("tightened")
        assert follow(start, "x.x.x.x.").state == "tightened"
        assert follow(start, "x.x.x.x.x").state == "discontinued"

    def test_after_discontinuation_nothing_is_inspected_until_the_supplier_acts(self) -> None:
        ended = Switching("discontinued", refused=5)
        with pytest.raises(PlanError, match="discontinued: the supplier has to act first"):
            after_lot(ended, plan("tightened"), 0)
        assert resumed(ended) == Switching("tightened")
        with pytest.raises(PlanError, match="nothing to resume: inspection is normal"):
            resumed(Switching())


class TestReduced:
    def test_one_refused_lot_is_normal(self) -> None:
        assert follow(Switching("reduced"), "...").state == "reduced"
        assert follow(Switching("reduced"), "...x") == Switching()

    def test_irregular_production_is_normal(self) -> None:
        now = after_lot(
            Switching("reduced"), plan("reduced"), 0, conditions=Conditions(irregular=True)
        )
        assert now == Switching()


class TestLots:
    def test_a_resubmission_never_counts(self) -> None:
        used = plan("normal")
        now = follow(Switching(), "x")
        assert after_lot(now, used, used.reject, submission=2) == now
        assert after_lot(now, used, used.reject).state == "tightened"

    def test_the_wrong_severity_is_refused(self) -> None:
        with pytest.raises(PlanError, match="lot needs tightened inspection, got a normal plan"):
            after_lot(Switching("tightened"), plan("normal"), 0)

    def test_negative_counts_are_refused(self) -> None:
        with pytest.raises(CountsError, match="negative: got -1"):
            after_lot(Switching(), plan("normal"), -1)


class TestReplay:
    def test_a_switch_binds_the_next_lot_of_that_supplier_and_part_alone(self) -> None:
        lots = [
            InspectedLot("A", "rod", "K", "1.0", 4),
            InspectedLot("A", "drum", "K", "1.0", 0),
            InspectedLot("A", "rod", "K", "1.0", 9),
            InspectedLot("A", "rod", "K", "1.0", 3),
            InspectedLot("A", "drum", "K", "1.0", 3),
            InspectedLot("B", "rod", "K", "1.0", 9, submission=2),
        ]
        found = replay(lots)
        severities = [outcome.plan.severity for outcome in found if outcome.plan]
        assert severities == ["normal", "normal", "normal", "tightened", "normal", "normal"]
        assert [outcome.accepted for outcome in found] == [False, True, False, False, True, False]
        assert not found[5].counted
        assert found[5].next == Switching()

    def test_a_lot_after_discontinuation_has_no_plan(self) -> None:
        found = replay([InspectedLot("A", "rod", "K", "1.0", 9)] * 8)
        assert [outcome.next.state for outcome in found[-2:]] == ["discontinued"] * 2
        assert found[-2].plan is not None
        assert (found[-1].plan, found[-1].accepted, found[-1].counted) == (None, None, False)

    def test_a_lot_without_a_result_has_its_plan_and_counts_for_nothing(self) -> None:
        refused = InspectedLot("A", "rod", "K", "1.0", 9)
        *_, last = replay([refused, refused, InspectedLot("A", "rod", "K", "1", None, size=60)])
        assert last.plan is not None
        assert (last.plan.severity, last.plan.sample, last.accepted) == ("tightened", 60, None)
        assert last.next == Switching("tightened")

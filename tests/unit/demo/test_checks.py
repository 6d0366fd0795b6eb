from __future__ import annotations

from collections import Counter

import pytest

from ledger_api.demo import checks as checks_module
from ledger_api.demo.accounts import PARTS, accounts
from ledger_api.demo.cast import PARTIES, PLANT, ROD_A, ROD_C, SCORED
from ledger_api.demo.checks import EXPECTED, rod_checks
from ledger_api.demo.plan import SEED, make_plan
from tests.support.demo import events_of, quality_rows
from traceability.quality.extraction import extract_document, extract_inspection, inspection_faults
from traceability.quality.records import LossRecord, OutputRecord
from traceability.quality.scores import score_suppliers

PLAN = make_plan()
ENOUGH = 10**6


def grades(plan):
    scores = score_suppliers(quality_rows(plan), as_of_size=ENOUGH)
    return {score.gln: (score.text_grade.level, score.text_grade.limiting) for score in scores}


class TestGrades:
    @pytest.mark.parametrize("seed", [SEED, 0, 5, 11])
    def test_every_supplier_has_the_grade_that_the_plan_gave_it(self, seed):
        expected = {party.gln: EXPECTED[party] for party in SCORED}
        assert grades(make_plan(seed=seed)) == expected

    def test_rod_makers_differ_in_level(self):
        assert [EXPECTED[party][0] for party in SCORED[:3]] == [4, 3, 1]

    def test_bad_lot_alone_costs_its_maker_the_cpk(self, monkeypatch):
        monkeypatch.setattr(checks_module, "BAD_LOT_SHIFT", 0)
        level, limiting = grades(PLAN)[ROD_C.gln]
        assert level == 2
        assert "cpk" not in limiting

    def test_resubmissions_and_complaints_are_told_but_not_counted(self):
        scores = score_suppliers(quality_rows(PLAN), as_of_size=ENOUGH)
        reasons = {item.reason for score in scores for item in score.excluded}
        assert reasons == {"resubmission", "kind_not_counted", "earlier_year"}


class TestInspections:
    def test_none_is_faulty(self):
        assert [f for event in events_of(PLAN) for f in inspection_faults(event)] == []

    def test_one_that_passes_more_than_it_inspects_would_be(self):
        event = next(event for event in events_of(PLAN) if extract_inspection(event))
        broken = event["itemproof:inspection"] | {"passed": 10**6}
        assert inspection_faults({**event, "itemproof:inspection": broken})

    def test_all_kinds_occur(self):
        found = Counter(
            inspection.kind
            for event in events_of(PLAN)
            if (inspection := extract_inspection(event))
        )
        assert set(found) == {"incoming", "in_process", "outgoing", "field"}
        assert found["field"] == 1

    def test_bad_lot_is_within_its_limits_so_it_was_let_in(self):
        diameter, *_ = rod_checks(PLAN, ROD_C)[PLAN.bad_rod.number]
        assert diameter.conforms
        assert min(diameter.deviations) > 0

    def test_lots_of_a_good_maker_share_one_mean(self):
        found = rod_checks(PLAN, ROD_A).values()
        sums = [sum(diameter.deviations) for diameter, *_ in found]
        assert min(sums) < 0 < max(sums)


class TestAccounts:
    @pytest.mark.parametrize("party", SCORED, ids=lambda party: party.name_en)
    def test_every_kind_of_loss_is_declared_zero_or_not(self, party):
        found = [extract_document(item.media_type, item.value) for item in accounts(PLAN, party)]
        losses = [record.loss for record in found if isinstance(record, LossRecord)]
        kinds = {(side, kind) for side, parts in PARTS.items() for kind in parts}
        assert {(loss.side, loss.kind) for loss in losses} == kinds
        assert any(loss.amount_cents == 0 for loss in losses)
        outputs = [record.output.year for record in found if isinstance(record, OutputRecord)]
        assert outputs == [PLAN.base.year - 2, PLAN.base.year - 1]

    def test_those_who_are_not_scored_declare_nothing(self):
        assert len(PARTIES) - len(SCORED) == 2
        with pytest.raises(KeyError):
            accounts(PLAN, next(party for party in PARTIES if party not in SCORED))

    def test_parts_make_up_the_whole(self):
        assert [sum(parts.values()) for parts in PARTS.values()] == [100, 100]
        assert PLANT in SCORED

"""Scores are as of a tree size, independent of the order of rows, and named by hashes."""

import json
import random
from dataclasses import replace
from fractions import Fraction

import pytest

from analytics import errors
from analytics.supplier_score import CODE_VERSION
from tests.support.quality import (
    OTHER_SUPPLIER,
    SUPPLIER,
    accounts,
    inspection,
    inspection_rows,
)
from traceability.errors import InvalidInput
from traceability.quality import statistics
from traceability.quality.faults import TRANSLATIONS, translated
from traceability.quality.policy import default_policy, policy_hash, read_policy
from traceability.quality.records import Inspection, QualityRow, Unreadable
from traceability.quality.scores import grade_metrics, run_scores, score_suppliers
from traceability.quality.statistics import collect, statistics_hash, statistics_json

ROWS = [
    *inspection_rows(seed=1, lots=30),
    *accounts(),
    *inspection_rows(seed=2, lots=30, supplier=OTHER_SUPPLIER, sigma=14, failing=0.1),
    *accounts(supplier=OTHER_SUPPLIER, internal=4_000),
]


class TestRunScores:
    def test_ranks_suppliers_as_they_are(self) -> None:
        good, bad = score_suppliers(ROWS, as_of_size=1_000)
        assert (good.gln, bad.gln) == (SUPPLIER, OTHER_SUPPLIER)
        assert good.score > good.low > bad.high

    def test_names_what_it_was_computed_from(self) -> None:
        run = run_scores(ROWS, as_of_size=1_000)
        assert run.as_of_size == 1_000
        assert run.code_version == CODE_VERSION
        assert run.policy_hash == policy_hash(default_policy())
        assert len(run.statistics_hash) == 32

    def test_the_order_of_rows_does_not_matter(self) -> None:
        shuffled = list(ROWS)
        random.Random(9).shuffle(shuffled)
        assert run_scores(shuffled, as_of_size=1_000) == run_scores(ROWS, as_of_size=1_000)

    def test_later_entries_are_as_if_unwritten(self) -> None:
        later = QualityRow(1_000, 0, inspection(passed=0, nonconformities=50))
        before = run_scores(ROWS, as_of_size=1_000)
        assert run_scores([*ROWS, later], as_of_size=1_000) == before
        after = run_scores([*ROWS, later], as_of_size=1_001)
        assert after.statistics_hash != before.statistics_hash
        assert after.suppliers[0].score < before.suppliers[0].score

    def test_one_reading_changed_by_one_quantum_changes_the_hash(self) -> None:
        row = ROWS[0]
        assert isinstance(row.content, Inspection)
        first, *rest = row.content.deviations
        moved = replace(row, content=replace(row.content, deviations=(first + 1, *rest)))
        before = run_scores(ROWS, as_of_size=1_000).statistics_hash
        assert run_scores([moved, *ROWS[1:]], as_of_size=1_000).statistics_hash != before

    @pytest.mark.parametrize("status", ["corrected", "erased"])
    def test_replaced_records_do_not_count_and_are_listed(self, status: str) -> None:
        gone = QualityRow(60, 0, inspection(passed=0, nonconformities=50), status=status)
        with_it = run_scores([*ROWS, gone], as_of_size=1_000)
        without = run_scores(ROWS, as_of_size=1_000)
        assert with_it.statistics_hash == without.statistics_hash
        listed = [item.to_json() for item in with_it.suppliers[0].excluded]
        assert {"reason": f"record_{status}", "count": 1, "unit": "records"} in listed

    def test_an_unreadable_record_is_listed_and_stops_nobody(self) -> None:
        found = run_scores([*ROWS, QualityRow(60, 0, Unreadable(SUPPLIER))], as_of_size=1_000)
        listed = [item.to_json() for item in found.suppliers[0].excluded]
        assert {"reason": "record_unreadable", "count": 1, "unit": "records"} in listed
        assert found.suppliers[0].score == score_suppliers(ROWS, as_of_size=1_000)[0].score

    def test_inspections_of_recalled_goods_count(self) -> None:
        recalled = QualityRow(60, 0, inspection(passed=0, nonconformities=50), status="recalled")
        found = run_scores([*ROWS, recalled], as_of_size=1_000)
        assert found.suppliers[0].score < score_suppliers(ROWS, as_of_size=1_000)[0].score

    def test_a_supplier_without_records_is_listed_without_merit(self) -> None:
        (found,) = run_scores([], as_of_size=5, suppliers=[SUPPLIER]).suppliers
        assert (found.score, found.high) == (0, 100)

    def test_another_policy_has_another_hash_and_score(self) -> None:
        policy = json.loads(json.dumps(default_policy()))
        policy["weights"]["cpk"] = "50"
        changed = run_scores(ROWS, as_of_size=1_000, policy=policy)
        shipped = run_scores(ROWS, as_of_size=1_000)
        assert changed.policy_hash != shipped.policy_hash
        assert changed.statistics_hash == shipped.statistics_hash
        assert changed.suppliers[1].score != shipped.suppliers[1].score

    def test_refuses_a_policy_that_is_none(self) -> None:
        with pytest.raises(InvalidInput, match="policy has missing or unknown members") as caught:
            run_scores([], as_of_size=1, policy={})
        assert caught.value.code == "SCORE_POLICY"

    def test_is_json(self) -> None:
        for score in score_suppliers(ROWS, as_of_size=1_000):
            assert json.loads(json.dumps(score.to_json()))["gln"] == score.gln


class TestStatistics:
    def test_small_and_large_inputs_agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        by_python = collect(ROWS, as_of_size=1_000)
        monkeypatch.setattr(statistics, "DUCKDB_FROM_ROWS", 0)
        by_duckdb = collect(ROWS, as_of_size=1_000)
        assert statistics_hash(by_duckdb.suppliers) == statistics_hash(by_python.suppliers)

    def test_hash_is_of_these_integers(self) -> None:
        rows = [QualityRow(3, 0, inspection(passed=49, nonconformities=2)), *accounts()]
        suppliers = collect(rows, as_of_size=9).suppliers
        assert statistics_hash(suppliers).hex()[:16] == "1f9fa0e51e2cd571"
        assert statistics_json(suppliers) == {
            "version": "itemproof-statistics/1",
            "suppliers": [
                {
                    "gln": SUPPLIER,
                    "subgroups": [
                        ["incoming", "receiving", None, "L1", True,
                         ["0", "0", "0", None, None, "0", "50", "49", "2", "500"]]
                    ],
                    "losses": [
                        [2025, "internal", "scrap", "500", "CNY"],
                        [2025, "external", "claim", "300", "CNY"],
                    ],
                    "outputs": [[2025, "100000", "CNY"]],
                }
            ],
        }  # fmt: skip


class TestPolicy:
    def test_shipped_policy_is_whole(self) -> None:
        assert read_policy(default_policy()).confidence == Fraction("0.95")

    def test_hash_is_pinned_since_statements_name_it(self) -> None:
        assert policy_hash(default_policy()).hex()[:16] == "3efaf811bda46f70"


class TestGradeMetrics:
    def test_grades_text(self) -> None:
        found = grade_metrics(
            dpmo="6210", cpk="1.33", rty="95%", internal_loss="2%", external_loss="0.02"
        )
        assert (found.level, found.limiting) == (2, ("sigma",))

    def test_refuses_with_our_own_errors(self) -> None:
        with pytest.raises(InvalidInput, match="rty out of range") as caught:
            grade_metrics(rty="98")
        assert caught.value.code == "METRIC_RANGE"
        with pytest.raises(InvalidInput, match="cpk is not a plain decimal") as caught:
            grade_metrics(cpk="high")
        assert caught.value.code == "METRIC_SYNTAX"


class TestTranslation:
    def test_misses_no_fault_of_analytics(self) -> None:
        assert set(TRANSLATIONS) == set(errors.AnalyticsError.__subclasses__())

    def test_keeps_the_cause_and_adds_the_pointer(self) -> None:
        with pytest.raises(InvalidInput) as caught, translated("/x"):
            raise errors.CountsError("too many")
        assert (caught.value.pointer, caught.value.fault) == ("/x", "too many")
        assert isinstance(caught.value.__cause__, errors.CountsError)

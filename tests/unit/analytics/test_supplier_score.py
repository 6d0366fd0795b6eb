"""Scores follow the data: bounded, ordered, explained, and never perfect without data."""

from fractions import Fraction

import pytest

from analytics.score_policy import ScorePolicy, parse_policy
from analytics.supplier_data import SupplierData
from analytics.supplier_score import Excluded, SupplierScore, score_supplier
from tests.support.quality import DIAMETER, SUPPLIER, accounts, inspection, inspection_rows
from tests.unit.analytics.test_score_policy import SHIPPED
from traceability.quality.records import QualityRow
from traceability.quality.statistics import collect

POLICY: ScorePolicy = parse_policy(SHIPPED)


def scored(rows: list[QualityRow]) -> SupplierScore:
    collected = collect(rows, as_of_size=10_000, suppliers=[SUPPLIER])
    return score_supplier(collected.suppliers[0], POLICY)


def rows(*contents: object) -> list[QualityRow]:
    return [QualityRow(at, 0, content) for at, content in enumerate(contents)]  # type: ignore[arg-type]  # the test knows


class TestNoData:
    def test_earns_nothing_and_could_be_anything(self) -> None:
        found = score_supplier(SupplierData(SUPPLIER, {}), POLICY)
        assert (found.score, found.low, found.high) == (0, 0, 100)
        assert found.text_grade.level == found.demonstrated_grade.level == 1
        assert "no_data" in found.flags

    def test_accounts_alone_are_no_quality(self) -> None:
        found = scored(accounts(internal=0, external=0))
        assert (found.score, found.high) == (20, 100)
        assert "no_data" not in found.flags


class TestFullData:
    def test_a_capable_supplier_scores_high(self) -> None:
        found = scored(inspection_rows(seed=1, lots=30) + accounts())
        assert found.text_grade.level == 5
        assert found.flags == ()
        assert found.low < found.score <= found.high
        assert found.score > 95

    def test_little_data_demonstrate_little(self) -> None:
        found = scored(inspection_rows(seed=1, lots=8) + accounts())
        more = scored(inspection_rows(seed=1, lots=300) + accounts())
        assert found.demonstrated_grade.level == 2
        assert more.demonstrated_grade.level == 4
        assert found.high - found.low > more.high - more.low

    def test_a_worse_supplier_scores_lower(self) -> None:
        good = scored(inspection_rows(seed=1, lots=30) + accounts())
        worse = scored(inspection_rows(seed=1, lots=30, sigma=11, failing=0.03) + accounts())
        bad = scored(inspection_rows(seed=1, lots=30, sigma=18, failing=0.2) + accounts())
        assert good.score > worse.score > bad.score
        assert bad.text_grade.level == 1

    def test_contributions_add_up(self) -> None:
        found = scored(inspection_rows(seed=1, lots=30, sigma=11, failing=0.03) + accounts())
        parts = [part.share * part.points for part in found.contributions]
        assert sum(parts) == found.score
        assert [part.metric for part in found.contributions] == list(SHIPPED["weights"])


class TestYield:
    def test_a_stage_rolls_over_its_characteristics(self) -> None:
        found = scored(
            rows(
                inspection(inspected=100, passed=98, nonconformities=2),
                inspection(
                    inspected=100, passed=99, nonconformities=1,
                    characteristic=DIAMETER, deviations=(0, 1),
                ),
            )
        )  # fmt: skip
        assert found.metrics.rty == Fraction("0.9702")
        assert found.metrics.nonconformities == 3

    def test_resubmissions_never_count(self) -> None:
        first = inspection(inspected=100, passed=90, nonconformities=10)
        again = inspection(inspected=10, passed=10, submission=2)
        alone, both = scored(rows(first)), scored(rows(first, again))
        assert both.metrics.rty == alone.metrics.rty == Fraction("0.9")
        assert both.score == alone.score
        assert both.excluded == (Excluded("resubmission", 10, "units"),)

    def test_field_inspections_are_listed_and_not_counted(self) -> None:
        found = scored(rows(inspection(kind="field", passed=0, nonconformities=50)))
        assert found.metrics.rty is None
        assert found.excluded == (Excluded("kind_not_counted", 50, "units"),)


class TestCapability:
    def test_the_worst_key_characteristic_decides(self) -> None:
        found = scored(
            [
                *inspection_rows(seed=1, lots=30, sigma=6),
                *(
                    QualityRow(row.leaf_index, 7, inspection(
                        lot=row.content.lot, stage="second", characteristic=DIAMETER,
                        deviations=row.content.deviations, inspected=5, passed=5,
                        opportunities=1,
                    ))
                    for row in inspection_rows(seed=2, lots=30, sigma=9)
                    if row.record_index == 0
                ),
            ]
        )  # fmt: skip
        values = [part.capability.cpk for part in found.metrics.characteristics]
        assert len(values) == 2
        assert found.metrics.cpk == min(value for value in values if value is not None)

    def test_an_unstable_process_has_no_cpk_and_cannot_earn_its_points(self) -> None:
        good = inspection_rows(seed=1, lots=30, sigma=4)
        off = inspection(
            lot="off", characteristic=DIAMETER, deviations=(30,) * 5, inspected=5, passed=5,
            opportunities=1,
        )  # fmt: skip
        found = scored([*good, QualityRow(99, 0, off), *accounts()])
        assert "cpk_unstable" in found.flags
        assert found.text_grade.limiting == ("cpk",)
        assert (found.text_grade.level, found.high) == (1, 75)

    def test_a_later_version_replaces_the_earlier_one(self) -> None:
        from dataclasses import replace

        wider = replace(DIAMETER, upper=Fraction("8.50"))
        old = inspection_rows(seed=1, lots=30)
        new = [
            replace(row, leaf_index=row.leaf_index + 100,
                    content=replace(row.content, characteristic=wider))  # type: ignore[arg-type]  # the test knows
            for row in old if row.record_index == 0
        ]  # fmt: skip
        found = scored([*old, *new])
        assert [part.characteristic for part in found.metrics.characteristics] == [wider]
        assert Excluded("superseded_specification", 150, "readings") in found.excluded

    def test_a_key_characteristic_stays_key(self) -> None:
        from dataclasses import replace

        given = inspection_rows(seed=1, lots=30)
        last = replace(
            given[-2],
            leaf_index=999,
            content=replace(given[-2].content, characteristic=replace(DIAMETER, is_key=False)),  # type: ignore[arg-type]  # the test knows
        )
        found = scored([*given, last])
        assert "cpk_too_few_readings" in found.flags
        assert found.metrics.cpk is None

    def test_a_characteristic_that_never_was_key_does_not_count(self) -> None:
        from dataclasses import replace

        plain = replace(DIAMETER, is_key=False)
        found = scored(
            rows(inspection(characteristic=plain, deviations=(1, 2), inspected=2, passed=2))
        )
        assert found.metrics.characteristics == ()
        assert found.text_grade.limiting == ("cpk", "internal_loss", "external_loss")


class TestJson:
    def test_is_what_outsiders_expect(self) -> None:
        found = scored(inspection_rows(seed=1, lots=30, sigma=9, failing=0.02) + accounts())
        value = found.to_json()
        assert value["low"] <= value["score"] <= value["high"]  # type: ignore[operator]  # the test knows
        for name in ("gln", "text_grade", "demonstrated_grade", "limiting", "excluded", "metrics"):
            assert name in value
        assert value["score"] == round(float(found.score), 2)

    @pytest.mark.parametrize("metric", ["sigma", "cpk", "rty", "internal_loss", "external_loss"])
    def test_every_metric_is_there_even_without_data(self, metric: str) -> None:
        value = scored([]).to_json()
        assert value["metrics"][metric]["value"] is None  # type: ignore[index]  # the test knows

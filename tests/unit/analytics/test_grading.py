"""The five levels at their edges, with missing metrics, and with what holds them back."""

import pytest

from analytics.errors import MetricRangeError, MetricSyntaxError
from analytics.grading import METRICS, Grade, grade, parse_metrics

BEST = {"dpmo": "1", "cpk": "2.2", "rty": "0.99", "internal_loss": "0.001", "external_loss": "0"}


def graded(**changed: str | None) -> Grade:
    return grade(parse_metrics(**{**BEST, **changed}))


class TestLimits:
    @pytest.mark.parametrize(
        ("metric", "reached", "missed", "level"),
        [
            ("dpmo", "3.4", "3.400001", 5),
            ("dpmo", "232.629079", "232.62908", 4),
            ("dpmo", "6209.665326", "6209.665327", 3),
            ("dpmo", "66807.201269", "66807.20127", 2),
            ("cpk", "2", "1.999999999999", 5),
            ("cpk", "1.67", "1.666666666667", 4),
            ("cpk", "1.33", "1.329999999999", 3),
            ("cpk", "1", "0.999999999999", 2),
            ("rty", "98%", "0.979999999999", 5),
            ("rty", "0.97", "0.969999999999", 4),
            ("rty", "0.95", "0.949999999999", 3),
            ("rty", "0.90", "0.899999999999", 2),
            ("internal_loss", "0.749999%", "0.75%", 5),
            ("internal_loss", "1.499999%", "1.5%", 4),
            ("internal_loss", "2.999999%", "3%", 3),
            ("external_loss", "0.499999%", "0.5%", 5),
            ("external_loss", "0.999999%", "1%", 4),
            ("external_loss", "2.299999%", "2.3%", 3),
        ],
    )
    def test_is_met_on_one_side_only(
        self, metric: str, reached: str, missed: str, level: int
    ) -> None:
        name = "sigma" if metric == "dpmo" else metric
        assert dict(graded(**{metric: reached}).levels)[name] == level
        assert graded(**{metric: missed}).level == level - 1
        assert graded(**{metric: missed}).limiting == (name,)

    def test_four_thirds_pass_and_five_thirds_fail(self) -> None:
        assert dict(graded(cpk="1.333333333333").levels)["cpk"] == 3
        assert dict(graded(cpk="1.666666666666").levels)["cpk"] == 3

    def test_any_computed_loss_reaches_level_two(self) -> None:
        assert graded(internal_loss="250%").level == 2


class TestMissing:
    def test_cpk_not_computed_is_level_one(self) -> None:
        found = graded(cpk=None)
        assert (found.level, found.limiting, found.flags) == (1, ("cpk",), ("cpk_missing",))

    def test_one_loss_missing_is_level_one_and_flagged(self) -> None:
        found = graded(external_loss="")
        assert (found.level, found.limiting) == (1, ("external_loss",))
        assert found.flags == ("external_loss_missing", "one_loss_missing")

    def test_both_losses_missing_is_level_one(self) -> None:
        found = graded(internal_loss=None, external_loss=None)
        assert found.limiting == ("internal_loss", "external_loss")
        assert "one_loss_missing" not in found.flags

    @pytest.mark.parametrize(("metric", "name"), [("dpmo", "sigma"), ("rty", "rty")])
    def test_yield_or_dpmo_missing_is_insufficient(self, metric: str, name: str) -> None:
        found = graded(**{metric: None})
        assert (found.level, found.limiting) == ("insufficient_data", (name,))
        assert (found.name_zh, found.name_en) == ("", "")
        assert found.gap[0].needed == "computed"

    def test_a_metric_on_level_one_decides_despite_a_missing_yield(self) -> None:
        found = graded(rty=None, dpmo="70000")
        assert (found.level, found.limiting) == (1, ("sigma",))

    def test_nothing_at_all_is_level_one(self) -> None:
        assert grade(parse_metrics()).level == 1


class TestFlags:
    @pytest.mark.parametrize("dpmo", ["66803", "6205", "231", "3.4"])
    def test_tells_where_text_and_exact_limits_disagree(self, dpmo: str) -> None:
        assert graded(dpmo=dpmo).flags == ("sigma_limits_disagree",)

    @pytest.mark.parametrize("dpmo", ["66800", "66808", "6200", "6210", "230", "233", "3.39", "4"])
    def test_is_silent_where_they_agree(self, dpmo: str) -> None:
        assert graded(dpmo=dpmo).flags == ()


class TestGap:
    def test_names_value_and_need_of_each_limiting_metric(self) -> None:
        found = graded(dpmo="6210", cpk="1.2")
        assert [gap.to_json() for gap in found.gap] == [
            {"metric": "sigma", "value": "6210.000000", "needed": "dpmo <= 6209.665326"},
            {"metric": "cpk", "value": "1.200000", "needed": "cpk >= 1.33"},
        ]

    def test_is_empty_at_the_top(self) -> None:
        found = graded()
        assert (found.level, found.limiting, found.gap) == (5, METRICS, ())

    def test_speaks_of_losses(self) -> None:
        assert graded(internal_loss="0.03").gap[0].needed == "internal_loss < 0.03"
        assert graded(external_loss="0.005").gap[0].needed == "external_loss < 0.005"


def test_json_names_the_level_in_both_languages() -> None:
    found = graded(cpk="1.4").to_json()
    assert (found["level"], found["name"], found["name_en"]) == (3, "保证级", "assurance")
    assert found["levels"] == {
        "sigma": 5, "cpk": 3, "rty": 5, "internal_loss": 5, "external_loss": 5,
    }  # fmt: skip


class TestParseMetrics:
    @pytest.mark.parametrize(
        ("metric", "text"),
        [("dpmo", "-1"), ("dpmo", "1000001"), ("rty", "98"), ("internal_loss", "-0.1")],
    )
    def test_refuses_values_that_a_metric_cannot_take(self, metric: str, text: str) -> None:
        with pytest.raises(MetricRangeError, match=f"{metric} out of range: expected .*, got"):
            graded(**{metric: text})

    def test_accepts_a_negative_cpk(self) -> None:
        assert graded(cpk="-0.5").level == 1

    @pytest.mark.parametrize(("metric", "text"), [("dpmo", "1%"), ("cpk", "x"), ("rty", "1e-1")])
    def test_refuses_what_is_no_plain_decimal(self, metric: str, text: str) -> None:
        with pytest.raises(MetricSyntaxError, match=f"{metric} is not a plain decimal"):
            graded(**{metric: text})

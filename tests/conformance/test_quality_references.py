"""Published and derived values: the grade vectors, the NIST handbook, the nine StRD sets."""

import csv
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scipy import special

from analytics.attribute_charts import c_chart
from analytics.capability import Specification, indices
from analytics.chart_rules import NELSON, WESTERN_ELECTRIC
from analytics.charts import Standard
from analytics.control_charts import CONSTANTS, control_chart
from analytics.duckdb_statistics import run_duckdb, to_arrow
from analytics.exact import sqrt_down
from analytics.factors import factors
from analytics.grading import DPMO_EXACT, DPMO_LIMITS, DPMO_TEXT, grade, parse_metrics
from analytics.integer_statistics import Observation, run_python, variance
from analytics.memory_charts import ewma_chart
from analytics.readings import describe, exact_readings, parse_readings
from analytics.run_lengths import cusum_run_length, false_alarms_per_point, rules_run_length
from analytics.sampling import LEVELS, code_letter
from analytics.variables_charts import individuals_chart
from analytics.yields import sigma_level

pytestmark = pytest.mark.conformance_data

STRD = ("Lew", "Lottery", "Mavro", "Michelso", "NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4",
        "PiDigits")  # fmt: skip
LIMITING = {"int": "internal_loss", "ext": "external_loss"}
_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]*)?"


@pytest.fixture(scope="module")
def expected(conformance_data: Path) -> Any:
    return json.loads((conformance_data / "quality" / "expected.json").read_bytes())


def test_every_grade_vector_passes(conformance_data: Path) -> None:
    text = (conformance_data / "quality" / "grade_vectors.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 17
    for row in rows:
        names = ("dpmo", "cpk", "rty", "internal_loss", "external_loss")
        found = grade(parse_metrics(**{name: row[name] for name in names}))
        limiting = [LIMITING.get(name, name) for name in row["limiting_metrics"].split("|")]
        assert (str(found.level), found.name_zh, list(found.limiting)) == (
            row["expected_level"], row["expected_name"], limiting,
        ), row["case"]  # fmt: skip
        assert ("one_loss_missing" in found.flags) == ("flagged" in row["case"]), row["case"]


class TestStrd:
    @pytest.mark.parametrize("name", STRD)
    def test_mean_and_deviation_are_certified(self, conformance_data: Path, name: str) -> None:
        text = (conformance_data / "quality" / "strd" / f"{name}.txt").read_text(encoding="ascii")
        values, mean, deviation, _ = read_strd(text)
        decimals = max(len(str(value).partition(".")[2]) for value in values)
        quantum = Fraction(1, 10**decimals)
        nominal = Fraction(values[0])
        rows = [
            Observation(0, at, int((Fraction(value) - nominal) / quantum), 0, 0, 0, 0)
            for at, value in enumerate(values)
        ]
        found = run_python(rows)[0]
        assert run_duckdb(to_arrow(rows))[0] == found
        estimate = nominal + quantum * Fraction(found.total, found.readings)
        spread = quantum * sqrt_down(variance(found), decimals=40)
        assert relative(estimate, mean) <= Fraction(1, 10**13)
        assert relative(spread, deviation) <= Fraction(1, 10**13)

    @pytest.mark.parametrize("name", STRD)
    def test_every_certified_value_follows_from_the_readings(
        self, conformance_data: Path, name: str
    ) -> None:
        text = (conformance_data / "quality" / "strd" / f"{name}.txt").read_text(encoding="ascii")
        values, mean, deviation, autocorrelation = read_strd(text)
        found = describe(parse_readings(values, name=name))
        assert found.autocorrelation is not None
        assert relative(found.mean, mean) <= Fraction(1, 10**13)
        assert relative(found.deviation, deviation) <= Fraction(1, 10**13)
        assert relative(found.autocorrelation, autocorrelation) <= Fraction(1, 10**13)


def read_strd(text: str) -> tuple[list[str], Fraction, Fraction, Fraction]:
    """Return the data as written, and certified mean, deviation and autocorrelation."""
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    start = max(at for at, line in enumerate(lines) if not re.fullmatch(_NUMBER, line)) + 1
    found = re.search(rf"(?:Sample Mean .*ybar:|\nmean\s+=)\s*({_NUMBER})", text)
    spread = re.search(rf"(?:denom. = n-1\).*s:|standardDeviation\s+=)\s*({_NUMBER})", text)
    lagged = re.search(rf"(?:r\(1\):|autocorrelationCoefficient\s+=)\s*({_NUMBER})", text)
    assert found is not None
    assert spread is not None
    assert lagged is not None
    certified = (Fraction(match[1].rstrip(".")) for match in (found, spread, lagged))
    return lines[start:], *certified  # type: ignore[return-value]  # three matches, three numbers


def relative(found: Fraction, certified: Fraction) -> Fraction:
    return abs(found - certified) / abs(certified)


class TestHandbook:
    def test_capability(self, expected: Any) -> None:
        given = expected["nist_6_1_6_capability"]
        limits = Specification(Fraction(given["lsl"]), Fraction(given["usl"]))
        mean, spread = Fraction(given["mean"]), Fraction(given["sigma"]) ** 2
        cp, cpk = indices(mean, spread, limits=limits)
        assert (float(cp or 0), float(cpk or 0)) == pytest.approx(
            (given["cp"], given["cpk"]), abs=5e-5
        )
        for side, name in ((Specification(None, limits.upper), "cpu"),
                           (Specification(limits.lower, None), "cpl")):  # fmt: skip
            assert float(indices(mean, spread, limits=side)[1] or 0) == pytest.approx(
                given[name], abs=5e-5
            )

    def test_individuals(self, expected: Any) -> None:
        given = expected["nist_6_3_2_2_individuals"]
        parts = [
            run_python([Observation(0, at, round(value * 10), 0, 0, 0, 0)])[0]
            for at, value in enumerate(given["data"])
        ]
        chart = control_chart(parts)
        limits = chart.location_limits[0]
        assert float(chart.mean / 10) == given["mean"]
        assert float(chart.dispersion_limits[0].centre / 10) == pytest.approx(
            given["mr_bar"], abs=5e-5
        )
        assert float(limits.upper / 10) == pytest.approx(given["ucl"], abs=5e-4)
        assert float(limits.lower / 10) == pytest.approx(given["lcl"], abs=5e-4)

    def test_constants(self, expected: Any) -> None:
        given = expected["constants"]
        for size, value in given["d2"].items():
            assert float(CONSTANTS[int(size)].range_mean) == value
        for size, value in given["A2"].items():
            assert float(CONSTANTS[int(size)].mean_limit) == value
        for size, value in given["D4"].items():
            assert float(CONSTANTS[int(size)].range_upper) == value
        for size, value in given["c4"].items():
            assert factors(int(size)).c4 == pytest.approx(value, abs=5.1e-5)
            assert factors(int(size)).d2 == pytest.approx(
                given["d2"].get(size, factors(int(size)).d2), abs=5.1e-4
            )
        # The published factor is the exact one, rounded.
        assert float(3 / CONSTANTS[2].range_mean) == pytest.approx(given["E2_exact_n2"], abs=1e-3)
        assert factors(2).e2 == pytest.approx(given["E2_exact_n2"], rel=1e-11)

    def test_individuals_chart(self, expected: Any) -> None:
        given = expected["nist_6_3_2_2_individuals"]
        main = individuals_chart(exact_readings(given["data"])).tracks[0]
        # The handbook divides by the rounded 1.128, the chart by 2/√π.
        assert float(main.upper[0]) == pytest.approx(given["ucl"], abs=2e-3)
        assert float(main.lower[0]) == pytest.approx(given["lcl"], abs=2e-3)

    def test_ewma(self, expected: Any) -> None:
        given = expected["nist_6_3_2_4_ewma"]
        known = Standard(Fraction(str(given["ewma0"])), Fraction(str(given["s"])))
        weight = Fraction(str(given["lambda"]))
        chart = ewma_chart(
            exact_readings(given["data"]), weight=weight, steady=True, standard=known
        )
        track = chart.tracks[0]
        assert [float(value) for value in track.values] == pytest.approx(
            given["z"], abs=given["tol"] + 1e-9
        )
        assert float(track.upper[0]) == pytest.approx(given["ucl"], abs=1e-3)
        assert float(track.lower[0]) == pytest.approx(given["lcl"], abs=1e-3)
        assert len(chart.signals) == given["out_of_control"]

    def test_counts(self, expected: Any) -> None:
        given = expected["nist_6_3_3_1_c_chart"]
        track = c_chart([given["cbar"]] * 2).tracks[0]
        assert (track.upper[0], track.lower[0]) == (given["ucl"], given["lcl"])


class TestRunLengths:
    def test_of_rules_and_sums(self, expected: Any) -> None:
        given = expected["arl"]
        first = NELSON[:1]
        assert rules_run_length(first).points == pytest.approx(
            given["shewhart_3s_incontrol"], abs=0.05
        )
        assert rules_run_length(first, 1.0).points == pytest.approx(
            given["shewhart_3s_shift1"], abs=0.05
        )
        assert cusum_run_length(0.5, 5).points == pytest.approx(
            given["cusum_k.5_h5_two_sided_incontrol"], abs=0.5
        )
        assert cusum_run_length(0.5, 5, 1.0).points == pytest.approx(
            given["cusum_shift1"], abs=0.05
        )

    def test_false_alarms(self, expected: Any) -> None:
        given = expected["arl"]["false_alarm_per_point"]
        for name, rules in (("nelson1", NELSON[:1]), ("nelson_all8", NELSON),
                            ("weco4", WESTERN_ELECTRIC)):  # fmt: skip
            # The published shares are rounded to two digits.
            assert false_alarms_per_point(rules) == pytest.approx(given[name], rel=0.04)


class TestSigma:
    @pytest.mark.parametrize(("at", "level"), list(enumerate("3456")))
    def test_limits_are_the_normal_tail(self, expected: Any, at: int, level: str) -> None:
        given = expected["sigma_dpmo_shift1.5"]
        assert float(DPMO_EXACT[at]) == pytest.approx(given[level], abs=5e-5)
        assert float(DPMO_EXACT[at]) == pytest.approx(
            1e6 * special.ndtr(1.5 - int(level)), abs=6e-7
        )
        assert float(DPMO_TEXT[at]) == given["seed_table"][level]
        assert DPMO_LIMITS[at] == max(DPMO_EXACT[at], DPMO_TEXT[at])

    @pytest.mark.parametrize(("at", "level"), list(enumerate("3456")))
    def test_level_at_the_limit_is_the_level(self, at: int, level: str) -> None:
        just_inside = sigma_level(DPMO_EXACT[at] - Fraction(1, 10**6))
        assert just_inside == int(level)


def test_every_code_letter_is_the_standards(conformance_data: Path) -> None:
    path = conformance_data / "quality" / "aql" / "code_letters.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 15
    for row in rows:
        ends = [int(row["lot_min"]), int(row["lot_max"] or 10**9)]
        for level in LEVELS:
            assert [code_letter(lot, level) for lot in ends] == [row[level]] * 2, (row, level)

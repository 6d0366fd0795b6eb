"""Published and derived values: the grade vectors, the NIST handbook, the nine StRD sets."""

import csv
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scipy import special

from analytics.capability import Specification, indices
from analytics.control_charts import CONSTANTS, control_chart
from analytics.duckdb_statistics import run_duckdb, to_arrow
from analytics.exact import sqrt_down
from analytics.grading import DPMO_EXACT, DPMO_LIMITS, DPMO_TEXT, grade, parse_metrics
from analytics.integer_statistics import Observation, run_python, variance
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
        values, mean, deviation = read_strd(text)
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


def read_strd(text: str) -> tuple[list[str], Fraction, Fraction]:
    """Return the data as written, and the certified mean and standard deviation."""
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    start = max(at for at, line in enumerate(lines) if not re.fullmatch(_NUMBER, line)) + 1
    found = re.search(rf"(?:Sample Mean .*ybar:|\nmean\s+=)\s*({_NUMBER})", text)
    spread = re.search(rf"(?:denom. = n-1\).*s:|standardDeviation\s+=)\s*({_NUMBER})", text)
    assert found is not None
    assert spread is not None
    return lines[start:], Fraction(found[1].rstrip(".")), Fraction(spread[1].rstrip("."))


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
        # The published factor is the exact one, rounded.
        assert float(3 / CONSTANTS[2].range_mean) == pytest.approx(given["E2_exact_n2"], abs=1e-3)


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

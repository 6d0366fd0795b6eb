"""Readings are decimals within the gauge's resolution, or are refused by row."""

from fractions import Fraction

import pytest

from analytics.errors import ReadingError, SpecificationError, TooFewError, VarianceError
from analytics.readings import describe, exact_readings, parse_readings, varying


class TestParseReadings:
    def test_takes_multiples_of_the_quantum(self) -> None:
        found = parse_readings([" 8.01", "-7.90"], name="diameter", quantum=Fraction("0.01"))
        assert found == (Fraction("8.01"), Fraction("-7.9"))

    def test_refuses_what_is_finer_than_the_quantum(self) -> None:
        with pytest.raises(ReadingError, match=r"reading 2 of diameter is finer .* got 8.013"):
            parse_readings(["8.01", "8.013"], name="diameter", quantum=Fraction("0.01"))

    @pytest.mark.parametrize("quantum", [0, -1])
    def test_refuses_a_quantum_that_is_not_positive(self, quantum: int) -> None:
        with pytest.raises(SpecificationError, match="quantum is not positive"):
            parse_readings(["8"], name="diameter", quantum=Fraction(quantum))

    @pytest.mark.parametrize("text", ["", "NaN", "inf", "1e3", "8,01", "0x1", "八"])
    def test_refuses_what_is_no_number(self, text: str) -> None:
        with pytest.raises(ReadingError, match="reading 1: diameter is not a plain decimal"):
            parse_readings([text], name="diameter")


class TestExactReadings:
    def test_are_the_floats_themselves(self) -> None:
        assert exact_readings([0.5, 3]) == (Fraction(1, 2), 3)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_refuse_what_is_not_finite(self, value: float) -> None:
        with pytest.raises(ReadingError, match="reading 2 is no finite number"):
            exact_readings([1.0, value])


class TestDescribe:
    def test_is_exact(self) -> None:
        found = describe([Fraction(1), Fraction(2), Fraction(4), Fraction(1)])
        assert (found.mean, found.variance, found.least, found.greatest) == (2, 2, 1, 4)
        assert found.autocorrelation == Fraction(-2, 6)

    def test_one_reading_is_too_few(self) -> None:
        with pytest.raises(TooFewError, match="expected 2, got 1"):
            describe([Fraction(1)])

    def test_readings_that_must_vary_do_not(self) -> None:
        assert describe([Fraction(3)] * 2).autocorrelation is None
        with pytest.raises(VarianceError, match="do not vary: all 2 are 3"):
            varying([Fraction(3)] * 2)

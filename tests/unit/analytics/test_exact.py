"""Decimals are read and written exactly; roots are directed."""

from fractions import Fraction

import pytest

from analytics.errors import MetricSyntaxError
from analytics.exact import fixed, parse_decimal, plain, round_to, sqrt_down, sqrt_up


class TestParseDecimal:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("0.98", "49/50"), ("3.4", "17/5"), ("-1.5", "-3/2"), ("+7", "7"), ("0", "0")],
    )
    def test_reads_plain_decimals_exactly(self, text: str, value: str) -> None:
        assert parse_decimal(text, name="x") == Fraction(value)

    def test_reads_a_percentage_where_one_belongs(self) -> None:
        assert parse_decimal("0.75%", name="x", percent=True) == Fraction("0.0075")

    def test_refuses_a_percentage_elsewhere(self) -> None:
        with pytest.raises(MetricSyntaxError, match=r"cpk is not a plain decimal.*'133%'"):
            parse_decimal("133%", name="cpk")

    @pytest.mark.parametrize(
        "text", ["", " 1", "1e3", "nan", "inf", "1,5", ".5", "1.", "1_0", "٣", "--1", "0" * 41]
    )
    def test_refuses_every_other_form(self, text: str) -> None:
        with pytest.raises(MetricSyntaxError, match="x is not a plain decimal"):
            parse_decimal(text, name="x")


class TestFixed:
    def test_writes_exactly_the_wanted_decimals(self) -> None:
        assert fixed(Fraction(2, 3), 4) == "0.6667"
        assert fixed(Fraction(2, 3), 4, rounding="down") == "0.6666"
        assert fixed(Fraction(-2, 3), 4, rounding="down") == "-0.6667"
        assert fixed(Fraction(-2, 3), 4, rounding="up") == "-0.6666"
        assert fixed(Fraction(5), 0) == "5"

    def test_rounds_halves_to_even(self) -> None:
        assert [fixed(Fraction(n, 2), 0) for n in (1, 3, 5)] == ["0", "2", "2"]

    def test_writes_no_negative_zero(self) -> None:
        assert fixed(Fraction(-1, 1000), 2) == "0.00"


class TestPlain:
    def test_writes_a_finite_decimal_in_full(self) -> None:
        assert plain(Fraction("66807.201269")) == "66807.201269"
        assert plain(Fraction(2)) == "2"

    def test_refuses_an_endless_decimal(self) -> None:
        with pytest.raises(MetricSyntaxError, match="not a finite decimal: 1/3"):
            plain(Fraction(1, 3))


class TestSqrt:
    def test_brackets_an_irrational_root(self) -> None:
        low, high = sqrt_down(Fraction(2)), sqrt_up(Fraction(2))
        assert low**2 < 2 < high**2
        assert high - low == Fraction(1, 10**12)

    def test_keeps_a_root_on_the_grid(self) -> None:
        assert sqrt_down(Fraction("1.7689")) == sqrt_up(Fraction("1.7689")) == Fraction("1.33")

    def test_rounding_down_keeps_the_grid_comparison(self) -> None:
        assert round_to(sqrt_down(Fraction("1.7689") - Fraction(1, 10**30)), 2) == Fraction("1.33")
        assert sqrt_down(Fraction("1.7689") - Fraction(1, 10**30)) < Fraction("1.33")

"""Units and amounts: exact, or refused by name."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from traceability.lineage.balance.units import (
    COUNT,
    LENGTH,
    MASS,
    VOLUME,
    AmountInvalid,
    UnitUnknown,
    as_text,
    find_unit,
    read_amount,
    split_amount,
)


class TestReadAmount:
    @pytest.mark.parametrize(
        ("quantity", "uom", "expected", "dimension"),
        [
            ("1", "KGM", "1", MASS),
            ("1500", "GRM", "1.5", MASS),
            ("0.001", "TNE", "1", MASS),
            ("1", "LBR", "0.45359237", MASS),
            ("16", "ONZ", "0.45359237", MASS),
            ("3", "公斤", "3", MASS),
            ("3", "吨", "3000", MASS),
            ("3", "克", "0.003", MASS),
            ("3", "斤", "1.5", MASS),
            ("5", "MMT", "0.005", LENGTH),
            ("1", "FOT", "0.3048", LENGTH),
            ("1", "GLL", "3.785411784", VOLUME),
            ("2", "MTQ", "2000", VOLUME),
            ("7", None, "7", COUNT),
            ("2", "DZN", "24", COUNT),
        ],
    )
    def test_amount_is_converted_exactly(self, quantity, uom, expected, dimension):
        assert read_amount(quantity, uom) == (Fraction(Decimal(expected)), dimension)

    def test_a_third_of_a_cent_of_a_gram_is_not_lost(self):
        tenth, _ = read_amount("0.1", "GRM")
        assert sum([tenth] * 10) == read_amount("1", "GRM")[0]

    @pytest.mark.parametrize("uom", ["ZZZ", "", "kgm", "公里斤"])
    def test_unknown_unit_is_refused(self, uom):
        with pytest.raises(UnitUnknown, match="unit is unknown"):
            read_amount("1", uom)

    @pytest.mark.parametrize("quantity", ["0", "-1", "1e16", "1e-40"])
    def test_amount_out_of_range_is_refused(self, quantity):
        with pytest.raises(AmountInvalid):
            read_amount(quantity, "KGM")

    @pytest.mark.parametrize(
        "quantity", ["", "three", "NaN", "Infinity", "1e999999999", "-1e999999999", "1" * 100]
    )
    def test_what_is_no_number_is_refused_and_fills_no_memory(self, quantity):
        with pytest.raises(AmountInvalid, match="no usable number"):
            read_amount(quantity, "KGM")


class TestFindUnit:
    def test_code_counts_before_an_alias(self):
        assert find_unit("MTR").code == find_unit("m").code == "MTR"

    def test_aliases_ignore_case_and_spaces(self):
        assert find_unit(" Kg ").code == "KGM"


class TestAsText:
    @pytest.mark.parametrize("text", ["0", "3", "-3", "0.001", "-0.5", "1234567.000000001"])
    def test_decimal_comes_back_as_it_was(self, text):
        assert as_text(Fraction(text)) == text

    def test_what_has_no_end_is_cut_after_18_digits(self):
        assert as_text(Fraction(1, 3)) == "0." + "3" * 18
        assert as_text(Fraction(-1, 3)) == "-0." + "3" * 18


class TestSplitAmount:
    @pytest.mark.parametrize(
        ("written", "parts"),
        [("3.5 公斤", ("3.5", "公斤")), ("200g", ("200", "g")), ("0", ("0", None))],
    )
    def test_number_and_unit_are_told_apart(self, written, parts):
        assert split_amount(written) == parts

    @pytest.mark.parametrize("written", ["", "kg", "3 " + "x" * 20, "9" * 70])
    def test_anything_else_is_refused(self, written):
        with pytest.raises(AmountInvalid, match="amount is malformed"):
            split_amount(written)

"""What may be missing: a share, an amount, or both."""

from __future__ import annotations

from fractions import Fraction

import pytest

from traceability.lineage.balance.tolerance import EXACT, ToleranceInvalid, read_tolerance
from traceability.lineage.balance.units import LENGTH, MASS, UnitUnknown


class TestReadTolerance:
    @pytest.mark.parametrize(
        ("written", "share", "amount"),
        [
            ("0", "0", "0"),
            ("0.5%", "0.005", "0"),
            ("0.5 %", "0.005", "0"),
            ("200 g", "0", "0.2"),
            ("3公斤", "0", "3"),
            ("0.1% + 5 KGM", "0.001", "5"),
            ("0.1％", "0.001", "0"),
        ],
    )
    def test_share_and_amount_are_read(self, written, share, amount):
        found = read_tolerance(written)
        assert (found.share, found.amount) == (Fraction(share), Fraction(amount))

    @pytest.mark.parametrize(
        "written",
        ["", "much", "-1%", "-3 kg", "100%", "3", "1% + 2%", "1 kg + 2 kg", "NaN%", "1e999999999%"],
    )
    def test_anything_else_is_refused(self, written):
        with pytest.raises(ToleranceInvalid, match="tolerance is malformed"):
            read_tolerance(written)

    def test_unknown_unit_is_refused_by_name(self):
        with pytest.raises(UnitUnknown):
            read_tolerance("3 zorkmid")


class TestAllows:
    def test_share_is_of_what_went_in(self):
        one = read_tolerance("1%")
        assert one.allows(Fraction(10), of=Fraction(1000), dimension=MASS)
        assert not one.allows(Fraction("10.001"), of=Fraction(1000), dimension=MASS)

    def test_too_much_counts_as_too_little(self):
        one = read_tolerance("1 kg")
        assert one.allows(Fraction(-1), of=Fraction(1000), dimension=MASS)
        assert not one.allows(Fraction("-1.001"), of=Fraction(1000), dimension=MASS)

    def test_an_amount_of_mass_says_nothing_of_lengths(self):
        assert not read_tolerance("1 kg").allows(Fraction(1), of=Fraction(9), dimension=LENGTH)

    def test_exact_allows_nothing(self):
        assert not EXACT.allows(Fraction(1, 10**9), of=Fraction(1000), dimension=MASS)

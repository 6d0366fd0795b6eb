"""Plans of the standard, arrows followed, and what they let through."""

from fractions import Fraction

import pytest

from analytics.errors import PlanError
from analytics.sampling import (
    AQLS,
    LETTERS,
    LEVELS,
    SEVERITIES,
    Severity,
    acceptance,
    code_letter,
    operating_characteristic,
    quality_accepted,
    single_plan,
    standard_aql,
)

# ISO 2859-1:1999 (GB/T 2828.1-2012), tables 2-A, 2-B, 2-C: rows as letter, sample, acceptance
# number of the plan that each AQL's arrow leads to, in the order of `AQLS`.
ROWS: dict[tuple[Severity, str], str] = {
    ("normal", "A"): "Q1250/0 P800/0 N500/0 M315/0 L200/0 K125/0 J80/0 H50/0 G32/0 F20/0 E13/0 "
    "D8/0 C5/0 B3/0 A2/0 C5/1 B3/1 A2/1 A2/2 A2/3 A2/5 A2/7 A2/10 A2/14 A2/21 A2/30",
    ("normal", "F"): "Q1250/0 P800/0 N500/0 M315/0 L200/0 K125/0 J80/0 H50/0 G32/0 F20/0 E13/0 "
    "G32/1 F20/1 F20/2 F20/3 F20/5 F20/7 F20/10 F20/14 F20/21 E13/21 E13/30 E13/44 D8/44 C5/44 "
    "B3/44",
    ("normal", "R"): "Q1250/0 P800/0 R2000/1 R2000/2 R2000/3 R2000/5 R2000/7 R2000/10 R2000/14 "
    "R2000/21 Q1250/21 P800/21 N500/21 M315/21 L200/21 K125/21 J80/21 H50/21 G32/21 F20/21 "
    "E13/21 E13/30 E13/44 D8/44 C5/44 B3/44",
    ("tightened", "A"): "R2000/0 Q1250/0 P800/0 N500/0 M315/0 L200/0 K125/0 J80/0 H50/0 G32/0 "
    "F20/0 E13/0 D8/0 C5/0 B3/0 A2/0 C5/1 B3/1 A2/1 A2/2 A2/3 A2/5 A2/8 A2/12 A2/18 A2/27",
    ("tightened", "Q"): "R2000/0 Q1250/0 S3150/1 R2000/1 Q1250/1 Q1250/2 Q1250/3 Q1250/5 "
    "Q1250/8 Q1250/12 Q1250/18 P800/18 N500/18 M315/18 L200/18 K125/18 J80/18 H50/18 G32/18 "
    "F20/18 E13/18 E13/27 E13/41 D8/41 C5/41 B3/41",
    ("reduced", "B"): "Q500/0 P315/0 N200/0 M125/0 L80/0 K50/0 J32/0 H20/0 G13/0 F8/0 E5/0 D3/0 "
    "C2/0 B2/0 A2/0 D3/1 C2/1 B2/1 B2/2 B2/3 B2/5 B2/7 B2/10 B2/14 B2/21 B2/30",
    ("reduced", "C"): "Q500/0 P315/0 N200/0 M125/0 L80/0 K50/0 J32/0 H20/0 G13/0 F8/0 E5/0 D3/0 "
    "C2/0 B2/0 E5/1 D3/1 C2/1 C2/2 C2/3 C2/5 C2/6 C2/8 C2/10 C2/14 C2/21 B2/30",
    ("reduced", "Q"): "Q500/0 P315/0 N200/0 R800/1 Q500/1 Q500/2 Q500/3 Q500/5 Q500/6 Q500/8 "
    "Q500/10 P315/10 N200/10 M125/10 L80/10 K50/10 J32/10 H20/10 G13/10 F8/10 E5/10 E5/14 E5/21 "
    "D3/21 C2/21 B2/30",
}


class TestPlans:
    @pytest.mark.parametrize(("severity", "letter"), ROWS)
    def test_are_those_of_the_standard(self, severity: Severity, letter: str) -> None:
        plans = [single_plan(letter, aql, severity) for aql in AQLS]
        found = [f"{plan.letter}{plan.sample}/{plan.accept}" for plan in plans]
        assert found == ROWS[severity, letter].split()

    def test_exist_for_every_letter_and_aql(self) -> None:
        for severity in SEVERITIES:
            for letter in LETTERS:
                plans = [single_plan(letter, aql, severity) for aql in AQLS]
                assert all(plan.reject == plan.accept + 1 for plan in plans)
                numbers = [plan.accept / plan.sample for plan in plans]
                assert numbers == sorted(numbers)

    def test_tightened_never_accepts_more_than_normal(self) -> None:
        for letter in LETTERS:
            for aql in AQLS:
                quality = Fraction(aql) / 100
                normal, tight = (
                    acceptance(single_plan(letter, aql, severity), quality, model="poisson")
                    for severity in ("normal", "tightened")
                )
                assert tight <= normal + 1e-12, (letter, aql)

    def test_a_small_lot_is_inspected_whole(self) -> None:
        plan = single_plan("H", "0.25", "normal", lot=50)
        assert (plan.sample, plan.whole_lot) == (50, True)
        assert not single_plan("H", "0.25", "normal", lot=51).whole_lot

    def test_know_the_number_one_aql_tighter(self) -> None:
        assert single_plan("K", "1.0", "normal").tighter_accept == 2
        assert single_plan("F", "100", "normal").tighter_accept == 14
        assert single_plan("K", "0.40", "normal").tighter_accept is None

    @pytest.mark.parametrize(
        ("letter", "aql", "severity", "message"),
        [("I", "1.0", "normal", "no such code letter"), ("", "1.0", "normal", "no such code"),
         ("S", "0.025", "tightened", "no such code letter"), ("K", "1.1", "normal", "no such AQL"),
         ("K", "NaN", "normal", "no such AQL"), ("K", "1.0", "skip", "no such severity")],
    )  # fmt: skip
    def test_refuse_what_the_standard_has_not(
        self, letter: str, aql: str, severity: Severity, message: str
    ) -> None:
        with pytest.raises(PlanError, match=message):
            single_plan(letter, aql, severity)


class TestCodeLetters:
    @pytest.mark.parametrize("level", LEVELS)
    def test_never_fall_as_lots_grow(self, level: str) -> None:
        letters = [code_letter(lot, level) for lot in (2, 9, 60, 1000, 40_000, 10_000_000)]
        assert letters == sorted(letters)

    def test_refuse_one_unit_and_unknown_levels(self) -> None:
        with pytest.raises(PlanError, match="expected 2 units or more, got 1"):
            code_letter(1)
        with pytest.raises(PlanError, match="no such level"):
            code_letter(100, "IV")


def test_an_aql_is_known_however_it_is_written() -> None:
    assert [standard_aql(text) for text in ("1", "1.00", "0.1", "10.0")] == [
        "1.0", "1.0", "0.10", "10",
    ]  # fmt: skip


class TestOperatingCharacteristic:
    # D. C. Montgomery, Introduction to Statistical Quality Control, table 15.2: n = 89, c = 2.
    def test_agrees_with_montgomery(self) -> None:
        plan = _plan(89, 2)
        published = {"0.005": 0.9897, "0.010": 0.9397, "0.020": 0.7366, "0.030": 0.4985,
                     "0.040": 0.3042, "0.050": 0.1721, "0.060": 0.0919}  # fmt: skip
        for quality, probability in published.items():
            found = acceptance(plan, Fraction(quality), model="binomial")
            assert found == pytest.approx(probability, abs=6e-5)

    def test_the_inverse_finds_the_quality_again(self) -> None:
        plan = single_plan("K", "1.0", "normal")
        for model in ("binomial", "poisson"):
            quality = quality_accepted(plan, 0.95, model=model)
            assert acceptance(plan, Fraction(quality), model=model) == pytest.approx(0.95)

    def test_small_lots_are_drawn_without_replacement(self) -> None:
        plan = _plan(5, 0)
        exact = acceptance(plan, Fraction(1, 10), model="hypergeometric", lot=10)
        assert exact == pytest.approx(0.5)
        assert exact < acceptance(plan, Fraction(1, 10), model="binomial")

    def test_falls_from_certainty(self) -> None:
        curve = operating_characteristic(single_plan("K", "1.0", "normal"))
        chances = [chance for _, chance in curve]
        assert (len(curve), curve[0]) == (101, (0.0, 1.0))
        assert chances == sorted(chances, reverse=True)
        assert chances[-1] == pytest.approx(0.001)

    def test_refuses_what_cannot_be(self) -> None:
        plan = _plan(5, 0)
        with pytest.raises(PlanError, match="quality out of range"):
            acceptance(plan, Fraction(2), model="binomial")
        with pytest.raises(PlanError, match="lot is smaller than the sample of 5: got 4"):
            acceptance(plan, Fraction(0), model="hypergeometric", lot=4)
        with pytest.raises(PlanError, match="probability outside"):
            quality_accepted(plan, 1)
        with pytest.raises(PlanError, match="expected binomial or poisson"):
            quality_accepted(plan, 0.5, model="hypergeometric")
        with pytest.raises(PlanError, match="too few points"):
            operating_characteristic(plan, points=1)


def _plan(sample: int, accept: int):  # type: ignore[no-untyped-def]  # a plan outside the tables
    from dataclasses import replace

    return replace(single_plan("K", "1.0", "normal"), sample=sample, accept=accept)

"""Figures, verdict and JSON of a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.support.recalls import ASKED, line, report
from traceability.lineage.recalls.counting import figures_of, parts_of, steps_of
from traceability.lineage.recalls.report import Balance, Shortfall, Target
from traceability.lineage.results import Edge, Finding

LOT = "https://id.gs1.org/01/09506000130011/10/L"


def test_the_figures_add_up() -> None:
    lines = [line(number, state) for number, state in enumerate(
        ("in_stock", "delivered", "in_transit", "sold", "used", "removed", "unaccounted")
    )]  # fmt: skip
    (found,) = figures_of(lines)
    assert (found.found, found.shipped, found.in_stock, found.unaccounted) == (7, 3, 1, 1)
    states = found.shipped + found.in_stock + found.used + found.removed + found.unaccounted
    assert states == found.found
    assert str(found.percent) == "85.71"


def test_amounts_count_in_their_unit_and_not_as_pieces() -> None:
    lot = line(0, "used", kind="lot", quantity=Decimal("12.5"), unit="KGM")
    found = {one.unit: one for one in figures_of([lot, line(1, "in_stock")])}
    assert (found["KGM"].used, found["KGM"].found) == (Decimal("12.5"), Decimal("12.5"))
    assert found["pieces"].found == 1
    assert found["KGM"].to_json()["used"] == "12.5"


def test_nearly_all_is_not_all() -> None:
    lines = [line(number, "in_stock") for number in range(99_999)]
    (found,) = figures_of([*lines, line(0, "unaccounted")])
    assert found.percent == Decimal("99.99")


class TestVerdict:
    def test_a_recall_in_time_that_finds_all_passes(self) -> None:
        found = report(line(0, "in_stock"))
        assert (found.passed, found.reasons) == (True, ())

    def test_one_that_takes_too_long_fails(self) -> None:
        found = replace(report(line(0, "in_stock")), finished=ASKED + timedelta(minutes=241))
        assert found.reasons == ("TOO_SLOW",)
        assert replace(found, finished=ASKED + timedelta(minutes=240)).passed

    def test_one_that_finds_too_few_fails(self) -> None:
        lines = [line(0, "in_stock"), line(1, "unaccounted")]
        assert report(*lines).reasons == ("TOO_FEW_FOUND",)
        lax = Target(Decimal(240), Decimal(50))
        assert replace(report(*lines), target=lax).passed

    def test_missing_material_fails_it(self) -> None:
        lost = Balance(1, 0, "0", (Shortfall("MASS_UNACCOUNTED", "urn:id:1", ""),))
        assert replace(report(), balance=lost).reasons == ("MATERIAL_MISSING",)
        assert replace(report(), balance=Balance(1, 0, "0", ())).passed

    def test_more_than_was_made_fails_it(self) -> None:
        more = Finding("MORE_THAN_MADE", "urn:id:1", "")
        assert report(line(0), findings=(more,)).reasons == ("MORE_THAN_MADE",)
        assert report(line(0), findings=(more._replace(code="CYCLE"),)).passed

    def test_things_of_which_nobody_told_an_amount_are_not_accounted_for(self) -> None:
        untold = line(0, "in_stock", kind="lot", unit=None, quantity=None)
        assert report(untold).percent == 0
        assert report(untold).reasons == ("TOO_FEW_FOUND",)
        assert report(untold, line(1)).passed

    def test_an_answer_that_is_cut_short_fails_it(self) -> None:
        assert replace(report(), truncated=True).reasons == ("CUT_SHORT",)


def test_the_lines_of_one_lot_state_and_holder_are_one_part() -> None:
    lines = [replaced._replace(lot=LOT) for replaced in (line(2), line(1), line(3, "used"))]
    first, second = parts_of(lines)
    assert (first.lot, first.state, first.count) == (LOT, "in_stock", 2)
    assert (first.first, first.last) == (line(1).code, line(2).code)
    assert (second.state, second.count) == ("used", 1)


def test_the_pieces_of_one_event_are_one_step() -> None:
    lot_of = {line(number).code: LOT for number in range(3)}
    edges = [Edge("cable", line(number).code, "transformation", "e1", "u1") for number in range(3)]
    other = Edge("cable", line(0).code, "transformation", "e2", "u2")
    first, second = steps_of([*edges, other], lot_of)
    assert (first.source, first.target, first.pieces, first.proof_url) == ("cable", LOT, 3, "u1")
    assert (second.target, second.pieces) == (line(0).code, 1)


@pytest.mark.parametrize("member", ["asked", "finished", "figures", "holders", "lines", "passed"])
def test_the_json_has_what_the_files_are_made_from(member: str) -> None:
    assert member in report(line(0)).to_json()

"""Serials found in the runs of their product, whatever the runs' sizes."""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import cast

import pytest

from tests.support.lineage import gtin, lot, serial
from traceability.lineage.membership import Lots
from traceability.lineage.queries import Reader, Run, place

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Runs:
    """Reads from lists what the store would give, and counts the queries."""

    def __init__(self, **lots: list[str]) -> None:
        self.queries = 0
        self.lots = {
            Run(gtin(4), name, batch, 3, len(serials)): serials
            for batch, (name, serials) in enumerate(lots.items(), 1)
        }

    def may_list(self, _batch: int) -> bool:
        return True

    def runs(self, gtins: Collection[str]) -> list[Run]:
        return [run for run in self.lots if run.gtin in gtins]

    def items_at(self, places: Collection[int]) -> dict[int, str]:
        self.queries += 1
        return {
            place(run.batch, index): serials[index - 3]
            for run, serials in self.lots.items()
            for index in range(3, 3 + len(serials))
            if place(run.batch, index) in places
        }

    def items_of(self, run: Run, *, limit: int) -> list[tuple[int, str]]:
        self.queries += 1
        return list(enumerate(self.lots[run][:limit], 3))


def lots_of(reader: Runs) -> Lots:
    return Lots(cast(Reader, reader))


def names(count: int) -> list[str]:
    return [f"{number:05d}" for number in range(0, 2 * count, 2)]


def drawn(count: int, *, seed: int = 1) -> list[str]:
    """Return serials of the form that is drawn at random."""
    chosen = Random(seed)
    return sorted("".join(chosen.choices(CROCKFORD, k=16)) for _ in range(count))


class TestOf:
    @pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 31, 257])
    def test_finds_every_serial_of_a_run(self, count: int) -> None:
        for index, name in enumerate(names(count), 3):
            (found,) = lots_of(Runs(D1=names(count))).of([serial(4, name)])
            assert (found.lot, found.record_index) == (lot(4, "D1"), index)

    @pytest.mark.parametrize("count", [1, 2, 16, 257])
    def test_finds_no_serial_between_or_beyond_them(self, count: int) -> None:
        for number in range(-1, 2 * count, 2):
            assert lots_of(Runs(D1=names(count))).of([serial(4, f"{number:05d}")]) == []

    @pytest.mark.parametrize("count", [5, 257, 5_000])
    def test_finds_drawn_serials_by_where_they_should_stand(self, count: int) -> None:
        serials = drawn(count)
        reader = Runs(D1=serials)
        for index in {0, 1, count // 3, count - 1}:
            (found,) = lots_of(reader).of([serial(4, serials[index])])
            assert found.record_index == 3 + index
        assert reader.queries <= 4 * 6

    @pytest.mark.parametrize("count", [5, 257, 5_000])
    def test_finds_no_drawn_serial_of_another_lot(self, count: int) -> None:
        for name in ("0" * 16, "Z" * 16, *drawn(5, seed=2)):
            assert lots_of(Runs(D1=drawn(count))).of([serial(4, name)]) == []

    def test_drawn_serials_in_clusters_take_no_more_rounds_than_halving(self) -> None:
        serials = [f"{at:016d}" for at in range(4_000)] + ["Z" * 16]
        reader = Runs(D1=serials)
        (found,) = lots_of(reader).of([serial(4, serials[3_210])])
        assert found.record_index == 3 + 3_210
        assert reader.queries <= 13

    def test_drawn_serials_among_others_are_found(self) -> None:
        serials = sorted([*drawn(100), *(f"{name}-LONG" for name in drawn(100, seed=2))])
        for index, name in enumerate(serials, 3):
            (found,) = lots_of(Runs(D1=serials)).of([serial(4, name)])
            assert found.record_index == index

    def test_looks_into_all_runs_at_once(self) -> None:
        reader = Runs(D1=names(300), D2=["00601"] * 1, D3=names(300))
        found = lots_of(reader).of([serial(4, "00600"), serial(4, "00598")])
        assert {(one.serial, one.lot) for one in found} == {
            (serial(4, "00598"), lot(4, "D1")),
            (serial(4, "00598"), lot(4, "D3")),
        }
        assert reader.queries <= 4

    def test_remembers_what_it_has_found(self) -> None:
        reader = Runs(D1=names(300))
        lots = lots_of(reader)
        first = lots.of([serial(4, "00000")])
        queries = reader.queries
        assert lots.of([serial(4, "00000")]) == first
        assert reader.queries == queries

    def test_takes_only_the_given_lots(self) -> None:
        reader = Runs(D1=names(5), D2=names(5))
        found = lots_of(reader).of([serial(4, "00002")], lots=[lot(4, "D2")])
        assert [one.lot for one in found] == [lot(4, "D2")]

    def test_leaves_out_codes_that_are_no_serials(self) -> None:
        assert lots_of(Runs(D1=names(5))).of([lot(4, "D1"), "urn:example:coil:7"]) == []


class TestMembers:
    def test_gives_every_serial_with_its_record(self) -> None:
        found = list(lots_of(Runs(D1=["A/1", "B"])).members(lot(4, "D1"), limit=10))
        assert [(one.serial, one.record_index) for one in found] == [
            (serial(4, "A%2F1"), 3),
            (serial(4, "B"), 4),
        ]

    def test_stops_at_the_limit(self) -> None:
        found = list(lots_of(Runs(D1=names(10))).members(lot(4, "D1"), limit=4))
        assert len(found) == 4

    def test_a_lot_without_items_has_none(self) -> None:
        assert list(lots_of(Runs(D1=names(1))).members(lot(4, "D2"), limit=10)) == []

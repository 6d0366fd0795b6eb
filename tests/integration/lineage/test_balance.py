"""The balance of whole stories, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lineage import World, lot, write
from traceability.lineage.balance.asking import balance
from traceability.lineage.results import Finding
from traceability.lineage.tracing import CodeNotTraced, DirectionUnknown
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork

ROD, WIRE, STRAND, SCRAP = lot(1, "R1"), lot(2, "W1"), lot(3, "S1"), lot(9, "X1")


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        yield work.repositories
    engine.dispose()


def amount(code: str, kilograms: str) -> tuple[str, str, str]:
    return code, kilograms, "KGM"


def drawn(wire: str = "990") -> World:
    """Return a world: a rod lot is drawn into wire and scrap, and the wire stranded."""
    world = World()
    world.event("ObjectEvent", 0, action="ADD", epc=[amount(ROD, "2000")])
    world.make(1, [amount(ROD, "1000")], [amount(WIRE, wire), amount(SCRAP, "10")])
    world.make(2, [amount(WIRE, "900")], [amount(STRAND, "900")])
    return world


class TestChain:
    def test_it_closes_to_the_gram(self, repositories: Repositories) -> None:
        write(repositories, drawn())
        found = balance(repositories, ROD)
        totals = found.to_json()
        assert (found.state, found.findings) == ("closed", ())
        assert (totals["input"], totals["product"], totals["stock"]) == ("2000", "910", "1090")

    def test_three_kilograms_less_are_named_at_their_transformation(
        self, repositories: Repositories
    ) -> None:
        write(repositories, drawn(wire="987"))
        found = balance(repositories, STRAND)
        (finding,) = found.findings
        assert (finding.code, found.state) == ("MASS_UNACCOUNTED", "breached")
        assert finding.subject == found.made[0].event_ids[0]
        assert "1000 KGM" in finding.message
        assert "3 KGM" in finding.message

    def test_output_above_input_is_traced_and_named(self, repositories: Repositories) -> None:
        write(repositories, drawn(wire="991"))
        assert [one.code for one in balance(repositories, ROD).findings] == ["OUTPUT_EXCEEDS_INPUT"]

    def test_an_erroneous_event_does_not_count(self, repositories: Repositories) -> None:
        world = drawn()
        mistaken = {"event_id": "urn:id:1"}
        world.make(3, [amount(ROD, "5")], [amount(WIRE, "50")], **mistaken)
        world.make(3, [], [], declares_error=True, **mistaken)
        write(repositories, world)
        assert balance(repositories, ROD).state == "closed"

    def test_events_of_one_transformation_are_balanced_together(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.make(1, [amount(ROD, "10")], [amount(WIRE, "4")], transformation_id="urn:run:1")
        world.make(2, [amount(ROD, "2")], [amount(WIRE, "8")], transformation_id="urn:run:1")
        write(repositories, world)
        (made,) = balance(repositories, WIRE).made
        assert (made.closing.state, len(made.event_ids)) == ("closed", 2)

    def test_an_open_amount_is_no_balance_and_the_reason_is_told(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.make(1, [amount(ROD, "10")], [WIRE])
        write(repositories, world)
        found = balance(repositories, ROD)
        assert found.state == "not_established"
        message = "an event names this lot without an amount"
        assert found.findings == (Finding("AMOUNT_MISSING", WIRE, message),)

    def test_unknown_code_is_refused(self, repositories: Repositories) -> None:
        with pytest.raises(CodeNotTraced):
            balance(repositories, ROD)

    def test_unknown_direction_is_refused(self, repositories: Repositories) -> None:
        write(repositories, drawn())
        with pytest.raises(DirectionUnknown):
            balance(repositories, ROD, direction="sideways")

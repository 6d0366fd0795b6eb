"""Each rule of docs/lineage.md with its example, and a neighbour that changes one thing."""

from __future__ import annotations

import pytest

from tests.support.lineage import (
    ELSEWHERE,
    World,
    grai,
    lot,
    product_class,
    serial,
    sscc,
    swapped,
)
from traceability.lineage.rules import (
    DOWNSTREAM,
    UPSTREAM,
    erroneous,
    history,
    kind_of,
    reach,
    without_origin,
)

ROD, OTHER_ROD = lot(1, "R1"), lot(1, "R2")
WIRE, OTHER_WIRE = lot(2, "W1"), lot(2, "W2")
CABLE = lot(3, "C1")
DRUM, NEIGHBOUR = serial(4, "A"), serial(4, "B")
DRUMS = lot(4, "D1")
CASE, PALLET, TOTE = sscc(1), sscc(2), grai(3)


@pytest.fixture
def world() -> World:
    return World()


def down(world: World, code: str) -> frozenset[str]:
    return reach(world.graph(), code, direction=DOWNSTREAM).codes


def up(world: World, code: str) -> frozenset[str]:
    return reach(world.graph(), code, direction=UPSTREAM).codes


def events_of(world: World, code: str) -> set[tuple[int, str | None]]:
    return {(one.event, one.inherited_from) for one in history(world.graph(), code)}


class TestTransformation:
    def test_every_output_depends_on_every_input(self, world: World) -> None:
        world.make(1, [ROD, OTHER_ROD], [WIRE, OTHER_WIRE])
        assert down(world, ROD) == {ROD, WIRE, OTHER_WIRE}
        assert up(world, WIRE) == {ROD, OTHER_ROD, WIRE}

    def test_events_with_one_transformation_id_are_one_transformation(self, world: World) -> None:
        world.make(1, [ROD], [], transformation_id="urn:run:1")
        world.make(2, [], [WIRE], transformation_id="urn:run:1")
        assert down(world, ROD) == {ROD, WIRE}

    def test_events_with_two_transformation_ids_are_apart(self, world: World) -> None:
        world.make(1, [ROD], [], transformation_id="urn:run:1")
        world.make(2, [], [WIRE], transformation_id="urn:run:2")
        assert down(world, ROD) == {ROD}

    def test_both_events_of_one_transformation_prove_the_edge(self, world: World) -> None:
        first = world.make(1, [ROD], [], transformation_id="urn:run:1")
        second = world.make(2, [], [WIRE], transformation_id="urn:run:1")
        edges = reach(world.graph(), ROD, direction=DOWNSTREAM).edges
        assert edges == {(ROD, WIRE, first), (ROD, WIRE, second)}

    def test_another_kind_of_event_makes_nothing(self, world: World) -> None:
        world.observe(1, [ROD, WIRE])
        assert down(world, ROD) == {ROD}

    def test_a_merge_does_not_reach_the_other_input(self, world: World) -> None:
        world.make(1, [ROD, OTHER_ROD], [WIRE])
        assert OTHER_ROD not in down(world, ROD)

    def test_a_rework_loop_is_walked_once(self, world: World) -> None:
        world.make(1, [WIRE], [CABLE])
        world.make(2, [CABLE], [WIRE])
        assert down(world, WIRE) == up(world, WIRE) == {WIRE, CABLE}


class TestLotAndSerial:
    def test_a_fault_of_a_lot_reaches_its_serials(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        assert down(world, DRUMS) == {DRUMS, DRUM, NEIGHBOUR}

    def test_a_fault_of_a_serial_does_not_reach_its_lot(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        assert down(world, DRUM) == {DRUM}

    def test_a_serial_comes_from_what_its_lot_was_made_of(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        world.make(1, [CABLE], [DRUMS])
        assert up(world, DRUM) == {DRUM, DRUMS, CABLE}
        assert down(world, CABLE) == {CABLE, DRUMS, DRUM, NEIGHBOUR}

    def test_a_lot_comes_from_what_its_serials_were_made_of(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        world.make(1, [CABLE], [DRUM])
        assert up(world, DRUMS) == {DRUMS, DRUM, CABLE}

    def test_one_serial_says_nothing_of_the_lots_other_serials(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        world.make(1, [CABLE], [DRUM])
        world.make(1, [lot(3, "C2")], [NEIGHBOUR])
        assert down(world, CABLE) == {CABLE, DRUM}
        assert up(world, NEIGHBOUR) == {NEIGHBOUR, DRUMS, lot(3, "C2")}

    def test_a_serial_may_be_in_what_its_lot_was_used_for_by_quantity(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        world.make(1, [CABLE], [DRUM])
        world.make(2, [DRUMS], ["urn:machine:1"])
        assert down(world, CABLE) == {CABLE, DRUM, DRUMS, "urn:machine:1"}
        assert up(world, "urn:machine:1") == {"urn:machine:1", DRUMS, DRUM, CABLE}

    def test_a_serial_of_another_lot_has_no_part_in_it(self, world: World) -> None:
        world.mint(4, "D1", ["A"])
        world.mint(4, "D2", ["B"])
        assert down(world, DRUMS) == {DRUMS, DRUM}


class TestContainment:
    def test_contents_of_an_input_are_inputs(self, world: World) -> None:
        world.pack(1, CASE, [WIRE])
        world.make(2, [CASE], [CABLE])
        assert down(world, WIRE) == {WIRE, CABLE}
        assert up(world, CABLE) == {CABLE, CASE, WIRE}

    def test_what_was_taken_out_before_is_no_input(self, world: World) -> None:
        world.pack(1, CASE, [WIRE, OTHER_WIRE])
        world.unpack(2, CASE, [WIRE])
        world.make(3, [CASE], [CABLE])
        assert down(world, WIRE) == {WIRE}
        assert up(world, CABLE) == {CABLE, CASE, OTHER_WIRE}

    def test_what_was_put_in_after_is_no_input(self, world: World) -> None:
        world.make(1, [CASE], [CABLE])
        world.pack(2, CASE, [WIRE])
        assert down(world, WIRE) == {WIRE}

    def test_contents_of_contents_are_inputs_while_both_stays_last(self, world: World) -> None:
        world.pack(1, CASE, [DRUM])
        world.pack(2, PALLET, [CASE])
        world.unpack(3, CASE)
        world.pack(4, CASE, [NEIGHBOUR])
        world.make(5, [PALLET], [CABLE])
        assert up(world, CABLE) == {CABLE, PALLET, CASE, NEIGHBOUR}
        assert down(world, DRUM) == {DRUM}

    def test_a_container_does_not_spread_a_fault_to_its_other_contents(self, world: World) -> None:
        world.pack(1, CASE, [DRUM, NEIGHBOUR])
        assert down(world, DRUM) == {DRUM}

    def test_a_container_that_is_asked_for_stands_for_its_contents(self, world: World) -> None:
        world.make(0, [CABLE], [DRUM])
        world.pack(1, CASE, [DRUM])
        world.pack(2, PALLET, [CASE])
        world.unpack(3, PALLET)
        assert down(world, PALLET) == {PALLET, CASE, DRUM}
        assert up(world, PALLET) == {PALLET, CASE, DRUM, CABLE}

    def test_a_tote_stands_for_what_is_in_it_now(self, world: World) -> None:
        world.pack(1, TOTE, [DRUM])
        world.unpack(2, TOTE)
        world.pack(3, TOTE, [NEIGHBOUR])
        assert down(world, TOTE) == {TOTE, NEIGHBOUR}

    def test_an_association_holds_nothing(self, world: World) -> None:
        world.event("AssociationEvent", 1, action="ADD", parent=[CASE], child=[WIRE])
        world.make(2, [CASE], [CABLE])
        assert down(world, WIRE) == {WIRE}


class TestErrorDeclaration:
    def test_a_declared_event_and_its_declaration_leave_lineage(self, world: World) -> None:
        world.make(1, [ROD], [WIRE], event_id="urn:id:1")
        world.make(1, [ROD], [WIRE], event_id="urn:id:1", declares_error=True)
        assert erroneous(world.facts) == {1, 2}
        assert down(world, ROD) == {ROD}

    def test_they_stay_in_history(self, world: World) -> None:
        world.make(1, [ROD], [WIRE], event_id="urn:id:1")
        world.make(1, [ROD], [WIRE], event_id="urn:id:1", declares_error=True)
        assert events_of(world, ROD) == {(1, None), (2, None)}

    def test_an_event_with_another_id_stays(self, world: World) -> None:
        world.make(1, [ROD], [WIRE], event_id="urn:id:2")
        world.make(1, [ROD], [WIRE], event_id="urn:id:1", declares_error=True)
        assert down(world, ROD) == {ROD, WIRE}

    def test_nobody_takes_anothers_event_out_of_lineage(self, world: World) -> None:
        world.make(1, [ROD], [WIRE], event_id="urn:id:1")
        world.make(
            1, [ROD], [WIRE], event_id="urn:id:1", declares_error=True, participant=ELSEWHERE
        )
        assert down(world, ROD) == {ROD, WIRE}

    def test_a_declared_disaggregation_took_nothing_out(self, world: World) -> None:
        world.pack(1, CASE, [WIRE])
        world.unpack(2, CASE, event_id="urn:id:1")
        world.make(3, [CASE], [CABLE])
        assert down(world, WIRE) == {WIRE}
        world.unpack(2, CASE, event_id="urn:id:1", declares_error=True)
        assert down(world, WIRE) == {WIRE, CABLE}


class TestOrderOfArrival:
    def test_late_events_count_from_their_event_time(self, world: World) -> None:
        world.pack(1, CASE, [WIRE])
        world.unpack(2, CASE, [WIRE])
        world.make(3, [CASE], [CABLE])
        late = swapped(world, [2, 1, 0])
        assert down(world, WIRE) == down(late, WIRE) == {WIRE}

    def test_of_two_events_at_one_time_the_earlier_recorded_is_first(self, world: World) -> None:
        world.pack(1, CASE, [WIRE])
        world.make(1, [CASE], [CABLE])
        assert down(world, WIRE) == {WIRE, CABLE}
        assert down(swapped(world, [1, 0]), WIRE) == {WIRE}


class TestUnknownOrigin:
    def test_what_no_event_produces_is_of_unknown_origin(self, world: World) -> None:
        world.make(1, [ROD], [WIRE])
        graph = world.graph()
        assert without_origin(graph, reach(graph, WIRE, direction=UPSTREAM)) == {ROD}

    def test_what_was_commissioned_is_not(self, world: World) -> None:
        world.commission(0, [ROD])
        world.make(1, [ROD], [WIRE])
        graph = world.graph()
        assert without_origin(graph, reach(graph, WIRE, direction=UPSTREAM)) == set()

    def test_a_lot_whose_serials_are_made_is_not(self, world: World) -> None:
        world.mint(4, "D1", ["A"])
        world.commission(0, [DRUM])
        graph = world.graph()
        assert without_origin(graph, reach(graph, DRUM, direction=UPSTREAM)) == set()

    def test_a_lot_whose_serials_are_only_minted_is(self, world: World) -> None:
        world.mint(4, "D1", ["A"])
        graph = world.graph()
        assert without_origin(graph, reach(graph, DRUM, direction=UPSTREAM)) == {DRUMS}


class TestHistory:
    def test_an_event_on_a_pallet_is_one_on_its_contents_while_they_are_in_it(
        self, world: World
    ) -> None:
        world.pack(1, CASE, [DRUM])
        world.pack(2, PALLET, [CASE])
        shipped = world.observe(3, [PALLET])
        emptied = world.unpack(4, PALLET)
        after = world.observe(5, [PALLET])
        found = events_of(world, DRUM)
        assert found == {(1, None), (2, CASE), (shipped, PALLET), (emptied, PALLET)}
        assert (after, PALLET) not in found

    def test_an_event_before_packing_is_not(self, world: World) -> None:
        world.observe(1, [PALLET])
        world.pack(2, PALLET, [DRUM])
        assert events_of(world, DRUM) == {(2, None)}

    def test_packing_something_else_into_the_pallet_is_not(self, world: World) -> None:
        world.pack(1, PALLET, [DRUM])
        world.pack(2, PALLET, [NEIGHBOUR])
        assert events_of(world, DRUM) == {(1, None)}

    def test_after_repacking_the_new_pallet_counts_and_the_old_one_does_not(
        self, world: World
    ) -> None:
        world.pack(1, PALLET, [DRUM])
        world.unpack(2, PALLET, [DRUM])
        world.pack(3, CASE, [DRUM])
        world.observe(4, [PALLET])
        seen = world.observe(5, [CASE])
        assert events_of(world, DRUM) == {(1, None), (2, None), (3, None), (seen, CASE)}

    def test_an_event_on_a_lot_is_one_on_its_serials(self, world: World) -> None:
        world.mint(4, "D1", ["A"])
        inspected = world.observe(1, [DRUMS])
        assert events_of(world, DRUM) == {(inspected, DRUMS)}
        assert events_of(world, serial(4, "C")) == set()

    def test_an_association_is_followed_while_it_lasts(self, world: World) -> None:
        world.event("AssociationEvent", 1, action="ADD", parent=[TOTE], child=["urn:sensor:1"])
        moved = world.observe(2, [TOTE])
        world.event("AssociationEvent", 3, action="DELETE", parent=[TOTE], child=["urn:sensor:1"])
        world.observe(4, [TOTE])
        assert events_of(world, "urn:sensor:1") == {(1, None), (moved, TOTE), (3, None)}


class TestKindOf:
    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (ROD, "lot"),
            (DRUM, "item"),
            (product_class(1), "class"),
            (PALLET, "container"),
            (TOTE, "asset"),
            ("urn:example:coil:7", "other"),
        ],
    )
    def test_tells_what_a_code_names(self, code: str, kind: str) -> None:
        assert kind_of(code) == kind

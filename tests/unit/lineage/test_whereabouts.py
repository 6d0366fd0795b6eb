"""Where a thing is and who holds it: each rule of docs/lineage.md with a neighbour."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.lineage import (
    ELSEWHERE,
    HERE,
    World,
    firm,
    lot,
    place,
    serial,
    sscc,
)
from traceability.lineage.parties import DESTINATION, SOURCE, Party
from traceability.lineage.whereabouts import Part, Settled, Share, parts, shares, whereabouts

DRUM, NEIGHBOUR = serial(4, "A"), serial(4, "B")
DRUMS, WIRE, CABLE = lot(4, "D1"), lot(2, "W1"), lot(3, "C1")
CASE, PALLET, OTHER_PALLET = sscc(1), sscc(2), sscc(3)
PLANT, HUB, SHOP, DOOR = place(1), place(2), place(3), place(4)
MAKER, CARRIER, BUYER = firm(1), firm(2), firm(3)


@pytest.fixture
def world() -> World:
    return World()


def of(world: World, code: str = DRUM) -> Settled:
    return whereabouts(world.graph(), code)


def place_of(world: World, code: str = DRUM) -> tuple[str, int, int] | None:
    """Return where something is, since when, and when it was last seen there."""
    found = of(world, code).place
    return None if found is None else (found.code, found.since[0], found.until[0])


def holder_of(world: World, code: str = DRUM) -> tuple[str, str] | None:
    found = of(world, code).holder
    return None if found is None else (found.code, found.basis)


def owning(side: str, party: str) -> Party:
    return Party(side, "owning_party", party)


class TestPlace:
    def test_a_thing_is_where_its_last_event_says(self, world: World) -> None:
        world.commission(1, [DRUM], biz_location=PLANT)
        world.observe(2, [DRUM], biz_location=SHOP)
        assert place_of(world) == (SHOP, 2, 2)

    def test_since_is_the_first_event_of_an_unbroken_row(self, world: World) -> None:
        for time, where in enumerate([SHOP, PLANT, SHOP, SHOP]):
            world.observe(time, [DRUM], biz_location=where)
        assert place_of(world) == (SHOP, 2, 3)

    def test_a_read_point_says_only_where_it_was_seen(self, world: World) -> None:
        world.observe(1, [DRUM], biz_location=PLANT)
        world.observe(2, [DRUM], read_point=DOOR)
        found = of(world).place
        assert found is not None
        assert (found.code, found.basis) == (DOOR, "read_point")

    def test_a_business_location_counts_before_a_read_point(self, world: World) -> None:
        world.observe(2, [DRUM], read_point=DOOR, biz_location=PLANT)
        found = of(world).place
        assert found is not None
        assert (found.code, found.basis) == (PLANT, "biz_location")

    def test_an_event_without_a_place_moves_nothing(self, world: World) -> None:
        world.observe(1, [DRUM], biz_location=PLANT)
        world.observe(2, [DRUM])
        assert place_of(world) == (PLANT, 1, 1)

    def test_late_arrival_does_not_matter(self, world: World) -> None:
        world.observe(2, [DRUM], biz_location=SHOP)
        world.observe(1, [DRUM], biz_location=PLANT)
        assert place_of(world) == (SHOP, 2, 2)

    def test_a_declared_event_says_nothing(self, world: World) -> None:
        world.observe(1, [DRUM], biz_location=PLANT)
        world.observe(2, [DRUM], biz_location=SHOP, event_id="urn:id:1")
        world.observe(2, [DRUM], biz_location=SHOP, event_id="urn:id:1", declares_error=True)
        assert place_of(world) == (PLANT, 1, 1)

    def test_what_no_event_places_is_nowhere(self, world: World) -> None:
        world.observe(1, [DRUM])
        assert of(world).place is None


class TestInContainers:
    def test_the_containers_place_counts_while_it_is_inside(self, world: World) -> None:
        world.pack(1, CASE, [DRUM], biz_location=PLANT)
        world.pack(2, PALLET, [CASE])
        world.observe(3, [PALLET], biz_location=SHOP)
        assert place_of(world) == (SHOP, 3, 3)
        found = of(world).place
        assert found is not None
        assert found.through == PALLET

    def test_after_unpacking_it_does_not(self, world: World) -> None:
        world.pack(1, CASE, [DRUM], biz_location=PLANT)
        world.unpack(2, CASE, [DRUM], biz_location=HUB)
        world.observe(3, [CASE], biz_location=SHOP)
        assert place_of(world) == (HUB, 2, 2)

    def test_what_is_packed_is_from_then_on_where_the_container_was(self, world: World) -> None:
        world.observe(1, [DRUM], biz_location=PLANT)
        world.observe(1, [CASE], biz_location=HUB)
        world.pack(2, CASE, [DRUM])
        assert place_of(world) == (HUB, 2, 2)

    def test_the_packing_event_itself_comes_first(self, world: World) -> None:
        world.observe(1, [CASE], biz_location=HUB)
        world.pack(2, CASE, [DRUM], biz_location=PLANT)
        assert place_of(world) == (PLANT, 2, 2)

    def test_packing_that_says_a_place_takes_over_none(self, world: World) -> None:
        world.observe(0, [DRUM], biz_location=PLANT)
        world.observe(1, [CASE], biz_location=SHOP)
        world.pack(2, CASE, [DRUM], biz_location=PLANT)
        assert place_of(world) == (PLANT, 0, 2)

    def test_only_where_the_containers_were_last_is_taken_over(self, world: World) -> None:
        world.observe(0, [DRUM], biz_location=PLANT)
        world.observe(1, [CASE], biz_location=SHOP)
        world.pack(2, PALLET, [CASE])
        world.observe(3, [PALLET], biz_location=PLANT)
        world.pack(4, CASE, [DRUM])
        assert place_of(world) == (PLANT, 0, 4)

    def test_a_container_was_last_where_it_was_unloaded(self, world: World) -> None:
        world.observe(0, [CASE], biz_location=PLANT)
        world.pack(1, PALLET, [CASE])
        world.observe(2, [PALLET], biz_location=SHOP)
        world.unpack(3, PALLET, [CASE])
        world.pack(4, CASE, [DRUM])
        assert place_of(world) == (SHOP, 4, 4)
        case = place_of(world, CASE)
        assert case is not None
        assert case[0] == SHOP

    def test_containers_in_each_other_by_turns_come_to_an_end(self, world: World) -> None:
        world.observe(0, [CASE], biz_location=PLANT)
        for time in range(1, 400, 4):
            world.pack(time, PALLET, [CASE])
            world.unpack(time + 1, PALLET, [CASE])
            world.pack(time + 2, CASE, [PALLET])
            world.unpack(time + 3, CASE, [PALLET])
        world.pack(401, PALLET, [DRUM])
        assert place_of(world) == (PLANT, 401, 401)

    def test_its_own_later_event_counts_inside_too(self, world: World) -> None:
        world.pack(1, CASE, [DRUM], biz_location=PLANT)
        world.observe(2, [CASE], biz_location=HUB)
        world.observe(3, [DRUM], biz_location=SHOP)
        assert place_of(world) == (SHOP, 3, 3)

    def test_packing_something_else_into_it_says_where_it_is(self, world: World) -> None:
        world.pack(1, CASE, [DRUM], biz_location=PLANT)
        world.pack(2, CASE, [NEIGHBOUR], biz_location=HUB)
        assert place_of(world) == (HUB, 2, 2)

    def test_a_container_inside_itself_is_settled_all_the_same(self, world: World) -> None:
        world.pack(1, PALLET, [CASE], biz_location=PLANT)
        world.pack(2, CASE, [PALLET], biz_location=HUB)
        assert place_of(world, CASE) == (HUB, 2, 2)


class TestHolder:
    def test_goods_are_with_the_party_that_they_were_handed_to(self, world: World) -> None:
        world.observe(1, [DRUM])
        world.ship(2, [DRUM], to=BUYER)
        assert holder_of(world) == (BUYER, "destination_possessing_party")
        assert of(world).state == "in_transit"

    def test_who_has_it_counts_before_who_owns_it(self, world: World) -> None:
        held = Party(DESTINATION, "possessing_party", CARRIER)
        world.observe(1, [DRUM], parties=[owning(DESTINATION, BUYER), held])
        assert holder_of(world) == (CARRIER, "destination_possessing_party")

    def test_an_owner_counts_where_nobody_is_named_to_have_it(self, world: World) -> None:
        world.observe(1, [DRUM], parties=[owning(DESTINATION, BUYER)])
        assert holder_of(world) == (BUYER, "destination_owning_party")

    def test_a_place_of_destination_is_no_holder(self, world: World) -> None:
        world.observe(1, [DRUM], parties=[Party(DESTINATION, "location", SHOP)])
        assert holder_of(world) == (HERE.hex(), "participant")

    def test_a_source_alone_has_it_still(self, world: World) -> None:
        world.observe(1, [DRUM], biz_step="shipping", parties=[owning(SOURCE, MAKER)])
        assert holder_of(world) == (MAKER, "source_owning_party")

    def test_a_source_has_it_no_more_once_it_is_received(self, world: World) -> None:
        world.observe(1, [DRUM], biz_step="receiving", parties=[owning(SOURCE, MAKER)])
        assert holder_of(world) == (HERE.hex(), "participant")

    def test_without_parties_it_is_with_who_recorded_it_last(self, world: World) -> None:
        world.ship(1, [DRUM], to=BUYER)
        world.observe(2, [DRUM], participant=ELSEWHERE)
        assert holder_of(world) == (ELSEWHERE.hex(), "participant")
        assert of(world).state == "present"

    def test_the_containers_hand_over_counts_while_it_is_inside(self, world: World) -> None:
        world.pack(1, CASE, [DRUM])
        world.ship(2, [CASE], to=BUYER)
        assert holder_of(world) == (BUYER, "destination_possessing_party")
        assert holder_of(world, NEIGHBOUR) is None

    def test_a_hand_over_before_it_was_packed_does_not(self, world: World) -> None:
        world.ship(1, [CASE], to=BUYER)
        world.pack(2, CASE, [DRUM])
        assert holder_of(world) == (HERE.hex(), "participant")


class TestState:
    def test_what_went_into_something_is_used_up(self, world: World) -> None:
        world.make(1, [DRUM], [CABLE])
        assert of(world).state == "consumed"

    def test_what_comes_out_again_is_not(self, world: World) -> None:
        world.make(1, [DRUM], [DRUM])
        assert of(world).state == "present"

    def test_it_is_used_up_with_its_container(self, world: World) -> None:
        world.pack(1, CASE, [DRUM])
        world.make(2, [CASE], [CABLE])
        assert of(world).state == "consumed"

    def test_a_destroyed_thing_is_no_more(self, world: World) -> None:
        world.decommission(1, [DRUM])
        assert of(world).state == "decommissioned"

    def test_what_is_tied_to_what_was_used_up_is_not(self, world: World) -> None:
        world.event("AssociationEvent", 1, action="ADD", parent=[CASE], child=[DRUM])
        world.pack(1, CASE, [NEIGHBOUR])
        world.make(2, [CASE], [CABLE])
        assert of(world).state == "present"
        assert of(world, NEIGHBOUR).state == "consumed"

    def test_what_is_in_one_container_and_tied_to_another_is_used_up_with_the_first(
        self, world: World
    ) -> None:
        world.pack(1, CASE, [DRUM])
        world.event("AssociationEvent", 1, action="ADD", parent=[PALLET], child=[DRUM])
        world.make(2, [CASE, PALLET], [CABLE])
        found = of(world)
        assert (found.state, found.seen_after_its_end) == ("consumed", False)

    def test_a_destroyed_case_leaves_its_contents(self, world: World) -> None:
        world.pack(1, CASE, [DRUM])
        world.decommission(2, [CASE])
        assert (of(world).state, of(world, CASE).state) == ("present", "decommissioned")

    def test_a_lot_is_an_amount_and_has_no_end(self, world: World) -> None:
        world.make(1, [WIRE], [CABLE])
        assert of(world, WIRE).state == "present"

    def test_seen_after_its_end_is_said(self, world: World) -> None:
        world.decommission(1, [DRUM])
        world.observe(2, [DRUM])
        assert of(world).seen_after_its_end
        assert of(world).state == "present"

    def test_made_again_after_its_end_is_no_contradiction(self, world: World) -> None:
        world.make(1, [DRUM], [CABLE])
        world.make(2, [CABLE], [DRUM])
        world.observe(3, [DRUM])
        assert not of(world).seen_after_its_end

    def test_nothing_is_known_of_what_no_event_names(self, world: World) -> None:
        world.mint(4, "D1", ["A"])
        assert of(world) == Settled()

    def test_its_lot_tells_of_a_serial_that_no_event_names(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B"])
        world.observe(1, [DRUMS], biz_location=PLANT)
        world.observe(1, [NEIGHBOUR])
        assert of(world).only_its_lot
        assert place_of(world) == (PLANT, 1, 1)
        assert of(world, NEIGHBOUR).place is None


class TestShares:
    def test_items_are_counted_by_holder_and_place(self, world: World) -> None:
        world.mint(4, "D1", ["A", "B", "C"])
        world.observe(1, [DRUM, NEIGHBOUR], biz_location=PLANT)
        world.ship(2, [NEIGHBOUR], to=BUYER, read_point=DOOR)
        assert shares(world.graph(), DRUMS) == {
            Share(HERE.hex(), PLANT, "present", False): 1,
            Share(BUYER, DOOR, "in_transit", False): 1,
            Share(None, None, "unknown", False): 1,
        }

    def test_serials_of_another_lot_are_not(self, world: World) -> None:
        world.mint(4, "D1", ["A"])
        world.mint(4, "D2", ["B"])
        world.observe(1, [DRUM, NEIGHBOUR], biz_location=PLANT)
        assert sum(shares(world.graph(), DRUMS).values()) == 1


class TestAmountsOfALot:
    def found(self, world: World) -> set[tuple[str | None, str | None, str, str | None, int]]:
        return {
            (one.holder, one.place, str(one.quantity), one.container, one.event)
            for one in parts(world.graph(), WIRE)
        }

    def test_each_place_has_what_was_last_said_there(self, world: World) -> None:
        world.commission(1, [(WIRE, "100", "KGM")], biz_location=PLANT)
        world.observe(2, [(WIRE, "90", "KGM")], biz_location=PLANT)
        world.observe(3, [(WIRE, "40", "KGM")], biz_location=HUB, participant=ELSEWHERE)
        assert self.found(world) == {
            (HERE.hex(), PLANT, "90", None, 2),
            (ELSEWHERE.hex(), HUB, "40", None, 3),
        }

    def test_what_is_left_in_a_container_is_where_that_is(self, world: World) -> None:
        world.pack(1, PALLET, [(WIRE, "100", "KGM")], biz_location=PLANT)
        world.unpack(2, PALLET, [(WIRE, "30", "KGM")], biz_location=PLANT)
        world.ship(3, [PALLET], to=BUYER, read_point=DOOR)
        assert self.found(world) == {
            (BUYER, DOOR, "70", PALLET, 1),
            (HERE.hex(), PLANT, "30", None, 2),
        }

    def test_an_emptied_container_leaves_it_where_that_was_emptied(self, world: World) -> None:
        world.pack(1, PALLET, [(WIRE, "100", "KGM")], biz_location=PLANT)
        world.unpack(2, PALLET, biz_location=SHOP)
        assert self.found(world) == {(HERE.hex(), SHOP, "100", None, 2)}

    def test_an_amount_that_nobody_said_is_none(self, world: World) -> None:
        world.observe(1, [WIRE], biz_location=PLANT)
        found = parts(world.graph(), WIRE)
        assert found == {Part(HERE.hex(), PLANT, "present", None, None, None, 1)}

    def test_what_was_used_up_says_so(self, world: World) -> None:
        world.make(1, [(WIRE, "5", "KGM"), (WIRE, "2", "KGM")], [CABLE], biz_location=PLANT)
        found = parts(world.graph(), WIRE)
        assert found == {Part(HERE.hex(), PLANT, "consumed", None, Decimal(7), "KGM", 1)}

"""What sharing a cause means, case by case."""

from __future__ import annotations

from decimal import Decimal

from tests.support.lineage import World, lot, serial
from traceability.events.attributes import Attribute, scaled
from traceability.lineage.across.causes import read_asked
from traceability.lineage.across.rules import share

ROD, WIRE, OTHER, DRUM = lot(1, "R1"), lot(2, "W1"), lot(2, "W2"), serial(3, "A")
PLACE = "https://id.gs1.org/414/9521005000013"


def machine(name: str) -> Attribute:
    return Attribute("machine", name)


def hot(number: int) -> Attribute:
    millionths = scaled(Decimal(number))
    return Attribute("parameter:Temperature", str(number), "CEL", millionths, millionths)


def drawn() -> World:
    """Return a world: two wires of one rod, drawn on one machine, one of them on a drum."""
    world = World()
    world.say(world.make(1, [ROD], [WIRE], read_point=PLACE), machine("M1"), hot(100))
    world.say(world.make(9, [ROD], [OTHER], read_point=PLACE), machine("M1"), hot(200))
    world.say(world.make(10, [WIRE], [DRUM]), machine("M2"))
    return world


def shared(
    world: World,
    code: str,
    keys: tuple[str, ...],
    ranges: tuple[str, ...] = (),
    window: str | None = None,
) -> set[str]:
    found = share(world.graph(), world.said, code, read_asked(keys, ranges, window))
    return {one.code for one in found.shared}


def test_a_cause_of_what_it_was_made_from_is_its_cause() -> None:
    assert shared(drawn(), DRUM, ("machine",)) == {WIRE, OTHER}


def test_the_code_itself_is_not_told() -> None:
    assert shared(drawn(), WIRE, ("machine",)) == {OTHER}


def test_what_goes_into_a_transformation_is_not_touched_by_it() -> None:
    assert shared(drawn(), ROD, ("machine",)) == set()


def test_raw_lots_are_shared_by_what_was_made_directly_of_them() -> None:
    assert shared(drawn(), DRUM, ("raw_lot",)) == {WIRE, OTHER}


def test_the_place_of_making_is_shared() -> None:
    assert shared(drawn(), DRUM, ("place",)) == {WIRE, OTHER}


def test_a_window_keeps_what_happened_then() -> None:
    first = "..1970-01-01T00:00:00.005Z"
    assert shared(drawn(), DRUM, ("machine",), (), first) == {WIRE}


def test_a_range_is_told_whether_the_fault_was_in_it_or_not() -> None:
    assert shared(drawn(), WIRE, (), ("Temperature:150..250",)) == {OTHER}
    assert shared(drawn(), WIRE, (), ("Temperature:250..350",)) == set()


def test_an_erroneous_event_ties_nothing() -> None:
    world = drawn()
    number = world.make(9, [ROD], [lot(2, "W3")], event_id="urn:id:1")
    world.say(number, machine("M1"))
    world.make(9, [], [], event_id="urn:id:1", declares_error=True)
    assert lot(2, "W3") not in shared(world, WIRE, ("machine",))

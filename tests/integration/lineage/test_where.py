"""`where` and `holders` on both databases: a shipment, a lot in parts, and what is unknown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lineage import World, Written, firm, lot, place, serial, sscc, write
from traceability.codes.keys import CodeSyntaxError
from traceability.lineage import findings
from traceability.lineage.results import Limits
from traceability.lineage.tracing import CodeNotTraced
from traceability.lineage.where import holders, where
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.repositories.participants import ParticipantRow
from traceability.store.unit_of_work import UnitOfWork

DRUMS = [serial(4, name) for name in ("A", "B", "C")]
LOT, WIRE = lot(4, "D1"), lot(2, "W1")
CASE, PALLET = sscc(1), sscc(2)
PLANT, DOOR, SHOP = place(1), place(2), place(3)
BUYER = firm(3)


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        yield work.repositories
    engine.dispose()


def shipment() -> World:
    """Three drums of one lot: one stays, one goes in a case on a pallet, one is never seen."""
    world = World()
    world.mint(4, "D1", ["A", "B", "C"])
    world.commission(1, DRUMS[:2], biz_location=PLANT)
    world.pack(2, CASE, [DRUMS[1]], read_point=DOOR)
    world.pack(3, PALLET, [CASE])
    world.ship(4, [PALLET], to=BUYER, read_point=DOOR)
    return world


def codes(found: tuple[findings.Finding, ...]) -> set[str]:
    return {one.code for one in found}


class TestWhere:
    def test_it_names_place_holder_and_containers_with_their_proofs(
        self, repositories: Repositories
    ) -> None:
        gln = BUYER.rpartition("/")[2]
        repositories.participants.put(ParticipantRow(b"b" * 16, gln, "A buyer"))
        written: Written = write(repositories, shipment())
        found = where(repositories, DRUMS[1], proof_url=written.number).to_json()
        assert found["state"] == "in_transit"
        location, holder = found["location"], found["holder"]
        assert (location["code"], location["basis"]) == (DOOR, "read_point")
        assert location["since"] == "1970-01-01T00:00:00.002Z"
        assert location["last_seen"] == "1970-01-01T00:00:00.004Z"
        assert location["inherited_from"] == PALLET
        assert (holder["code"], holder["gln"], holder["name"]) == (BUYER, gln, "A buyer")
        boxes = [(one["code"], one["level"], one["proof_url"]) for one in found["inside"]]
        assert boxes == [(CASE, 1, "2"), (PALLET, 2, "3")]
        assert found["items"] == [DRUMS[1], CASE, PALLET]
        edges = [(edge["relation"], edge["to"], edge["proof_url"]) for edge in found["edges"]]
        assert edges == [
            ("location", DOOR, "4"),
            ("holder", BUYER, "4"),
            ("containment", CASE, "2"),
            ("containment", PALLET, "3"),
        ]
        assert (found["findings"], found["truncated"]) == ([], False)

    def test_a_neighbour_stays_where_it_was(self, repositories: Repositories) -> None:
        write(repositories, shipment())
        found = where(repositories, DRUMS[0])
        assert found.location is not None
        assert (found.location.code, found.state, found.inside) == (PLANT, "present", ())

    def test_what_is_only_minted_is_unknown_and_says_so(self, repositories: Repositories) -> None:
        write(repositories, shipment())
        found = where(repositories, DRUMS[2])
        assert (found.state, found.location, found.holder) == ("unknown", None, None)
        assert codes(found.findings) == {findings.UNKNOWN_LOCATION, findings.UNKNOWN_HOLDER}

    def test_a_participant_without_gln_is_told_by_its_id_and_name(
        self, repositories: Repositories
    ) -> None:
        repositories.participants.put(ParticipantRow(b"h" * 16, None, "A plant"))
        write(repositories, shipment())
        found = where(repositories, DRUMS[0]).holder
        assert found is not None
        assert found.code == f"urn:itemproof:participant:{(b'h' * 16).hex()}"
        assert (found.gln, found.name) == (None, "A plant")

    def test_two_containers_and_a_case_in_itself_are_named(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.pack(1, CASE, [DRUMS[0]])
        world.pack(2, PALLET, [DRUMS[0]])
        for inner, outer in ((5, 6), (6, 7), (7, 5)):
            world.pack(inner, sscc(outer), [sscc(inner)])
        write(repositories, world)
        apart, loop = where(repositories, DRUMS[0]), where(repositories, sscc(5))
        assert findings.IN_TWO_CONTAINERS in codes(apart.findings)
        assert codes(loop.findings) == {findings.CONTAINMENT_CYCLE, findings.UNKNOWN_LOCATION}

    def test_unknown_and_malformed_codes_are_told_apart(self, repositories: Repositories) -> None:
        write(repositories, shipment())
        with pytest.raises(CodeNotTraced):
            where(repositories, serial(4, "Z"))
        with pytest.raises(CodeSyntaxError):
            where(repositories, "no code")


class TestHolders:
    def test_items_are_counted_by_holder_and_place(self, repositories: Repositories) -> None:
        written = write(repositories, shipment())
        found = holders(repositories, LOT, proof_url=written.number)
        lines = [(one.holder, one.location, one.items, one.proof_url) for one in found.holders]
        assert lines == [
            (None, None, 1, None),
            (BUYER, DOOR, 1, "4"),
            (f"urn:itemproof:participant:{(b'h' * 16).hex()}", PLANT, 1, "1"),
        ]
        assert (found.items, found.truncated) == (3, False)
        assert codes(found.findings) == {findings.UNKNOWN_LOCATION, findings.UNKNOWN_HOLDER}

    def test_an_amount_is_told_where_it_lies_and_in_what(self, repositories: Repositories) -> None:
        world = World()
        world.commission(1, [(WIRE, "100.50", "KGM")], biz_location=PLANT)
        world.pack(2, PALLET, [(WIRE, "40", "KGM")])
        world.ship(3, [PALLET], to=BUYER, read_point=DOOR)
        write(repositories, world)
        found = holders(repositories, WIRE)
        told = {(one.container, one.location, one.quantity, one.uom) for one in found.quantities}
        assert told == {(None, PLANT, "100.5", "KGM"), (PALLET, DOOR, "40", "KGM")}
        assert codes(found.findings) == {findings.AMOUNTS_MAY_OVERLAP}

    def test_a_single_item_is_one(self, repositories: Repositories) -> None:
        write(repositories, shipment())
        found = holders(repositories, DRUMS[1])
        assert (found.items, found.holders[0].holder) == (1, BUYER)

    def test_more_items_than_the_limit_are_cut_and_said(self, repositories: Repositories) -> None:
        write(repositories, shipment())
        found = holders(repositories, LOT, limits=Limits(max_items=2))
        assert (found.items, found.truncated) == (2, True)

"""Whole stories on both databases: rod to pallet, a recall, repacking, mistakes taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lineage import (
    ELSEWHERE,
    World,
    Written,
    lot,
    product_class,
    serial,
    sscc,
    write,
)
from traceability.codes.keys import CodeCheckDigitError, CodeSyntaxError
from traceability.lineage import findings
from traceability.lineage.journeys import journey
from traceability.lineage.results import Holder, Limits, Trace
from traceability.lineage.tracing import CodeNotTraced, DirectionUnknown, recall, trace
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork

GOOD_ROD, BAD_ROD = lot(1, "R1"), lot(1, "R2")
GOOD_WIRE, BAD_WIRE, MIXED_STRAND = lot(2, "W1"), lot(2, "W2"), lot(3, "S2")
GOOD_STRAND, PVC = lot(3, "S1"), lot(5, "P1")
GOOD_CABLE, BAD_CABLE = lot(6, "C1"), lot(6, "C2")
GOOD_DRUMS = [serial(4, f"G{number}") for number in range(5)]
BAD_DRUMS = [serial(4, f"X{number}") for number in range(5)]
DRUM_LOT = lot(4, "D1")
CASES, PALLETS = [sscc(1), sscc(2), sscc(3)], [sscc(11), sscc(12)]


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        yield work.repositories
    engine.dispose()


def plant() -> World:
    """Two rod lots, one of them bad; its wire meets the good one in one strand."""
    world = World()
    world.mint(4, "D1", [code.rpartition("/")[2] for code in GOOD_DRUMS + BAD_DRUMS])
    world.commission(0, [GOOD_ROD, BAD_ROD, PVC])
    world.make(1, [GOOD_ROD], [GOOD_WIRE])
    world.make(1, [BAD_ROD], [BAD_WIRE])
    world.make(2, [GOOD_WIRE], [GOOD_STRAND])
    world.make(2, [GOOD_WIRE, BAD_WIRE], [MIXED_STRAND])
    world.make(3, [GOOD_STRAND, PVC], [GOOD_CABLE])
    world.make(3, [MIXED_STRAND, PVC], [BAD_CABLE])
    world.make(4, [GOOD_CABLE], GOOD_DRUMS)
    world.make(4, [BAD_CABLE], BAD_DRUMS)
    world.pack(5, CASES[0], GOOD_DRUMS[:4])
    world.pack(5, CASES[1], [GOOD_DRUMS[4], *BAD_DRUMS[:2]])
    world.pack(5, CASES[2], BAD_DRUMS[2:])
    world.pack(6, PALLETS[0], CASES[:2])
    world.pack(6, PALLETS[1], CASES[2:])
    world.observe(7, PALLETS)
    return world


def told(found: Trace, code: str) -> set[str]:
    return {one.subject for one in found.findings if one.code == code}


class TestRecallOfABadRodLot:
    def test_it_finds_what_the_lot_went_into_and_nothing_else(
        self, repositories: Repositories
    ) -> None:
        write(repositories, plant())
        found = recall(repositories, BAD_ROD)
        assert found.codes == {BAD_ROD, BAD_WIRE, MIXED_STRAND, BAD_CABLE, *BAD_DRUMS}
        assert found.serials == set(BAD_DRUMS)
        assert not found.truncated

    def test_the_good_lot_reaches_the_mixed_drums_too(self, repositories: Repositories) -> None:
        write(repositories, plant())
        assert recall(repositories, GOOD_ROD).serials == {*GOOD_DRUMS, *BAD_DRUMS}

    def test_containers_are_holders_and_their_other_contents_are_not_recalled(
        self, repositories: Repositories
    ) -> None:
        write(repositories, plant())
        found = recall(repositories, BAD_ROD)
        assert set(found.holders) == {
            Holder(CASES[1], 2),
            Holder(CASES[2], 3),
            Holder(PALLETS[0], 2),
            Holder(PALLETS[1], 3),
        }
        assert GOOD_DRUMS[4] not in found.codes

    def test_a_container_that_was_emptied_holds_nothing(self, repositories: Repositories) -> None:
        world = plant()
        world.unpack(8, PALLETS[1])
        world.unpack(9, CASES[2], BAD_DRUMS[2:4])
        write(repositories, world)
        held = dict(recall(repositories, BAD_ROD).holders)
        assert held == {CASES[1]: 2, PALLETS[0]: 2, CASES[2]: 1}

    def test_the_whole_minted_lot_is_recalled_by_its_lot(self, repositories: Repositories) -> None:
        write(repositories, plant())
        assert recall(repositories, DRUM_LOT).serials == {*GOOD_DRUMS, *BAD_DRUMS}

    def test_serials_that_no_event_names_are_recalled_with_their_lot(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.mint(4, "D9", ["A", "B"])
        write(repositories, world)
        found = recall(repositories, lot(4, "D9"))
        assert found.serials == {serial(4, "A"), serial(4, "B")}
        assert {edge.relation for edge in found.edges} == {"membership"}
        assert all(edge.event_id.startswith("urn:itemproof:record:") for edge in found.edges)

    def test_a_withdrawn_transformation_reaches_nothing(self, repositories: Repositories) -> None:
        world = World()
        world.make(1, [BAD_ROD], [BAD_WIRE], event_id="urn:id:1")
        world.make(2, [BAD_WIRE], [BAD_CABLE])
        world.make(1, [BAD_ROD], [BAD_WIRE], event_id="urn:id:1", declares_error=True)
        write(repositories, world)
        assert recall(repositories, BAD_ROD).codes == {BAD_ROD}

    def test_a_withdrawal_by_another_participant_is_a_finding_only(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.make(1, [BAD_ROD], [BAD_WIRE], event_id="urn:id:1")
        world.make(
            1,
            [BAD_ROD],
            [BAD_WIRE],
            event_id="urn:id:1",
            declares_error=True,
            participant=ELSEWHERE,
        )
        write(repositories, world)
        found = recall(repositories, BAD_ROD)
        assert found.codes == {BAD_ROD, BAD_WIRE}
        assert told(found, findings.ERROR_DECLARED_BY_ANOTHER) == {"urn:id:1"}


class TestTrace:
    def test_upstream_of_a_drum_is_everything_it_was_made_of(
        self, repositories: Repositories
    ) -> None:
        write(repositories, plant())
        found = trace(repositories, GOOD_DRUMS[0], direction="upstream")
        made_of = {GOOD_CABLE, GOOD_STRAND, PVC, GOOD_WIRE, GOOD_ROD}
        assert found.codes == {GOOD_DRUMS[0], DRUM_LOT, *made_of}
        assert not found.findings

    def test_both_ways_is_the_union(self, repositories: Repositories) -> None:
        write(repositories, plant())
        found = trace(repositories, BAD_CABLE)
        up = {GOOD_WIRE, GOOD_ROD, BAD_WIRE, BAD_ROD, MIXED_STRAND, PVC}
        assert found.codes == {BAD_CABLE, *up, *BAD_DRUMS}

    def test_each_edge_names_its_event_and_where_its_proof_is(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.make(1, [BAD_ROD], [BAD_WIRE], event_id="urn:uuid:of-the-sender")
        world.make(2, [BAD_WIRE], [BAD_CABLE])
        write(repositories, world)
        first, second = trace(repositories, BAD_ROD).to_json()["edges"]
        assert (first["from"], first["to"]) == (BAD_ROD, BAD_WIRE)
        assert first["event_id"] == "urn:uuid:of-the-sender"
        assert first["proof_url"].startswith("/api/proofs?code=urn:itemproof:record:")
        assert second["proof_url"] == f"/api/proofs?code={second['event_id']}"

    def test_what_no_event_produces_is_of_unknown_origin(self, repositories: Repositories) -> None:
        world = World()
        world.make(1, [BAD_ROD, GOOD_ROD], [BAD_WIRE])
        world.commission(0, [GOOD_ROD])
        write(repositories, world)
        found = trace(repositories, BAD_WIRE, direction="upstream")
        assert told(found, findings.UNKNOWN_ORIGIN) == {BAD_ROD}
        assert not trace(repositories, BAD_WIRE, direction="downstream").findings

    def test_a_rework_loop_is_walked_and_named(self, repositories: Repositories) -> None:
        world = plant()
        world.make(8, [BAD_CABLE], [BAD_WIRE])
        write(repositories, world)
        found = recall(repositories, BAD_ROD)
        assert found.serials == set(BAD_DRUMS)
        assert told(found, findings.CYCLE) == {BAD_WIRE}

    def test_a_class_without_a_lot_is_named(self, repositories: Repositories) -> None:
        world = World()
        world.make(1, [BAD_ROD], [product_class(2)])
        write(repositories, world)
        found = recall(repositories, BAD_ROD)
        assert told(found, findings.CLASS_WITHOUT_LOT) == {product_class(2)}

    def test_a_lot_used_by_quantity_is_a_doubt(self, repositories: Repositories) -> None:
        world = plant()
        world.make(8, [DRUM_LOT], ["urn:example:machine:1"])
        write(repositories, world)
        found = recall(repositories, BAD_ROD)
        assert found.codes >= {DRUM_LOT, "urn:example:machine:1"}
        assert found.serials == set(BAD_DRUMS)
        assert told(found, findings.LOT_USED_BY_QUANTITY) == {DRUM_LOT}

    def test_an_item_on_two_pallets_is_named(self, repositories: Repositories) -> None:
        world = plant()
        world.pack(8, PALLETS[0], [BAD_DRUMS[4]])
        write(repositories, world)
        found = recall(repositories, BAD_ROD)
        assert told(found, findings.IN_TWO_CONTAINERS) == {BAD_DRUMS[4]}

    def test_an_item_listed_with_its_case_on_the_pallet_is_in_order(
        self, repositories: Repositories
    ) -> None:
        world = plant()
        world.pack(8, PALLETS[1], [BAD_DRUMS[4]])
        write(repositories, world)
        assert not recall(repositories, BAD_ROD).findings

    def test_pallets_inside_each_other_are_named(self, repositories: Repositories) -> None:
        world = plant()
        world.pack(8, CASES[2], [PALLETS[1]])
        write(repositories, world)
        found = recall(repositories, BAD_ROD)
        assert told(found, findings.CONTAINMENT_CYCLE) == {min(CASES[2], PALLETS[1])}

    def test_the_answer_is_the_same_in_whatever_form_the_code_is_written(
        self, repositories: Repositories
    ) -> None:
        write(repositories, plant())
        gtin = DRUM_LOT.split("/")[4]
        canonical = trace(repositories, BAD_DRUMS[0])
        for code in (f"(01){gtin}(21)X0", f"https://shop.example/01/{gtin}/10/D1/21/X0"):
            assert trace(repositories, code) == canonical


class TestCodesThatAreNotTraced:
    def test_refuses_a_code_that_nothing_names(self, repositories: Repositories) -> None:
        write(repositories, plant())
        with pytest.raises(CodeNotTraced, match="code is unknown: no event and no minted item"):
            recall(repositories, serial(4, "NONE"))

    def test_refuses_a_serial_under_another_lot(self, repositories: Repositories) -> None:
        write(repositories, plant())
        gtin = DRUM_LOT.split("/")[4]
        with pytest.raises(CodeNotTraced):
            journey(repositories, f"https://id.gs1.org/01/{gtin}/10/D2/21/X0")

    def test_refuses_a_wrong_check_digit(self, repositories: Repositories) -> None:
        gtin = DRUM_LOT.split("/")[4]
        wrong = gtin[:-1] + str((int(gtin[-1]) + 1) % 10)
        with pytest.raises(CodeCheckDigitError):
            trace(repositories, f"https://id.gs1.org/01/{wrong}/21/X0")

    def test_refuses_text_that_is_no_code(self, repositories: Repositories) -> None:
        with pytest.raises(CodeSyntaxError):
            trace(repositories, "no code")

    def test_refuses_an_unknown_direction(self, repositories: Repositories) -> None:
        with pytest.raises(DirectionUnknown, match="expected upstream or downstream or both"):
            trace(repositories, BAD_ROD, direction="sideways")


class TestLimits:
    def test_an_answer_within_its_limits_is_whole(self, repositories: Repositories) -> None:
        write(repositories, plant())
        found = recall(repositories, BAD_ROD, limits=Limits(max_items=9, max_depth=4))
        assert len(found.items) == 9
        assert not found.truncated

    def test_one_item_too_many_is_said(self, repositories: Repositories) -> None:
        write(repositories, plant())
        found = recall(repositories, BAD_ROD, limits=Limits(max_items=8))
        assert len(found.items) == 8
        assert found.truncated
        assert {end for edge in found.edges for end in edge[:2]} <= found.codes

    def test_one_step_too_many_is_said(self, repositories: Repositories) -> None:
        write(repositories, plant())
        found = recall(repositories, BAD_ROD, limits=Limits(max_depth=3))
        assert found.codes == {BAD_ROD, BAD_WIRE, MIXED_STRAND, BAD_CABLE}
        assert found.truncated

    def test_a_journey_too_long_is_cut_at_its_end(self, repositories: Repositories) -> None:
        write(repositories, plant())
        found = journey(repositories, BAD_DRUMS[0], limits=Limits(max_steps=3))
        assert [step.event_time.microsecond for step in found.steps] == [4000, 5000, 6000]
        assert found.truncated
        assert not journey(repositories, BAD_DRUMS[0], limits=Limits(max_steps=4)).truncated


class TestJourney:
    def steps(
        self, repositories: Repositories, written: Written, code: str
    ) -> list[tuple[int, str | None, str]]:
        found = journey(repositories, code, proof_url=written.number)
        return [(int(step.proof_url), step.inherited_from, step.relation) for step in found.steps]

    def test_a_drum_shares_the_events_of_its_case_and_pallet(
        self, repositories: Repositories
    ) -> None:
        written = write(repositories, plant())
        assert self.steps(repositories, written, BAD_DRUMS[0]) == [
            (9, None, "own"),
            (11, None, "own"),
            (13, CASES[1], "containment"),
            (15, PALLETS[0], "containment"),
        ]

    def test_after_repacking_only_the_new_pallet_counts(self, repositories: Repositories) -> None:
        world = plant()
        removed = world.unpack(8, CASES[1], [BAD_DRUMS[0]])
        packed = world.pack(9, CASES[2], [BAD_DRUMS[0]])
        world.observe(10, [PALLETS[0]])
        arrived = world.observe(11, [PALLETS[1]])
        written = write(repositories, world)
        assert self.steps(repositories, written, BAD_DRUMS[0])[4:] == [
            (removed, None, "own"),
            (packed, None, "own"),
            (arrived, PALLETS[1], "containment"),
        ]

    def test_steps_say_what_when_and_by_which_record(self, repositories: Repositories) -> None:
        write(repositories, plant())
        first = journey(repositories, BAD_DRUMS[0]).to_json()["steps"][0]
        assert first["type"] == "TransformationEvent"
        assert first["event_time"] == "1970-01-01T00:00:00.004Z"
        assert first["roles"] == ["output"]
        assert first["proof_url"] == f"/api/proofs?code={first['record']}"
        assert first["event_id"] == first["record"]

    def test_a_withdrawn_event_stays_in_history_and_says_so(
        self, repositories: Repositories
    ) -> None:
        world = plant()
        packed = world.pack(8, PALLETS[0], [BAD_DRUMS[4]], event_id="urn:id:1")
        taken_back = world.pack(
            8, PALLETS[0], [BAD_DRUMS[4]], event_id="urn:id:1", declares_error=True
        )
        elsewhere = world.observe(9, [PALLETS[0]])
        written = write(repositories, world)
        found = journey(repositories, BAD_DRUMS[4], proof_url=written.number)
        withdrawn = {int(step.proof_url) for step in found.steps if step.declared_erroneous}
        assert withdrawn == {packed, taken_back}
        assert elsewhere not in {int(step.proof_url) for step in found.steps}
        assert not found.findings

    def test_an_item_in_two_containers_is_named(self, repositories: Repositories) -> None:
        world = plant()
        world.pack(8, PALLETS[0], [BAD_DRUMS[4]])
        write(repositories, world)
        found = journey(repositories, BAD_DRUMS[4])
        assert [one.code for one in found.findings] == [findings.IN_TWO_CONTAINERS]

    def test_a_case_inside_itself_through_three_levels_is_named(
        self, repositories: Repositories
    ) -> None:
        world = World()
        for inner, outer in ((0, 1), (1, 2), (2, 0)):
            world.pack(inner, CASES[outer], [CASES[inner]])
        write(repositories, world)
        found = journey(repositories, CASES[0])
        assert [one.code for one in found.findings] == [findings.CONTAINMENT_CYCLE]

    def test_a_minted_serial_without_events_has_an_empty_journey(
        self, repositories: Repositories
    ) -> None:
        world = World()
        world.mint(4, "D9", ["A"])
        write(repositories, world)
        assert journey(repositories, serial(4, "A")).steps == ()

    def test_events_of_one_time_are_in_the_order_of_their_numbers(
        self, repositories: Repositories
    ) -> None:
        world = World()
        for _ in range(3):
            world.observe(1, [CASES[0]])
        written = write(repositories, world)
        assert [one for one, _, _ in self.steps(repositories, written, CASES[0])] == [1, 2, 3]

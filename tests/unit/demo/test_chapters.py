from __future__ import annotations

import json
from collections import Counter

import pytest

from ledger_api.demo.cast import PLANT, PVC, ROD_A, RODS
from ledger_api.demo.chapters import chapter_document
from ledger_api.demo.plan import drum_uri, make_plan
from ledger_api.demo.story import planned_batches
from tests.support.demo import codes, events_of, serials_of, told
from traceability.events.faults import FaultCode
from traceability.events.jsonld import parse_document

PLAN = make_plan()


@pytest.fixture(scope="module")
def events():
    return events_of(PLAN)


class TestChapters:
    def test_same_plan_and_serials_give_the_same_bytes(self, events):
        assert json.dumps(events_of(make_plan())) == json.dumps(events)

    def test_another_seed_gives_others(self, events):
        assert json.dumps(events_of(make_plan(seed=1))) != json.dumps(events)

    def test_every_document_is_without_fault(self):
        for chapter in told(PLAN):
            document = parse_document(chapter_document(PLAN, chapter))
            assert document.faults == ()
            assert len(document.events) == len(chapter.events)

    def test_step_that_the_vocabulary_lacks_would_be_a_fault(self):
        chapter = next(chapter for chapter in told(PLAN) if chapter.party is ROD_A)
        faulty = {**chapter.events[0], "bizStep": "casting"}
        document = chapter_document(PLAN, type(chapter)(ROD_A, (faulty,)))
        assert parse_document(document).faults[0].code == FaultCode.VOCABULARY

    def test_no_event_is_told_twice(self, events):
        assert len({json.dumps(event, sort_keys=True) for event in events}) == len(events)

    def test_only_makers_commission_their_own_goods(self):
        for chapter in told(PLAN):
            for event in chapter.events:
                if event["type"] == "ObjectEvent" and event["bizStep"] == "commissioning":
                    issued = [item["epcClass"] for item in event["quantityList"]]
                    assert all(f"/01/0{chapter.party.prefix}" in code for code in issued)

    def test_every_party_tells_something(self):
        assert {chapter.party.role for chapter in told(PLAN)} == {
            "supplier", "producer", "carrier", "distributor",
        }  # fmt: skip

    def test_batches_are_counted_beforehand(self):
        assert planned_batches(PLAN) == len(told(PLAN)) + len(PLAN.lots) + 5


class TestEvents:
    def test_every_step_of_the_works_is_there(self, events):
        made = Counter(
            event["readPoint"]["id"].rpartition("/")[2]
            for event in events
            if event["type"] == "TransformationEvent"
        )
        assert made == {
            "drawing": 144, "stranding": 48, "extrusion": 48, "winding": 48, "rewinding": 6,
        }  # fmt: skip

    def test_drums_are_packed_once_in_cases_on_pallets(self, events):
        packed = [event for event in events if event["bizStep"] == "packing"]
        children = [code for event in packed for code in event["childEPCs"]]
        drums = [code for code in children if "/21/" in code]
        cases = [code for code in children if "/00/" in code]
        rewound = {
            drum_uri(PLAN, drum, serial=serials_of(PLAN)[drum.lot][drum.index])
            for drum in PLAN.rewound
        }
        assert len(drums) == len(set(drums)) == 2002 - len(rewound)
        assert not rewound & set(drums)
        assert set(cases) == {
            event["parentID"] for event in packed if "/21/" in event["childEPCs"][0]
        }

    def test_every_pallet_is_shipped_carried_and_received(self, events):
        moves = {"shipping": [], "departing": [], "arriving": [], "receiving": []}
        for event in events:
            if event["bizStep"] in moves and "epcList" in event:
                moves[event["bizStep"]] += event["epcList"]
        assert moves["shipping"] == moves["departing"] == moves["arriving"] == moves["receiving"]
        pallets = {
            event["parentID"]
            for event in events
            if event["bizStep"] == "packing" and "/00/" in event["childEPCs"][0]
        }
        assert set(moves["shipping"]) == pallets

    def test_some_are_unpacked_in_the_same_order_that_they_were_packed(self, events):
        inside = {e["parentID"]: e["childEPCs"] for e in events if e["bizStep"] == "packing"}
        opened = [event for event in events if event["bizStep"] == "unpacking"]
        assert len(opened) == 48
        assert all(inside[event["parentID"]] == event["childEPCs"] for event in opened)

    def test_transfers_name_both_parties_and_their_papers(self, events):
        shipped = [event for event in events if event["bizStep"] == "shipping"]
        for event in shipped:
            assert {"owning_party", "location"} == {part["type"] for part in event["sourceList"]}
            assert {"owning_party", "location"} == {
                part["type"] for part in event["destinationList"]
            }
            assert event["bizTransactionList"]

    def test_cable_needs_strand_and_compound(self, events):
        extruded = [event for event in events if event["readPoint"]["id"].endswith("/extrusion")]
        for event in extruded:
            if event["type"] == "TransformationEvent":
                inputs = codes(event, "input")
                assert len(inputs) == 2
                assert any(PVC.gtin in code for code in inputs)

    def test_rod_goes_nowhere_but_to_the_works(self, events):
        gtins = {goods.gtin for goods in RODS.values()}
        received = [
            event for event in events if event["bizStep"] == "receiving" and "quantityList" in event
        ]
        named = [item["epcClass"] for event in received for item in event["quantityList"]]
        assert sum(any(gtin in code for gtin in gtins) for code in named) == len(PLAN.rods)
        assert all(event["bizLocation"]["id"] == PLANT.site_uri for event in received)

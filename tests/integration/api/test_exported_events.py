"""The events of an answer: as an EPCIS document, and as key data elements of FSMA 204."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import IO, Any

import orjson
import pytest

from ledger_api.exports.answered import Answered
from ledger_api.exports.epcis import epcis_document, write_epcis
from ledger_api.exports.events import Gathered
from ledger_api.exports.exporting import Asked, export
from ledger_api.exports.formats import FORMATS
from tests.integration.api.test_exports import ask
from tests.integration.api.test_statuses import erase
from tests.support.api import Api
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.workbooks import read_workbook
from traceability.events.jsonld import parse_document
from traceability.events.xml.reading import read_xml
from traceability.ledger.partners import Asker
from traceability.lineage.tracing import CodeNotTraced
from traceability.strict_json import parse_json

LOT = f"https://id.gs1.org/01/{GTIN}/10/F1"
NEW_LOT = f"https://id.gs1.org/01/{GTIN}/10/P1"
PALLET = "https://id.gs1.org/00/095212345000000018"
FARM, PACKER, PLANT = (
    f"https://id.gs1.org/414/{gln}" for gln in ("9521003000015", "9521004000014", "9521005000013")
)
BUYER = "https://id.gs1.org/417/9521007000011"
VOCABULARY = "https://example.com/steps/"


def some(lot: str, quantity: float) -> dict[str, Any]:
    return {"epcClass": lot, "quantity": quantity, "uom": "KGM"}


def about(number: int, step: str, *, at: str, quantity: float = 100, **more: Any) -> dict[str, Any]:
    objects = {"epcList": None, "quantityList": [some(LOT, quantity)]}
    return event(number, bizStep=step, bizLocation={"id": at}, **(objects | more))


def chain() -> list[dict[str, Any]]:
    """Return a catch of lettuce from the field through a plant to a buyer, on a pallet."""
    transformed = {
        "inputQuantityList": [some(LOT, 100.5)],
        "outputQuantityList": [some(NEW_LOT, 90)],
        "quantityList": None,
        "action": None,
        "type": "TransformationEvent",
    }
    paper = {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9521005000013:=DA-1"}
    to = {"type": "owning_party", "destination": BUYER}
    by = {"type": "owning_party", "source": FARM.replace("414", "417")}
    packed = {
        "type": "AggregationEvent",
        "parentID": PALLET,
        "childQuantityList": [some(NEW_LOT, 90)],
        "quantityList": None,
        "action": "ADD",
    }
    grown = {"cbvmda:harvestStartDate": "2026-05-01", "cbvmda:growingArea": "North field"}
    return [
        about(1, f"{VOCABULARY}harvesting", at=FARM, action="ADD", ilmd=grown),
        about(2, f"{VOCABULARY}cooling", at=FARM),
        about(3, f"{VOCABULARY}initial_packing", at=PACKER),
        about(4, "receiving", at=PLANT, sourceList=[by]),
        about(5, "commissioning", at=PLANT, **transformed),
        about(6, "packing", at=PLANT, **packed),
        event(
            7,
            epcList=[PALLET],
            bizLocation={"id": PLANT},
            destinationList=[to],
            bizTransactionList=[paper],
        ),
        about(8, f"{VOCABULARY}landing", at=PLANT),
    ]


@pytest.fixture
def told(api: Api) -> Api:
    response = api.submit(document(*chain()))
    assert response.status_code == 201, response.text
    api.node.sequencer.run(close=True)
    return api


def spreadsheet(api: Api, question: str = "recall", code: str = LOT) -> dict[str, Any]:
    """Return each tab's rows as dictionaries."""
    sheets = read_workbook(ask(api, question, code=code, format="fsma204").content)
    return {
        name: [dict(zip(head, row + [""] * (len(head) - len(row)), strict=True)) for row in rows]
        for name, (head, *rows) in sheets.items()
    }


class TestSpreadsheet:
    def test_has_a_tab_for_each_tracking_event(self, told: Api) -> None:
        found = spreadsheet(told)
        sizes = {name: len(rows) for name, rows in found.items()}
        assert sizes == {
            "Harvesting": 1,
            "Cooling": 1,
            "Initial packing": 1,
            "First land-based receiving": 1,
            "Shipping": 1,
            "Receiving": 1,
            "Transformation": 2,
            "Other events": 1,
            "Locations": 5,
            "Products": 1,
            "Missing events": 0,
            "Answer": 1,
            "Findings": 0,
            "Columns": 135,
        }

    def test_maps_the_key_data_elements(self, told: Api) -> None:
        found = spreadsheet(told)
        (harvest,), (shipped,) = found["Harvesting"], found["Shipping"]
        assert harvest["Traceability lot code"] == LOT
        assert (harvest["Lot number"], harvest["GTIN"]) == ("F1", GTIN)
        assert (harvest["Quantity"], harvest["Unit of measure"]) == ("100", "KGM")
        assert harvest["Harvest date"] == "2026-05-01 16:00:01+08:00"
        assert harvest["Farm location"].endswith(f"({FARM})") or harvest["Farm location"] == FARM
        assert harvest["Field or growing area"] == "North field"
        assert shipped["Immediate subsequent recipient"] == BUYER
        assert shipped["Reference document type"] == "desadv"
        assert shipped["Reference document number"].endswith("=DA-1")
        (packed,), (received,) = found["Initial packing"], found["Receiving"]
        assert packed["Aquaculture container (pond, pool, tank, cage)"] == ""
        # Neither the harvest nor the commissioning before it assigns the code: packing does.
        assert harvest["Farm location"] == FARM
        assert (packed["Traceability lot code source"], PACKER) == (
            PACKER,
            packed["Packing location"],
        )
        assert received["Traceability lot code source"] == PACKER

    def test_a_pallets_shipping_is_its_contents(self, told: Api) -> None:
        (shipped,) = spreadsheet(told)["Shipping"]
        assert shipped["Traceability lot code"] == NEW_LOT
        assert shipped["In container"] == PALLET
        assert shipped["Traceability lot code source"] == PLANT

    def test_tells_food_used_from_new_food(self, told: Api) -> None:
        rows = spreadsheet(told)["Transformation"]
        assert [(row["Food used or new food"], row["Quantity"]) for row in rows] == [
            ("food used", "100.5"),
            ("new food", "90"),
        ]

    def test_every_line_has_a_proof_that_is_there(self, told: Api) -> None:
        found = spreadsheet(told)
        proofs = {row["Proof"] for rows in found.values() for row in rows if "Proof" in row}
        assert proofs
        for proof in proofs:
            path = proof.split("/", 3)[3]
            assert told.client.get(f"/{path}").status_code == 200

    def test_an_item_alone_is_counted(self, api: Api) -> None:
        api.submit(document(event(1), event(2, bizStep="receiving")))
        api.node.sequencer.run(close=True)
        code = event(1)["epcList"][0]
        (shipped,) = spreadsheet(api, "journey", code)["Shipping"]
        assert (shipped["Quantity"], shipped["Unit of measure"]) == ("1", "EA")
        assert spreadsheet(api, "journey", code)["Receiving"] == []


class TestEPCISDocument:
    @pytest.mark.parametrize("question", ["trace", "recall", "journey"])
    def test_is_valid_and_holds_the_events_as_they_were_committed(
        self, told: Api, question: str
    ) -> None:
        value: Any = parse_json(ask(told, question, code=LOT, format="epcis").content)
        read = parse_document(value)
        assert read.faults == ()
        events = value["epcisBody"]["eventList"]
        times = [one["eventTime"] for one in events]
        assert times == sorted(times)
        named = {line.split(" ")[0] for line in value["itemproof:proof"]}
        assert named == {one["eventID"] for one in events}
        shared = [one for one in chain() if one["eventTime"] in times]
        for one, submitted in zip(events, shared, strict=True):
            assert {name: one[name] for name in submitted} == submitted

    def test_it_is_written_event_by_event_as_it_would_be_whole(self, told: Api) -> None:
        compared = []

        def compare(answered: Answered, _file: IO[bytes]) -> None:
            for one in (answered, replace(answered, gathered=Gathered())):
                whole = orjson.dumps(epcis_document(one), option=orjson.OPT_INDENT_2) + b"\n"
                write_epcis(one, target := BytesIO())
                compared.append((target.getvalue(), whole))

        form = replace(FORMATS["epcis"], write=compare)
        asked = Asked("recall", LOT, Asker(None, sees_all=True))
        export(told.node, asked, form, base_url="https://x.example", target=BytesIO())
        assert len(compared) == 2
        assert all(written == whole for written, whole in compared)

    def test_its_xml_holds_the_same_events(self, told: Api) -> None:
        value: Any = parse_json(ask(told, "recall", code=LOT, format="epcis").content)
        found: Any = read_xml(
            ask(told, "recall", code=LOT, format="epcis-xml").content, max_bytes=1 << 20
        ).value
        names = [one["eventID"] for one in found["epcisBody"]["eventList"]]
        assert names == [one["eventID"] for one in value["epcisBody"]["eventList"]]

    def test_an_event_of_which_a_field_was_erased_is_named_and_not_shown(self, told: Api) -> None:
        value: Any = parse_json(ask(told, "journey", code=LOT, format="epcis").content)
        gone = value["epcisBody"]["eventList"][0]["eventID"]
        assert erase(told, {"code": gone, "fields": ["bizLocation"]}).status_code == 200
        told.node.sequencer.run(close=True)
        value = parse_json(ask(told, "journey", code=LOT, format="epcis").content)
        assert gone not in [one["eventID"] for one in value["epcisBody"]["eventList"]]
        (missing,) = value["itemproof:missing"]
        assert missing.startswith(f"erased {gone} ")
        assert [row["Why"] for row in spreadsheet(told, "journey")["Missing events"]] == ["erased"]

    def test_an_erased_event_is_in_no_lineage_and_in_no_document(self, told: Api) -> None:
        value: Any = parse_json(ask(told, "journey", code=LOT, format="epcis").content)
        gone = value["epcisBody"]["eventList"][0]["eventID"]
        assert erase(told, {"code": gone}).status_code == 200
        told.node.sequencer.run(close=True)
        text = ask(told, "journey", code=LOT, format="epcis").text
        assert gone not in text
        assert "North field" not in text

    def test_a_declared_event_is_in_the_journey_and_in_no_trace(self, api: Api) -> None:
        wrong = event(1, eventID="urn:uuid:6f1ed3a5-5a3a-4d1c-9d6b-0a2a7f6f6a01")
        said = {**wrong, "errorDeclaration": {"declarationTime": wrong["eventTime"]}}
        for one in (wrong, said):
            assert api.submit(document(one)).status_code == 201
        api.node.sequencer.run(close=True)
        code = wrong["epcList"][0]
        found: Any = parse_json(ask(api, "journey", code=code, format="epcis").content)
        assert parse_document(found).faults == ()
        assert len(found["epcisBody"]["eventList"]) == 2
        rows = spreadsheet(api, "journey", code)["Shipping"]
        assert [row["Standing"] for row in rows] == ["declared erroneous"] * 2

    def test_another_participant_sees_only_what_names_it(self, told: Api) -> None:
        buyer = add_participant(told.node, gln="9521007000011", roles=("producer",))
        stranger = add_participant(told.node, gln="9521006000012", roles=("producer",))
        assert len(shown_to(told, Asker(told.participant))["epcisBody"]["eventList"]) == 8
        (one,) = shown_to(told, Asker(buyer), PALLET)["epcisBody"]["eventList"]
        assert one["destinationList"][0]["destination"] == BUYER
        for asker, code in ((buyer, LOT), (stranger, LOT), (stranger, PALLET)):
            with pytest.raises(CodeNotTraced):
                shown_to(told, Asker(asker), code)

    @pytest.mark.parametrize("name", ["epcis", "epcis-xml", "fsma204"])
    def test_the_same_answer_is_the_same_bytes(self, told: Api, name: str) -> None:
        one, other = (ask(told, "recall", code=LOT, format=name).content for _ in range(2))
        assert one == other


def shown_to(api: Api, asker: Asker, code: str = LOT) -> Any:
    target = BytesIO()
    asked = Asked("recall", code, asker)
    export(api.node, asked, FORMATS["epcis"], base_url="https://x.example", target=target)
    return parse_json(target.getvalue())

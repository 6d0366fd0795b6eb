"""Codes and words are given in the form that was asked for; what has no such form stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.epcis import event
from traceability.events.forms import in_cbv_form, in_epc_form

URN = "urn:epc:id:sgtin:4012345.077889.25"
LINK = "https://id.gs1.org/01/04012345778892/21/25"
CLASS_URN = "urn:epc:class:lgtin:4012345.012345.998877"
CLASS_LINK = "https://id.gs1.org/01/04012345123456/10/998877"
PLACE_URN = "urn:epc:id:sgln:4012345.00005.0"
PLACE_LINK = "https://id.gs1.org/414/4012345000054"
PARTY_URN = "urn:epc:id:pgln:4012345.00005"
PARTY_LINK = "https://id.gs1.org/417/4012345000054"
DEVICE_URN = "urn:epc:id:giai:4012345.111"
DEVICE_LINK = "https://id.gs1.org/8004/4012345111"


def full(code: str, kind: str, place: str, party: str, device: str) -> dict[str, Any]:
    """Return an event with a code in every place that holds one."""
    quantity = [{"epcClass": kind, "quantity": 1}]
    return event(
        epcList=[code],
        childEPCs=[code],
        inputEPCList=[code],
        outputEPCList=[code],
        parentID=code,
        transformationID=device,
        quantityList=quantity,
        childQuantityList=quantity,
        inputQuantityList=quantity,
        outputQuantityList=quantity,
        readPoint={"id": place, "example:x": place},
        bizLocation={"id": place},
        bizTransactionList=[{"type": "po", "bizTransaction": device}],
        sourceList=[{"type": "owning_party", "source": party}],
        destinationList=[{"type": "owning_party", "destination": party}],
        sensorElementList=[
            {
                "sensorMetadata": {"deviceID": device, "rawData": "https://example.org/8004/1"},
                "sensorReport": [{"type": "Temperature", "deviceID": device}],
            }
        ],
    )


URNS = full(URN, CLASS_URN, PLACE_URN, PARTY_URN, DEVICE_URN)
LINKS = full(LINK, CLASS_LINK, PLACE_LINK, PARTY_LINK, DEVICE_LINK)


def with_note(value: dict[str, Any], note: str) -> dict[str, Any]:
    """Return an event whose extension is not translated."""
    return {**value, "readPoint": {**value["readPoint"], "example:x": note}}


def test_codes_become_digital_links_everywhere_but_in_extensions() -> None:
    assert in_epc_form(URNS, "Always_GS1_Digital_Link") == with_note(LINKS, PLACE_URN)
    assert in_epc_form(LINKS, "Always_GS1_Digital_Link") == LINKS


def test_codes_become_urns_everywhere_but_in_extensions() -> None:
    assert in_epc_form(LINKS, "Always_EPC_URN") == with_note(URNS, PLACE_LINK)
    assert in_epc_form(URNS, "Always_EPC_URN") == URNS


@pytest.mark.parametrize("form", ["No_Preference", "Never_Translates"])
def test_without_preference_nothing_changes(form: Any) -> None:
    assert in_epc_form(URNS, form) == URNS
    assert in_epc_form(LINKS, form) == LINKS
    assert in_cbv_form(URNS, form) == URNS


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("urn:example:thing:1", "Always_GS1_Digital_Link"),
        ("urn:epc:id:sgtin:broken", "Always_GS1_Digital_Link"),
        ("urn:epc:id:gid:95100000.12345.400", "Always_GS1_Digital_Link"),
        ("https://example.org/things/1", "Always_EPC_URN"),
        ("https://id.gs1.org/01/04012345778893/21/25", "Always_EPC_URN"),
    ],
)
def test_what_has_no_such_form_stays(text: str, form: Any) -> None:
    assert in_epc_form(event(epcList=[text, 7]), form)["epcList"] == [text, 7]


def test_a_lot_beside_a_serial_is_not_in_the_urn() -> None:
    link = "https://id.gs1.org/01/04012345778892/10/L/21/25"
    assert in_epc_form(event(epcList=[link]), "Always_EPC_URN")["epcList"] == [URN]


WORDS = event(
    disposition="cbv:Disp-in_transit",
    persistentDisposition={"set": ["active", "urn:example:x"], "unset": ["expired"]},
    bizTransactionList=[{"type": "po", "bizTransaction": "urn:x:1"}, {"bizTransaction": "urn:x:2"}],
    errorDeclaration={"declarationTime": "2026-01-02T03:04:05Z", "reason": "incorrect_data"},
    sensorElementList=[{"sensorReport": [{"type": "Temperature", "component": "x"}]}],
)


def test_words_become_urns() -> None:
    found = in_cbv_form(WORDS, "Always_URN")
    assert found["bizStep"] == "urn:epcglobal:cbv:bizstep:shipping"
    assert found["disposition"] == "urn:epcglobal:cbv:disp:in_transit"
    assert found["persistentDisposition"] == {
        "set": ["urn:epcglobal:cbv:disp:active", "urn:example:x"],
        "unset": ["urn:epcglobal:cbv:disp:expired"],
    }
    assert found["bizTransactionList"][0]["type"] == "urn:epcglobal:cbv:btt:po"
    assert found["errorDeclaration"]["reason"] == "urn:epcglobal:cbv:er:incorrect_data"
    assert found["sensorElementList"] == WORDS["sensorElementList"]


def test_words_become_web_uris() -> None:
    found = in_cbv_form(WORDS, "Always_Web_URI")
    assert found["bizStep"] == "https://ref.gs1.org/cbv/BizStep-shipping"
    assert found["bizTransactionList"][1] == {"bizTransaction": "urn:x:2"}
    (report,) = found["sensorElementList"][0]["sensorReport"]
    assert report == {
        "type": "https://gs1.org/voc/Temperature",
        "component": "https://ref.gs1.org/cbv/Comp-x",
    }

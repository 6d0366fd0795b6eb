"""Events of any content say the same after XML, in each form of their codes, whole or in pieces."""

import io
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.epcis_generated import CONTEXT, EXTENSIONS, all_events
from traceability.errors import InvalidInput
from traceability.events.forms import in_cbv_form, in_epc_form
from traceability.events.jsonld import parse_document
from traceability.events.xml.faults import NotExpressible
from traceability.events.xml.reading import read_xml, stream_xml
from traceability.events.xml.writing import write_xml

MAX = 10**7


def document(*events: dict[str, Any], context: Any = CONTEXT) -> dict[str, Any]:
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-02T03:04:05Z",
        "epcisBody": {"eventList": list(events)},
    }


@settings(max_examples=150)
@given(st.lists(all_events(), max_size=3), EXTENSIONS, EXTENSIONS)
def test_xml_2_0_gives_back_the_very_document(
    events: list[dict[str, Any]], outer: dict[str, Any], inner: dict[str, Any]
) -> None:
    whole = outer | document(*events)
    whole["epcisBody"] |= inner
    assert read_xml(write_xml(whole, version="2.0"), max_bytes=MAX).value == whole


@settings(max_examples=100)
@given(st.lists(all_events(version="1.2"), max_size=3))
def test_xml_1_2_gives_back_the_very_document(events: list[dict[str, Any]]) -> None:
    whole = document(*events)
    found = read_xml(write_xml(whole, version="1.2"), max_bytes=MAX)
    assert (found.version, found.value) == ("1.2", whole)


@settings(max_examples=60)
@given(all_events())
def test_version_1_2_refuses_exactly_what_it_cannot_say(event: dict[str, Any]) -> None:
    later = {"sensorElementList", "persistentDisposition", "certificationInfo"} & set(event)
    if event["type"] != "AssociationEvent" and not later:
        write_xml(document(event), version="1.2")
        return
    with pytest.raises(NotExpressible) as caught:
        write_xml(document(event), version="1.2")
    assert caught.value.pointer.rpartition("/")[2] in {*later, "type"}


@settings(max_examples=60)
@given(all_events())
def test_generated_events_are_without_faults_and_stay_so(event: dict[str, Any]) -> None:
    again = read_xml(write_xml(document(event), version="2.0"), max_bytes=MAX).value
    (before,) = parse_document(document(event)).require_faultless()
    (after,) = parse_document(again).require_faultless()
    assert before.payload == after.payload


@settings(max_examples=60)
@given(all_events(), st.sampled_from(["Always_GS1_Digital_Link", "Always_EPC_URN"]))
def test_codes_in_another_form_name_the_same_things(event: dict[str, Any], form: Any) -> None:
    (before,) = parse_document(document(event)).require_faultless()
    (after,) = parse_document(document(in_epc_form(event, form))).require_faultless()
    assert before.objects == after.objects
    assert (before.read_point, before.biz_location) == (after.read_point, after.biz_location)


@settings(max_examples=60)
@given(all_events(), st.sampled_from(["Always_Web_URI", "Always_URN"]))
def test_words_in_another_form_read_as_the_same_words(event: dict[str, Any], form: Any) -> None:
    translated = document(in_cbv_form(event, form))
    assert read_xml(write_xml(translated, version="2.0"), max_bytes=MAX).value == document(event)


@settings(max_examples=40)
@given(st.lists(all_events(), max_size=7), st.integers(1, 4))
def test_pieces_hold_the_events_of_the_whole(events: list[dict[str, Any]], size: int) -> None:
    written = write_xml(document(*events), version="2.0")
    found: list[Any] = []
    for piece in stream_xml(io.BytesIO(written), events_at_once=size):
        assert piece.first_event == len(found)
        listed = piece.value["epcisBody"]["eventList"]
        assert len(listed) <= size
        found += listed
    assert found == events


@settings(max_examples=150)
@given(all_events(), st.data())
def test_damaged_xml_is_read_or_refused_as_such(event: dict[str, Any], data: Any) -> None:
    written = bytearray(write_xml(document(event), version="2.0"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(written) - 1))
        written[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        found = read_xml(bytes(written), max_bytes=MAX)
    except InvalidInput as error:
        places = [error.pointer]
    else:
        faults = parse_document(found.value).faults
        places = [f"line {found.lines.of(fault.pointer)}" for fault in faults]
    assert all(re.fullmatch("line [1-9][0-9]*", place) for place in places)

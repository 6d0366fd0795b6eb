"""One event has one hash, however it is written; another event has another."""

import copy
import hashlib
from typing import Any

import pytest

from traceability.hashing.event_hash import (
    REVISION,
    EventHashError,
    event_hash,
    format_event_time,
    pre_hash,
)

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ex": "https://ns.example.com/epcis/"},
]
EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-01-02T03:04:05+01:00",
    "eventTimeZoneOffset": "+01:00",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.2", "urn:epc:id:sgtin:4012345.011111.1"],
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.L", "quantity": 1.50}],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "persistentDisposition": {"set": ["recalled", "damaged"], "unset": ["active"]},
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    "bizTransactionList": [
        {"type": "po", "bizTransaction": "https://example.com/po/2"},
        {"bizTransaction": "https://example.com/po/1"},
    ],
    "sourceList": [{"type": "location", "source": "urn:epc:id:sgln:4012345.00005.0"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-01-02T02:00:00Z", "ex:room": "7"},
            "sensorReport": [
                {"type": "Temperature", "value": 26.0, "uom": "CEL", "booleanValue": True},
                {"type": "gs1:Humidity", "value": -0.00001, "component": "x"},
            ],
        }
    ],
    "ilmd": {"ex:best": "2027-01-01", "ex:batch": "007"},
    "ex:note": {"ex:b": [2, 1], "ex:a": None},
}
PREHASH = (
    "eventType=ObjectEvent"
    "eventTime=2026-01-02T02:04:05.000Z"
    "eventTimeZoneOffset=+01:00"
    "epcListepc=https://id.gs1.org/01/04012345111118/21/1"
    "epc=https://id.gs1.org/01/04012345111118/21/2"
    "quantityListquantityElementepcClass=https://id.gs1.org/01/04012345111118/10/Lquantity=1.5"
    "action=OBSERVE"
    "bizStep=https://ref.gs1.org/cbv/BizStep-shipping"
    "disposition=https://ref.gs1.org/cbv/Disp-in_transit"
    "persistentDispositionset=https://ref.gs1.org/cbv/Disp-damaged"
    "set=https://ref.gs1.org/cbv/Disp-recalled"
    "unset=https://ref.gs1.org/cbv/Disp-active"
    "readPointid=https://id.gs1.org/414/4012345000054"
    "sensorElementListsensorElement"
    "sensorMetadatatime=2026-01-02T02:00:00.000Z{https://ns.example.com/epcis/}room=7"
    "sensorReporttype=https://gs1.org/voc/Humidityvalue=-0.00001"
    "component=https://ref.gs1.org/cbv/Comp-x"
    "sensorReporttype=https://gs1.org/voc/Temperaturevalue=26booleanValue=trueuom=CEL"
    "bizTransactionListbizTransaction=https://example.com/po/1"
    "type=https://ref.gs1.org/cbv/BTT-pobizTransaction=https://example.com/po/2"
    "ilmd{https://ns.example.com/epcis/}batch=007{https://ns.example.com/epcis/}best=2027-01-01"
    "sourceListtype=https://ref.gs1.org/cbv/SDT-location"
    "source=https://id.gs1.org/414/4012345000054"
    "{https://ns.example.com/epcis/}note{https://ns.example.com/epcis/}a"
    "{https://ns.example.com/epcis/}b=1{https://ns.example.com/epcis/}b=2"
)


def changed(**members: Any) -> dict[str, Any]:
    return copy.deepcopy(EVENT) | members


def test_writes_members_in_order_under_their_full_names() -> None:
    found = event_hash(EVENT, CONTEXT)
    assert found.prehash == PREHASH
    digest = hashlib.sha256(PREHASH.encode()).hexdigest()
    assert found.uri == f"ni:///sha-256;{digest}?ver=CBV2.0"
    assert found.revision == REVISION


@pytest.mark.parametrize(
    "other",
    [
        {"eventTime": "2026-01-02T02:04:05.0004Z"},
        {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"},
        {"bizStep": "cbv:BizStep-shipping"},
        {"bizStep": " https://ref.gs1.org/cbv/BizStep-shipping\n"},
        {"disposition": "urn:epcglobal:cbv:disp:in_transit"},
        {"persistentDisposition": {"unset": "active", "set": ["damaged", "recalled"]}},
        {"readPoint": {"id": "https://example.com/x/414/4012345000054?17=301231"}},
        {"epcList": ["(01)04012345111118(21)2", "https://a.example/01/04012345111118/10/L/21/1"]},
        {"eventID": "urn:uuid:1", "recordTime": "2026-01-02T03:04:05Z"},
        {"errorDeclaration": {"declarationTime": "2026-01-02T03:04:05Z"}},
        {"rdfs:comment": "hello"},
        {"ex:note": {"ex:a": "", "ex:b": [1.0, 2.0]}},
        {"inputEPCList": [], "certificationInfo": [], "bizLocation": {}},
    ],
    ids=str,
)
def test_another_way_to_write_the_event_has_the_same_hash(other: dict[str, Any]) -> None:
    event = changed(**other)
    if "(01)" in str(event["epcList"]):  # Brackets are for labels, not for events.
        event["epcList"][0] = "https://a.example/01/04012345111118/21/2"
    assert pre_hash(event, CONTEXT) == PREHASH
    assert pre_hash(dict(reversed(event.items())), CONTEXT) == PREHASH


@pytest.mark.parametrize(
    "other",
    [
        {"type": "TransactionEvent"},
        {"eventTime": "2026-01-02T03:04:05.0005+01:00"},
        {"eventTimeZoneOffset": "+02:00"},
        {"epcList": EVENT["epcList"][:1]},
        {"bizStep": "receiving"},
        {"action": "ADD"},
        {"bizLocation": {"id": "urn:epc:id:sgln:4012345.00005.0"}},
        {"ilmd": {"ex:best": "2027-01-01", "ex:batch": "7"}},
        {"ex:note": {"ex:b": [2], "ex:a": None}},
        {"ex:other": ""},
        {"certificationInfo": "https://example.com/certificate"},
    ],
    ids=str,
)
def test_another_event_has_another_hash(other: dict[str, Any]) -> None:
    assert pre_hash(changed(**other), CONTEXT) != PREHASH


def test_context_of_the_event_itself_is_the_default() -> None:
    assert pre_hash(changed(**{"@context": CONTEXT})) == PREHASH
    assert pre_hash(EVENT) != PREHASH
    assert "ex:note" in pre_hash(EVENT, CONTEXT[0])


def test_a_term_of_an_inline_context_has_its_namespace() -> None:
    context = [{"note": "https://ns.example.com/epcis/note", "ex": {"@id": "https://ns.e/"}}]
    event = {"type": "ObjectEvent", "note": "a", "ex:b": "ex:c", "@version": 1}
    assert pre_hash(event, context) == (
        "eventType=ObjectEvent@version=1{https://ns.e/}b=https://ns.e/c"
        "{https://ns.example.com/epcis/}note=a"
    )


def test_members_may_be_left_out_by_name() -> None:
    without = changed()
    del without["ex:note"], without["bizStep"], without["sensorElementList"][0]["sensorMetadata"]
    ignored = {"{https://ns.example.com/epcis/}note", "bizStep", "sensorMetadata"}
    assert pre_hash(EVENT, CONTEXT, ignore=ignored) == pre_hash(without, CONTEXT)


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ("2023-02-02T11:04:03.1415Z", "2023-02-02T11:04:03.142Z"),
        ("2023-02-02T11:04:03.1405Z", "2023-02-02T11:04:03.141Z"),
        ("2023-02-02T11:04:03.14149999Z", "2023-02-02T11:04:03.141Z"),
        ("2023-12-31T23:59:59.9995Z", "2024-01-01T00:00:00.000Z"),
        ("2024-02-29T00:30:00.1+14:00", "2024-02-28T10:30:00.100Z"),
        ("2024-02-29t00:30:00z", "2024-02-29T00:30:00.000Z"),
    ],
)
def test_times_are_utc_milliseconds_rounded_half_up(time: str, wanted: str) -> None:
    assert format_event_time(time) == wanted


@pytest.mark.parametrize(
    "time",
    [
        "",
        "2023-02-02",
        "2023-02-02T11:04:03",
        "2023-02-29T11:04:03Z",
        "2023-02-02T24:00:00Z",
        "2023-02-02T11:04:60Z",
        "2023-02-02 11:04:03Z",
        "2023-02-02T11:04:03.Z",
        "2023-02-02T11:04:03+0100",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59.9999Z",
        "٢٠٢٣-02-02T11:04:03Z",
    ],
)
def test_rejects_what_is_no_time_with_zone(time: str) -> None:
    with pytest.raises(EventHashError, match="time cannot be hashed"):
        format_event_time(time)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"eventTime": "yesterday"}, "time cannot be hashed: expected date, time and zone"),
        ({"eventTime": 5}, "eventTime cannot be hashed: expected a time"),
        ({"epcList": "urn:epc:id:sgtin:4012345.011111.2"}, "epcList .* expected a list"),
        ({"readPoint": "urn:epc:id:sgln:4012345.00005.0"}, "readPoint .* expected an object"),
        ({"action": {"a": 1}}, "action .* expected text or a number"),
        ({"quantityList": [{"quantity": float("inf")}]}, "quantity .* expected a finite number"),
        ({"ex:note": float("nan")}, "ex:note .* expected a finite number"),
        ({"ex:note": object()}, "ex:note .* expected a finite number"),
    ],
)
def test_rejects_values_that_have_no_place_and_says_where(
    other: dict[str, Any], message: str
) -> None:
    with pytest.raises(EventHashError, match=message) as caught:
        event_hash(changed(**other), CONTEXT)
    assert caught.value.pointer == "/" + next(iter(other))
    assert caught.value.code == "EVENT_HASH_VALUE"


def test_rejects_an_event_without_a_type() -> None:
    with pytest.raises(EventHashError, match="type cannot be hashed"):
        event_hash({"eventTime": "2026-01-02T03:04:05Z"})


def test_rejects_half_a_character() -> None:
    with pytest.raises(EventHashError, match="expected Unicode"):
        event_hash({"type": "ObjectEvent", "ex:a": "\ud800"})


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (26.0, "26"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1.5e300, "15" + "0" * 299),
        (2**60 + 1, str(2**60 + 1)),
        (True, "true"),
        ("1.50", "1.50"),
        ("Infinity", "Infinity"),
    ],
)
def test_numbers_have_no_exponent_and_text_stays_text(number: Any, text: str) -> None:
    found = pre_hash({"type": "ObjectEvent", "ex:a": number})
    if number == 1.5e300:
        text = str(int(1.5e300))
    assert found == f"eventType=ObjectEventex:a={text}"


def test_what_is_kept_of_one_context_does_not_reach_another() -> None:
    event = {"type": "ObjectEvent", "ex:a": "ex:b", "bizStep": "ex:c"}
    for space in ("urn:one:", "urn:two:", "urn:one:"):
        assert pre_hash(event, [{"ex": space}]) == (
            f"eventType=ObjectEventbizStep={space}c{{{space}}}a={space}b"
        )
    assert pre_hash(event, []) == "eventType=ObjectEventbizStep=ex:cex:a=ex:b"


def test_a_context_may_give_schemes_another_meaning() -> None:
    item = "urn:epc:id:sgtin:4012345.011111.1"
    event = {"type": "ObjectEvent", "epcList": [item]}
    plain = "eventType=ObjectEventepcListepc=https://id.gs1.org/01/04012345111118/21/1"
    assert pre_hash(event, []) == plain
    assert pre_hash(event, [{"urn": "x:"}]) == "eventType=ObjectEventepcListepc=x:" + item[4:]


@pytest.mark.parametrize("filler", ["x" * 9_000, 2**70, "\ud800"], ids=["long", "huge", "half"])
def test_a_context_too_odd_to_keep_has_the_same_meaning(filler: Any) -> None:
    context = [{"ex": "https://ns.example.com/epcis/", "unused": {"@id": "urn:x", "x": filler}}]
    assert pre_hash(EVENT, context) == PREHASH


def test_items_of_several_products_are_sorted_with_other_codes() -> None:
    epcs = ["urn:epc:id:sgtin:4012345.022222.1", *EVENT["epcList"], "urn:x:y", "a"]
    found = pre_hash({"type": "ObjectEvent", "epcList": epcs}, [])
    uris = ["04012345111118/21/1", "04012345111118/21/2", "04012345222227/21/1"]
    wanted = "".join(f"epc=https://id.gs1.org/01/{uri}" for uri in uris)
    assert found == f"eventType=ObjectEventepcListepc=a{wanted}epc=urn:x:y"


def test_more_names_than_are_kept_are_written_alike() -> None:
    members = {f"ex:{number:04}": number for number in range(1_500)}
    found = pre_hash({"type": "ObjectEvent", **members}, [{"ex": "urn:x:"}])
    wanted = "".join(f"{{urn:x:}}{number:04}={number}" for number in range(1_500))
    assert found == "eventType=ObjectEvent" + wanted

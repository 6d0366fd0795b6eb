"""Bent examples are valid to us where GS1's schema says so, or a named difference says why not.

Source: https://github.com/gs1/EPCIS, EPCIS-JSON-Schema.json and the folder JSON.
"""

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.support.epcis import ABSENT, document, event
from traceability.events.faults import Fault
from traceability.events.jsonld import parse_document
from traceability.hashing.event_hash import event_hash

pytestmark = pytest.mark.conformance_data

MUTATIONS = 10_000
SEED = 20260102

# What GS1's schema lets pass and we refuse, by the code of our fault, each with its reason.
STRICTER = {
    "EPCIS_EVENT_TYPE": "event types outside the standard are an extension point of the schema; "
    "what such an event means for lineage is unknown, so none is recorded as if it were",
    "EPCIS_MEMBER_UNKNOWN": "the schema leaves places and document bodies open; the standard "
    "lets only prefixed names extend them",
    "EPCIS_QUANTITY": "EPCIS 2.0, 7.3.3.3: a quantity is positive, whole where it has no uom, and "
    "present where it has one; the schema takes any number",
    "EPCIS_DUPLICATE": "lists of single things are sets (7.4); the schema says so of two of them, "
    "and compares text, not what it names",
    "EPCIS_OBJECTS_MISSING": "7.4: an event is about something; an empty epcList satisfies the "
    "schema",
    "EPCIS_PARENT_MISSING": "7.4.3: an aggregation's parentID may be left out with OBSERVE only",
    "EPCIS_VOCABULARY": "words in GS1's namespaces that the CBV does not have pass the schema as "
    "URIs; prefixed words are judged by what their context makes of them",
    "EPCIS_CODE_LEVEL": "CBV 2.0, 8.1: classes and single things have their own members",
    "CODE_CHECK_DIGIT": "the schema knows no check digits",
    "CODE_LENGTH": "the schema knows no GS1 keys",
    "CODE_CHARACTER": "the schema knows no GS1 keys",
    "CODE_SYNTAX": "the schema knows no GS1 keys",
    "EPCIS_NAME_RESERVED": "an extension in GS1's namespace could stand for a standard member",
    "EPCIS_NAME_TWICE": "two names for one URI are one member in two shapes",
    "EPCIS_TERM_REDEFINED": "GS1's context is protected: JSON-LD refuses redefinitions too",
    "EPCIS_CONTEXT": "contexts that lead nowhere, or that would burden every event",
    "EPCIS_VERSION": "JSON-LD exists since EPCIS 2.0; the schema takes any version",
    "EPCIS_TIME": "xsd:dateTimeStamp has neither small letters nor leap seconds",
    "EPCIS_VALUE": "xsd:hexBinary has whole bytes",
    "EPCIS_NUMBER_RANGE": "numbers that would be written out in hundreds of digits; the schema "
    "takes any",
    "EPCIS_PLACE": "CBV 2.0, 8.3: items and parties are no places; the schema knows no keys",
    "EPCIS_TIME_ORDER": "7.3.7: a period ends after it begins; the schema compares no members",
    "EPCIS_SENSOR": "7.3.7: percRank and percValue stand together, a component beside a number",
}  # fmt: skip

EVENT = r"/epcisBody(?:/queryResults/resultsBody)?/eventList/\d+"
THINGS = rf"{EVENT}/(?:epcList|childEPCs|inputEPCList|outputEPCList)"
QUANTITY = rf"{EVENT}/(?:quantity|childQuantity|inputQuantity|outputQuantity)List/\d+"
SENSOR = rf"{EVENT}/sensorElementList/\d+"
REPORT_ITEM = rf"{SENSOR}/sensorReport/\d+"
NAMED = rf"{EVENT}(?:/(?:ilmd|readPoint|bizLocation|errorDeclaration))?/[^/]+"
# Where those faults may stand; the same code anywhere else is a difference without a reason.
WHERE = {
    "EPCIS_EVENT_TYPE": [rf"{EVENT}/type"],
    "EPCIS_MEMBER_UNKNOWN": [
        rf"{EVENT}/(?:readPoint|bizLocation)/[^/]*",
        r"(?:/epcisHeader|/epcisBody(?:/queryResults(?:/resultsBody)?)?)?/[^/]*",
    ],
    "EPCIS_QUANTITY": [rf"{QUANTITY}/quantity"],
    "EPCIS_DUPLICATE": [rf"{THINGS}/\d+", rf"{EVENT}/persistentDisposition/(?:un)?set/\d+"],
    "EPCIS_OBJECTS_MISSING": [rf"{EVENT}/(?:epcList|childEPCs|inputEPCList|outputEPCList)"],
    "EPCIS_PARENT_MISSING": [rf"{EVENT}/parentID"],
    "EPCIS_VOCABULARY": [
        rf"{EVENT}/(?:bizStep|disposition|errorDeclaration/reason)",
        rf"{EVENT}/persistentDisposition/(?:un)?set/\d+",
        rf"{EVENT}/(?:bizTransaction|source|destination)List/\d+/type",
        rf"{REPORT_ITEM}/(?:type|exception|component)",
    ],
    "EPCIS_CODE_LEVEL": [rf"{THINGS}/\d+", rf"{QUANTITY}/epcClass", rf"{EVENT}/parentID"],
    "CODE": [
        rf"{THINGS}/\d+",
        rf"{QUANTITY}/epcClass",
        rf"{EVENT}/(?:parentID|transformationID|readPoint/id|bizLocation/id)",
        rf"{EVENT}/(bizTransaction|source|destination)List/\d+/\1",
    ],
    "EPCIS_NAME_RESERVED": [NAMED, rf"{SENSOR}/[^/]+(?:/[^/]+){{0,2}}"],
    "EPCIS_NAME_TWICE": [NAMED, rf"{SENSOR}/[^/]+(?:/[^/]+){{0,2}}"],
    "EPCIS_TERM_REDEFINED": [rf"(?:{EVENT})?/@context(?:/\d+)?/[^/]+"],
    "EPCIS_CONTEXT": [rf"(?:{EVENT})?/@context(?:/\d+)?(?:/[^/]+)?"],
    "EPCIS_VERSION": ["/schemaVersion"],
    "EPCIS_TIME": [
        "/creationDate",
        rf"{EVENT}/(?:eventTime|recordTime|errorDeclaration/declarationTime)",
        rf"{SENSOR}/sensorMetadata/(?:time|startTime|endTime)",
        rf"{REPORT_ITEM}/time",
    ],
    "EPCIS_VALUE": [rf"{REPORT_ITEM}/hexBinaryValue"],
    "EPCIS_NUMBER_RANGE": [
        rf"{QUANTITY}/quantity",
        rf"{REPORT_ITEM}/(?:value|minValue|maxValue|meanValue|sDev|percRank|percValue)",
        rf"{EVENT}(?:/[^/]+)*/[^/:]+:.*",
    ],
    "EPCIS_PLACE": [rf"{EVENT}/(?:readPoint|bizLocation)/id"],
    "EPCIS_TIME_ORDER": [rf"{SENSOR}/sensorMetadata/endTime"],
    "EPCIS_SENSOR": [rf"{REPORT_ITEM}/(?:percRank|percValue|value)"],
}

LOT = {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877"}
MASS = {"type": "Mass", "value": 1, "uom": "KGM"}
PERIOD = {"startTime": "2026-01-02T00:00:00Z", "endTime": "2026-01-02T00:00:00+01:00"}
REPORT = {"type": "Mass", "hexBinaryValue": "F0F"}
# For each of them the change to an ObjectEvent that GS1's schema takes and we refuse.
WITNESSES: dict[str, dict[str, Any]] = {
    "EPCIS_EVENT_TYPE": {"type": "urn:example:DreamEvent"},
    "EPCIS_MEMBER_UNKNOWN": {"bizLocation": {"id": "urn:x:y", "name": "hall"}},
    "EPCIS_QUANTITY": {"quantityList": [{**LOT, "quantity": -1}]},
    "EPCIS_DUPLICATE": {"epcList": ["urn:epc:id:giai:4000001.1", "https://a.example/8004/40000011"]},
    "EPCIS_OBJECTS_MISSING": {"epcList": []},
    "EPCIS_PARENT_MISSING": {
        "type": "AggregationEvent", "action": "ADD", "epcList": ABSENT, "childEPCs": ["urn:x:y"]},
    "EPCIS_VOCABULARY": {"bizStep": "https://ref.gs1.org/cbv/BizStep-dancing"},
    "EPCIS_CODE_LEVEL": {"epcList": [LOT["epcClass"]]},
    "CODE_CHECK_DIGIT": {"epcList": ["https://id.gs1.org/00/140123452345678903"]},
    "CODE_LENGTH": {"epcList": ["https://id.gs1.org/00/14012345234567890"]},
    "CODE_CHARACTER": {"epcList": ["https://id.gs1.org/00/14012345234567890A"]},
    "CODE_SYNTAX": {"epcList": ["urn:epc:id:nothing:1.2.3"]},
    "EPCIS_NAME_RESERVED": {"epcis:note": 1},
    "EPCIS_NAME_TWICE": {"example:a": 1, "https://example.org/vocabulary/a": 1},
    "EPCIS_TERM_REDEFINED": {"context": {"action": "https://example.org/action"}},
    "EPCIS_CONTEXT": {"context": {"a": "a:x"}},
    "EPCIS_VERSION": {},
    "EPCIS_TIME": {"eventTime": "2016-12-31T23:59:60Z"},
    "EPCIS_VALUE": {"sensorElementList": [{"sensorReport": [REPORT]}]},
    "EPCIS_NUMBER_RANGE": {"example:a": [1e308]},
    "EPCIS_PLACE": {"readPoint": {"id": "urn:epc:id:sscc:4012345.1234567890"}},
    "EPCIS_TIME_ORDER": {"sensorElementList": [{"sensorMetadata": PERIOD, "sensorReport": [MASS]}]},
    "EPCIS_SENSOR": {"sensorElementList": [{"sensorReport": [{**MASS, "percRank": 50}]}]},
}  # fmt: skip

CBV_WORD = re.compile(r"urn:epcglobal:cbv:(?:bizstep|disp|btt|sdt|er):([a-z_]+)")


def with_bare_words(value: Any) -> Any:
    """Return a document whose CBV words stand in their bare form instead of as URNs."""
    if isinstance(value, dict):
        return {name: with_bare_words(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_bare_words(inner) for inner in value]
    word = CBV_WORD.fullmatch(value) if isinstance(value, str) else None
    return word[1] if word else value


# What GS1's schema refuses and we take in: what it becomes, once changed so, the schema takes too.
LAXER: dict[str, Callable[[Any], Any]] = {
    # EPCIS 1.2 writes CBV words as URNs; all written forms of a word are one to us. The schema
    # has the bare form, and takes others as user vocabularies, which it forbids in GS1's URNs.
    "words of the CBV as URNs": with_bare_words,
}

NAMES = [
    "foo", "ext:foo", "example:x y", "urn:x:y", "cbv:foo", "@id", "id", "type", "action", "ilmd",
    "epcList", "quantityList", "parentID", "childEPCs", "bizStep", "eventID", "uom", "reason",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 10, "", "text", "urn:x:y", [], {}, ["urn:x:y"], {"id": "urn:x:y"},
    "2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "2016-12-31T23:59:60Z", "+01:00", "+14:30",
    "ADD", "OBSERVE", "DELETE", "KGM", "F0F", "1.2", "shipping", "in_transit", "ObjectEvent",
    "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent",
    "cbv:BizStep-shipping", "https://ref.gs1.org/cbv/BizStep-shipping",
    "https://ref.gs1.org/cbv/BizStep-dancing", "urn:epcglobal:cbv:bizstep:shipping",
    "urn:epc:id:sgtin:4012345.077889.25", "https://id.gs1.org/01/04012345778891/21/25",
]  # fmt: skip

Place = tuple[Any, str | int]


def places(value: Any) -> Iterator[Place]:
    """Yield every member and element with the object or array that holds it."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def delete(holder: Any, key: Any, dice: random.Random) -> None:
    del holder[key]


def retype(holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = deepcopy(dice.choice(VALUES))


def rename(holder: Any, key: Any, dice: random.Random) -> None:
    value = holder.pop(key)
    if isinstance(holder, dict):
        holder[dice.choice(NAMES)] = value
    else:
        holder.insert(0, value)


def duplicate(holder: Any, key: Any, dice: random.Random) -> None:
    if isinstance(holder, list):
        holder.append(deepcopy(holder[key]))
    else:
        holder[dice.choice(NAMES)] = deepcopy(holder[key])


def empty(holder: Any, key: Any, dice: random.Random) -> None:
    holder[key] = None if holder[key] is None else type(holder[key])()


KINDS = {
    "delete": delete,
    "duplicate": duplicate,
    "retype": retype,
    "rename": rename,
    "empty": empty,
}


def bend(example: Any, dice: random.Random, *, kind: str) -> Any:
    """Return a copy with one change somewhere."""
    bent = deepcopy(example)
    holder, key = dice.choice(list(places(bent)))
    KINDS[kind](holder, key, dice)
    return bent


@pytest.fixture(scope="session")
def official(conformance_data: Path) -> jsonschema_rs.Validator:
    path = conformance_data / "epcis" / "gs1" / "EPCIS-JSON-Schema.json"
    return jsonschema_rs.validator_for(json.loads(path.read_bytes()), validate_formats=True)


@pytest.fixture(scope="session")
def documents(conformance_data: Path) -> list[Any]:
    folder = conformance_data / "epcis" / "gs1" / "JSON"
    return [json.loads(path.read_bytes()) for path in sorted(folder.rglob("*.jsonld"))]


def is_explained(fault: Fault) -> bool:
    """Tell whether a fault has a reason in the list, and stands where the reason holds."""
    if fault.code not in STRICTER:
        return False
    places = WHERE["CODE" if fault.code.startswith("CODE_") else fault.code]
    return any(re.fullmatch(place, fault.pointer) for place in places)


def surplus(faults: tuple[Fault, ...]) -> str:
    """Name why we refuse what the official schema takes, or fail."""
    assert not [fault for fault in faults if not is_explained(fault)]
    return f"only we refuse: {faults[0].code}"


def lack(bent: Any, official: jsonschema_rs.Validator) -> str:
    """Name why we take what the official schema refuses, or fail."""
    names = [name for name, change in LAXER.items() if official.is_valid(change(bent))]
    assert names, bent
    return f"only we accept: {names[0]}"


def test_the_schemas_agree_on_every_example(
    official: jsonschema_rs.Validator, documents: list[Any]
) -> None:
    assert len(documents) == 47
    for example in documents:
        assert official.is_valid(example)
        assert not parse_document(example).faults


@pytest.mark.parametrize("code", STRICTER)
def test_each_difference_has_a_witness(code: str, official: jsonschema_rs.Validator) -> None:
    witness = document(event(**WITNESSES[code]))
    witness["schemaVersion"] = "1.2" if code == "EPCIS_VERSION" else "2.0"
    assert official.is_valid(witness)
    faults = parse_document(witness).faults
    assert [fault.code for fault in faults] == [code]
    assert is_explained(faults[0])


def test_words_as_urns_are_their_own_witness(official: jsonschema_rs.Validator) -> None:
    witness = document(event(bizStep="urn:epcglobal:cbv:bizstep:packing"))
    assert not official.is_valid(witness)
    assert parse_document(witness).require_faultless()[0].biz_step == "packing"


def test_bent_examples_are_judged_alike_or_the_difference_has_a_reason(
    official: jsonschema_rs.Validator, documents: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)
    found: Counter[str] = Counter()
    for index in range(MUTATIONS):
        kind = list(KINDS)[index % len(KINDS)]
        bent = bend(dice.choice(documents), dice, kind=kind)
        parsed = parse_document(bent)
        valid, faults = official.is_valid(bent), parsed.faults
        assert all(event_hash(each.payload).prehash for each in parsed.events)
        if valid is not bool(faults):
            found["both accept" if valid else "both refuse"] += 1
        else:
            found[surplus(faults) if valid else lack(bent, official)] += 1
    lines = [f"{count:7} {name}" for name, count in found.most_common()]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", f"{MUTATIONS} bent examples:", *lines, ""]))
    assert found["both accept"] > MUTATIONS // 5
    assert found["both refuse"] > MUTATIONS // 3
    differences = MUTATIONS - found["both accept"] - found["both refuse"]
    assert 0 < differences < MUTATIONS // 20
    assert {"only we refuse: EPCIS_QUANTITY", "only we refuse: EPCIS_DUPLICATE"} <= found.keys()


@pytest.mark.parametrize(
    ("code", "pointer"),
    [
        ("EPCIS_QUANTITY", "/epcisBody/eventList/0/quantityList/0/uom"),
        ("EPCIS_TIME", "/epcisBody/eventList/0/eventTimeZoneOffset"),
        ("EPCIS_MEMBER_UNKNOWN", "/epcisBody/eventList/0/foo"),
        ("EPCIS_JSON_TYPE", "/epcisBody/eventList/0/action"),
    ],
)
def test_a_fault_elsewhere_is_no_named_difference(code: str, pointer: str) -> None:
    assert not is_explained(Fault(pointer, code, "message"))

"""GS1's own EPCIS 2.0 examples are taken in without a fault, but for one that is no good JSON.

Source: https://github.com/gs1/EPCIS, folder JSON; and the documents with which the reference
implementation of the event hash is tested.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from traceability.events.jsonld import parse_document
from traceability.events.model import SubmittedEvent
from traceability.strict_json import JSONDuplicateKeyError, parse_json

pytestmark = pytest.mark.conformance_data

TWICE = "AssociationEvent-h.jsonld"  # Its event has the member eventID twice.


@pytest.fixture(scope="session")
def examples(conformance_data: Path) -> dict[str, bytes]:
    folder = conformance_data / "epcis" / "gs1" / "JSON"
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*.jsonld"))}


def parse(data: bytes) -> tuple[SubmittedEvent, ...]:
    return parse_document(parse_json(data)).require_faultless()


def listed(document: dict[str, Any]) -> list[dict[str, Any]]:
    body = document["epcisBody"]
    events = body if "eventList" in body else body["queryResults"]["resultsBody"]
    found: list[dict[str, Any]] = events["eventList"]
    return found


def test_all_examples_are_here(examples: dict[str, bytes]) -> None:
    assert len(examples) == 47


def test_46_examples_give_all_their_events(examples: dict[str, bytes]) -> None:
    kinds: Counter[str] = Counter()
    for name, data in examples.items():
        if name != TWICE:
            events = parse(data)
            assert len(events) == len(listed(json.loads(data))), name
            kinds.update(event.type for event in events)
    assert kinds == {
        "ObjectEvent": 32,
        "AssociationEvent": 9,
        "TransformationEvent": 6,
        "AggregationEvent": 4,
        "TransactionEvent": 4,
    }


def test_the_47th_is_refused_for_its_doubled_event_id(examples: dict[str, bytes]) -> None:
    with pytest.raises(JSONDuplicateKeyError, match="eventID"):
        parse_json(examples[TWICE])
    lenient = json.loads(examples[TWICE])
    assert len(parse_document(lenient).require_faultless()) == 1


def test_payloads_are_the_events_under_their_contexts(examples: dict[str, bytes]) -> None:
    for name, data in examples.items():
        if name != TWICE:
            document = json.loads(data)
            for event, submitted in zip(parse(data), listed(document), strict=True):
                assert event.payload == {**submitted, "@context": document["@context"]}


def test_every_example_without_a_type_is_refused_for_that_alone(
    examples: dict[str, bytes],
) -> None:
    for name, data in examples.items():
        document = json.loads(data)
        del listed(document)[0]["type"]
        faults = parse_document(document).faults
        assert [fault.code for fault in faults] == ["EPCIS_EVENT_TYPE"], name


def test_every_example_without_a_zone_is_refused_for_that_alone(
    examples: dict[str, bytes],
) -> None:
    for name, data in examples.items():
        document = json.loads(data)
        listed(document)[0]["eventTime"] = "2026-01-02T03:04:05.678"
        faults = parse_document(document).faults
        assert [fault.code for fault in faults] == ["EPCIS_TIME_ZONE"], name


def test_the_transformation_of_the_standard_reads_as_it_says(examples: dict[str, bytes]) -> None:
    (urns,) = parse(examples["Example_9.6.4-TransformationEvent.jsonld"])
    (links,) = parse(examples["Example_9.6.4-TransformationEventWithDigitalLink.jsonld"])
    assert urns.objects == links.objects
    assert [(each.role, str(each.quantity), each.uom) for each in urns.objects] == [
        ("input", "None", None),
        ("input", "None", None),
        *[("output", "None", None)] * 4,
        ("input", "10", "KGM"),
        ("input", "30", None),
        ("input", "220", None),
    ]
    assert (urns.biz_step, urns.disposition) == ("commissioning", "in_progress")


def test_extensions_of_unknown_namespaces_are_returned(examples: dict[str, bytes]) -> None:
    *_, train = parse(examples["Example-TransactionEvents-2020_07_03y.jsonld"])
    vehicles = train.extension("urn:gs1:epcisapp:rail:vehicle")
    assert isinstance(vehicles, list)
    assert len(vehicles) == 3


def test_documents_of_the_event_hash_are_taken_in(conformance_data: Path) -> None:
    paths = sorted((conformance_data / "epcis" / "event-hash").glob("*.jsonld"))
    assert len(paths) == 11
    for path in paths:
        assert parse(path.read_bytes()), path.name

"""Event hashes, and what the command prints, equal those of the reference's own test files.

Source: `epcis-event-hash-generator`, version 1.9, folder of examples.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from traceability.hashing.event_hash import event_hash

pytestmark = pytest.mark.conformance_data

DOCUMENTS = {
    "ReferenceEventHashAlgorithm": 1,
    "ReferenceEventHashAlgorithm2": 1,
    "TimeStampRoundOff": 3,
    "epcisDocHavingEventWithComment": 1,
    "epcisDocWithCustomSchemaInContext": 2,
    "epcisDocWithSensorComponent": 1,
    "epcisDocWithShippingAndTransportingEvent": 2,
    "epcisDocWithSingleEvent": 1,
    "epcisDocWithVariousEventTypes": 13,
    "epcisEventWithCURIEs": 1,
    "persistentDisposition": 2,
}


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def read_events(path: Path) -> tuple[list[dict[str, Any]], list[Any]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return document["epcisBody"]["eventList"], document["@context"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_matches_every_line_of_the_reference(name: str, conformance_data: Path) -> None:
    folder = conformance_data / "epcis" / "event-hash"
    events, context = read_events(folder / f"{name}.jsonld")
    found = [event_hash(event, context) for event in events]
    assert len(found) == DOCUMENTS[name]
    assert [each.uri for each in found] == lines(folder / f"{name}.hashes")
    prehashes = lines(folder / f"{name}.prehashes")
    assert [each.prehash for each in found] == (prehashes or [each.prehash for each in found])


def printed(path: Path, *names: str) -> list[str]:
    """Return the hashes that the command prints, with members of some names left out."""
    options = [option for name in names for option in ("--ignore-fields", name)]
    result = CliRunner().invoke(app, ["hash", str(path), "--json", *options])
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["faults"]) == (0, [])
    return [event["event_hash"] for event in answer["events"]]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_command_prints_every_line_of_the_reference(name: str, conformance_data: Path) -> None:
    folder = conformance_data / "epcis" / "event-hash"
    assert printed(folder / f"{name}.jsonld") == lines(folder / f"{name}.hashes")


@pytest.mark.parametrize("ignored", ["note:text", "{https://example.org/note/}text"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_command_leaves_out_what_it_is_told_to(
    name: str, ignored: str, conformance_data: Path, tmp_path: Path
) -> None:
    """Beside comments, which the reference always leaves out."""
    folder = conformance_data / "epcis" / "event-hash"
    document = json.loads((folder / f"{name}.jsonld").read_text(encoding="utf-8"))
    document["@context"].append({"note": "https://example.org/note/"})
    for event in document["epcisBody"]["eventList"]:
        event["note:text"] = "seen twice"
    path = tmp_path / "noted.jsonld"
    path.write_text(json.dumps(document), encoding="utf-8")
    wanted = lines(folder / f"{name}.hashes")
    assert printed(path, ignored) == wanted
    assert not set(printed(path)) & set(wanted)
    assert printed(path, "note:other") == printed(path)


@pytest.mark.parametrize("name", ["rdfs:comment", "{http://www.w3.org/2000/01/rdf-schema#}comment"])
def test_comments_are_left_out_unasked_as_by_the_reference(
    name: str, conformance_data: Path
) -> None:
    folder = conformance_data / "epcis" / "event-hash"
    path = folder / "epcisDocHavingEventWithComment.jsonld"
    assert printed(path) == printed(path, name) == lines(path.with_suffix(".hashes"))


def test_no_document_of_the_reference_is_forgotten(conformance_data: Path) -> None:
    folder = conformance_data / "epcis" / "event-hash"
    assert {path.stem for path in folder.glob("*.jsonld")} == set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_another_value_has_another_hash(name: str, conformance_data: Path) -> None:
    folder = conformance_data / "epcis" / "event-hash"
    events, context = read_events(folder / f"{name}.jsonld")
    wanted = lines(folder / f"{name}.hashes")
    for event, uri in zip(events, wanted, strict=True):
        assert event_hash(event | {"eventTimeZoneOffset": "+13:00"}, context).uri != uri


def test_every_official_example_can_be_hashed(conformance_data: Path) -> None:
    hashes = set()
    for path in sorted((conformance_data / "epcis" / "gs1" / "JSON").rglob("*.jsonld")):
        document = json.loads(path.read_text(encoding="utf-8"))
        body = document["epcisBody"]
        events = (
            body["eventList"]
            if "eventList" in body
            else body["queryResults"]["resultsBody"]["eventList"]
        )
        context = document["@context"]
        for event in events:
            hashes.add(event_hash(event, context).uri)
    assert len(hashes) > 40

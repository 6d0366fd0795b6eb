"""Our schema has every member of GS1's, and our vocabularies every word, and no other.

Source: https://github.com/gs1/EPCIS, EPCIS-JSON-Schema.json.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from traceability.events import cbv
from traceability.events.cbv import Vocabulary

pytestmark = pytest.mark.conformance_data

# GS1's definitions and ours; a path leads to the definition inside.
MEMBERS = {
    "ObjectEvent": "ObjectEvent",
    "AggregationEvent": "AggregationEvent",
    "TransactionEvent": "TransactionEvent",
    "TransformationEvent": "TransformationEvent",
    "AssociationEvent": "AssociationEvent",
    "epcisDocument": "EPCISDocument",
    "epcisQueryDocument": "EPCISQueryDocument",
    "queryResults": "queryResults",
    "resultsBody": "queryResults/properties/resultsBody",
    "epcisHeader": "EPCISDocument/properties/epcisHeader",
    "vocabulary": "vocabularyList/items",
    "vocabularyElement": "vocabularyList/items/properties/vocabularyElementList/items",
    "errorDeclaration": "errorDeclaration",
    "persistentDisposition": "persistentDisposition",
    "readPoint": "place",
    "bizLocation": "place",
    "quantityElement": "quantities/items",
    "bizTransaction": "bizTransactions/items",
    "source": "sources/items",
    "destination": "destinations/items",
    "sensorElement": "sensorElements/items",
    "sensorMetadata": "sensorMetadata",
    "sensorReport": "sensorReport",
}
WORDS = {
    "bizStep": cbv.BIZ_STEPS,
    "disposition": cbv.DISPOSITIONS,
    "bizTransaction-type": cbv.BIZ_TRANSACTION_TYPES,
    "source-dest-type": cbv.SOURCE_DESTINATION_TYPES,
    "error-reason": cbv.ERROR_REASONS,
    "component": cbv.COMPONENTS,
    "measurementType": cbv.MEASUREMENTS,
    "sensorAlertType": cbv.SENSOR_ALERTS,
}


@pytest.fixture(scope="session")
def official(conformance_data: Path) -> dict[str, Any]:
    path = conformance_data / "epcis" / "gs1" / "EPCIS-JSON-Schema.json"
    found: dict[str, Any] = json.loads(path.read_bytes())["definitions"]
    return found


@pytest.fixture(scope="session")
def ours() -> dict[str, Any]:
    text = files("traceability.events").joinpath("schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["$defs"]
    return found


def members(schema: Any, definitions: dict[str, Any]) -> set[str]:
    """Return the names that a schema and those it refers to give their members."""
    found = set(schema.get("properties", {}))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2].replace("%40", "@")
        found |= members(definitions[name], definitions)
    for inner in schema.get("allOf", []):
        found |= members(inner, definitions)
    return found


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_has_its_place(
    name: str, official: dict[str, Any], ours: dict[str, Any]
) -> None:
    mine: Any = ours
    for step in MEMBERS[name].split("/"):
        mine = mine[step]
    wanted = members(official[name], official)
    assert wanted
    assert members(mine, ours) == wanted


@pytest.mark.parametrize("name", WORDS)
def test_every_word_is_known_and_no_other(name: str, official: dict[str, Any]) -> None:
    vocabulary: Vocabulary = WORDS[name]
    (listed,) = [part["enum"] for part in official[name]["anyOf"] if "enum" in part]
    assert sorted(vocabulary.words) == sorted(listed)

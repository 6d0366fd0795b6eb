"""The vocabularies of a document: what is committed of its master data, beside its events.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 6.1 and 10 (`epcisMasterData` in the header,
`vocabularyList` in the results of a query).
"""

from __future__ import annotations

from collections.abc import Iterable

from traceability.strict_json import JSONValue

MASTER_DATA_TYPE = "application/json"
VOCABULARY_LIST = "vocabularyList"
_PLACES = (
    ("epcisHeader", "epcisMasterData"),
    ("epcisBody", "queryResults", "resultsBody"),
)


def master_data_of_document(value: JSONValue) -> dict[str, JSONValue] | None:
    """Return a document's vocabularies with its `@context`, or none where it has none.

    Without the context their names mean nothing.
    """
    found = [one for place in _PLACES for one in _listed(value, place)]
    if not isinstance(value, dict) or not found:
        return None
    kept: dict[str, JSONValue] = {VOCABULARY_LIST: found}
    if "@context" in value:
        kept["@context"] = value["@context"]
    return kept


def _listed(value: JSONValue, place: Iterable[str]) -> list[JSONValue]:
    for step in (*place, VOCABULARY_LIST):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []

"""Recorded events as an EPCISQueryDocument, in the form that the reader asked for.

What is given back is what was committed, with `recordTime`, and with an `eventID` where the
submitter gave none: the name of the record, or the CBV hash where it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ledger_api.epcis.answers import json_bytes
from ledger_api.epcis.headers import EventIdForm
from ledger_api.epcis.negotiation import ReadForm
from traceability.events.forms import in_cbv_form, in_epc_form
from traceability.events.xml.writing import write_xml
from traceability.hashing.encoding import format_time
from traceability.hashing.event_hash import event_hash
from traceability.store.repositories.recorded import RecordedEvent
from traceability.store.times import from_milliseconds
from traceability.verify.identity import record_urn

GS1_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def event_json(event: RecordedEvent, *, id_form: EventIdForm = "record") -> dict[str, Any]:
    """Return a recorded event with what the server adds to it."""
    value: dict[str, Any] = orjson.loads(event.payload)
    if "eventID" not in value:
        name = record_urn(event.entry_hash, event.record_index)
        value["eventID"] = event_hash(value).uri if id_form == "hash" else name
    value["recordTime"] = format_time(from_milliseconds(event.received))
    return value


def query_document(events: Sequence[dict[str, Any]], *, now: int) -> dict[str, Any]:
    """Return events as the answer to a query; what their contexts share is told once."""
    contexts = [list(event.get("@context", ())) for event in events]
    shared = _shared_beginning(contexts) or [GS1_CONTEXT]
    listed = [_under(event, shared) for event in events]
    return {
        "@context": shared,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": format_time(from_milliseconds(now)),
        "epcisBody": {
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "resultsBody": {"eventList": listed},
            }
        },
    }


def _shared_beginning(contexts: Sequence[list[Any]]) -> list[Any]:
    if not contexts:
        return []
    shared = contexts[0]
    for context in contexts[1:]:
        same = 0
        while same < min(len(shared), len(context)) and shared[same] == context[same]:
            same += 1
        shared = shared[:same]
    return shared


def _under(event: dict[str, Any], shared: Sequence[Any]) -> dict[str, Any]:
    """Return an event without the part of its context that its document tells."""
    own = list(event.get("@context", ()))
    rest = own[len(shared) :] if own[: len(shared)] == shared else own
    members = {name: value for name, value in event.items() if name != "@context"}
    return {"@context": rest, **members} if rest else members


def rendered(document: dict[str, Any], form: ReadForm) -> bytes:
    """Return a query document as bytes.

    Raises
    ------
    NotExpressible
        The version that was asked for has no place for something in it.
    """
    results = document["epcisBody"]["queryResults"]["resultsBody"]
    results["eventList"] = [in_epc_form(event, form.epc_form) for event in results["eventList"]]
    if not form.is_xml:
        return json_bytes(document)
    results["eventList"] = [in_cbv_form(event, form.cbv_form) for event in results["eventList"]]
    return write_xml(document, version="2.0" if form.release == (2, 0) else "1.2")

"""The events of an answer as an EPCIS 2.0 document, in JSON-LD or XML.

The events are those that were committed, so that whoever reads them can hash them again; what
else is to be said stands beside them, under a prefix of ours. Source: EPCIS 2.0 (ISO/IEC
19987:2024), sections 9 and 10.
"""

from __future__ import annotations

from typing import IO, Any, Final

import orjson

from ledger_api.exports.answered import Answered
from traceability.events.context import ITEMPROOF_NAMESPACE
from traceability.events.xml.writing import write_xml

GS1_CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
# A document has a time; one without events is as old as the count of time.
_NO_TIME: Final = "1970-01-01T00:00:00.000Z"


def epcis_document(answered: Answered) -> dict[str, Any]:
    """Return the document; the same answer gives the same one, so it is as old as its events."""
    shown = answered.gathered.shown
    document: dict[str, Any] = {
        "@context": [GS1_CONTEXT, {"itemproof": ITEMPROOF_NAMESPACE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": max((one.event["recordTime"] for one in shown), default=_NO_TIME),
        "itemproof:question": answered.question,
        "itemproof:code": answered.code,
        "itemproof:truncated": "true" if answered.is_truncated else "false",
    }
    proofs = [f"{one.event['eventID']} {answered.url(one.proof_path)}" for one in shown]
    missing = [
        f"{one.why} {one.record} {answered.url(one.proof_path)}"
        for one in answered.gathered.missing
    ]
    told = [line for line in answered.told() if line.startswith("finding")]
    named = {"proof": proofs, "missing": missing, "finding": told}
    document |= {f"itemproof:{name}": lines for name, lines in named.items() if lines}
    document["epcisBody"] = {"eventList": [_under(one.event) for one in shown]}
    return document


def _under(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without the part of its context that the document tells."""
    own = event.get("@context", [])
    rest = own[1:] if own[:1] == [GS1_CONTEXT] else own
    rest = [one for one in rest if one != {"itemproof": ITEMPROOF_NAMESPACE}]
    members = {name: value for name, value in event.items() if name != "@context"}
    return {"@context": rest, **members} if rest else members


def write_epcis(answered: Answered, target: IO[bytes]) -> None:
    """Write the document in JSON-LD."""
    target.write(orjson.dumps(epcis_document(answered), option=orjson.OPT_INDENT_2) + b"\n")


def write_epcis_xml(answered: Answered, target: IO[bytes]) -> None:
    """Write the document in XML 2.0.

    Raises
    ------
    NotExpressible
        XML has no place for something in an event.
    """
    target.write(write_xml(epcis_document(answered), version="2.0"))

"""The events of an answer as an EPCIS 2.0 document, in JSON-LD or XML.

The events are those that were committed, so that whoever reads them can hash them again; what
else is to be said stands beside them, under a prefix of ours. Source: EPCIS 2.0 (ISO/IEC
19987:2024), sections 9 and 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

import orjson

from ledger_api.exports.answered import Answered
from traceability.events.context import ITEMPROOF_NAMESPACE
from traceability.events.xml.writing import write_xml

GS1_CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_INDENT: Final = b"  "
# A document has a time; one without events is as old as the count of time.
_NO_TIME: Final = "1970-01-01T00:00:00.000Z"


def epcis_document(answered: Answered) -> dict[str, Any]:
    """Return the document; the same answer gives the same one, so it is as old as its events."""
    document = _head(answered)
    document |= {name: list(lines) for name, lines in _lists(answered)}
    document["epcisBody"] = {"eventList": list(_events(answered))}
    return document


def _head(answered: Answered) -> dict[str, Any]:
    shown = answered.gathered.shown
    return {
        "@context": [GS1_CONTEXT, {"itemproof": ITEMPROOF_NAMESPACE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": max((one.event["recordTime"] for one in shown), default=_NO_TIME),
        "itemproof:question": answered.question,
        "itemproof:code": answered.code,
        "itemproof:truncated": "true" if answered.is_truncated else "false",
    }


def _lists(answered: Answered) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield what is said beside the events; a list of nothing is left out."""
    shown, gone = answered.gathered.shown, answered.gathered.missing
    if shown:
        url = answered.url
        yield "itemproof:proof", (f"{one.event['eventID']} {url(one.proof_path)}" for one in shown)
    if gone:
        lines = (f"{one.why} {one.record} {answered.url(one.proof_path)}" for one in gone)
        yield "itemproof:missing", lines
    findings = [line for line in answered.told() if line.startswith("finding")]
    if findings:
        yield "itemproof:finding", iter(findings)


def _events(answered: Answered) -> Iterator[dict[str, Any]]:
    return (_under(one.event) for one in answered.gathered.shown)


def _under(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without the part of its context that the document tells."""
    own = event.get("@context", [])
    rest = own[1:] if own[:1] == [GS1_CONTEXT] else own
    rest = [one for one in rest if one != {"itemproof": ITEMPROOF_NAMESPACE}]
    members = {name: value for name, value in event.items() if name != "@context"}
    return {"@context": rest, **members} if rest else members


def write_epcis(answered: Answered, target: IO[bytes]) -> None:
    """Write the document in JSON-LD, one event after another."""
    target.write(b"{\n")
    for name, value in _head(answered).items():
        target.write(b"  %b: %b,\n" % (orjson.dumps(name), _indented(value, 1)))
    for name, lines in _lists(answered):
        target.write(b"  %b: " % orjson.dumps(name))
        _write_array(lines, target, depth=1)
        target.write(b",\n")
    target.write(b'  "epcisBody": {\n    "eventList": ')
    _write_array(_events(answered), target, depth=2)
    target.write(b"\n  }\n}\n")


def _write_array(values: Iterable[Any], target: IO[bytes], *, depth: int) -> None:
    separator = b"[\n"
    for value in values:
        target.write(separator + _INDENT * (depth + 1) + _indented(value, depth + 1))
        separator = b",\n"
    target.write(b"[]" if separator == b"[\n" else b"\n" + _INDENT * depth + b"]")


def _indented(value: Any, depth: int) -> bytes:
    """Return a value as it stands in a document; within texts there are no line ends."""
    written = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    return written.replace(b"\n", b"\n" + _INDENT * depth)


def write_epcis_xml(answered: Answered, target: IO[bytes]) -> None:
    """Write the document in XML 2.0.

    Raises
    ------
    NotExpressible
        XML has no place for something in an event.
    """
    target.write(write_xml(epcis_document(answered), version="2.0"))

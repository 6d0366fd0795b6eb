"""What the OpenAPI document says of lineage's answers: a small answer, written by every format."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from ledger_api.exports.answered import Answered
from ledger_api.exports.formats import FORMATS, Format
from ledger_api.exports.serving import JSON_TYPE
from traceability.strict_json import parse_json

BASE_URL: Final = "https://trace.example"
_ENTRY: Final = "5XWeXn2BdCVYNhoD0HuUW2o0fCLVbe6iJGFmyFJr1ho"
_RECORD: Final = f"urn:itemproof:record:{_ENTRY}:0"
_PROOF: Final = f"/api/proofs?code={_RECORD}"
_DRUM: Final = "https://id.gs1.org/01/09521234567899/10/D1"
_CABLE: Final = "https://id.gs1.org/01/09521234567882/10/K1"
_PALLET: Final = "https://id.gs1.org/00/095212345000000018"

_TRACE: Final[dict[str, Any]] = {
    "code": _DRUM,
    "direction": "upstream",
    "items": [_DRUM, _CABLE],
    "edges": [
        {
            "from": _CABLE,
            "to": _DRUM,
            "event_id": _RECORD,
            "proof_url": _PROOF,
            "relation": "transformation",
        }
    ],
    "findings": [
        {
            "code": "UNKNOWN_ORIGIN",
            "subject": _CABLE,
            "message": "no event says where this came from",
        }
    ],
    "holders": [],
    "truncated": False,
    "statuses": [],
    "status": "current",
}
_RECALL: Final[dict[str, Any]] = _TRACE | {
    "code": _CABLE,
    "direction": "downstream",
    "items": [_CABLE, _DRUM],
    "findings": [],
    "holders": [{"code": _PALLET, "items": 1}],
}
_JOURNEY: Final[dict[str, Any]] = {
    "code": _DRUM,
    "items": [_DRUM],
    "edges": [],
    "steps": [
        {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "biz_step": "shipping",
            "disposition": "in_transit",
            "read_point": "https://id.gs1.org/414/9521234567892",
            "biz_location": None,
            "event_time": "2026-05-01T08:00:00.000Z",
            "roles": ["epc"],
            "inherited_from": None,
            "relation": "own",
            "declared_erroneous": False,
            "event_id": _RECORD,
            "record": _RECORD,
            "proof_url": _PROOF,
            "status": "current",
        }
    ],
    "findings": [],
    "truncated": False,
    "statuses": [],
    "status": "current",
}
SAMPLES: Final = {"trace": _TRACE, "recall": _RECALL, "journey": _JOURNEY}


def _content(question: str, form: Format) -> dict[str, Any]:
    if not form.is_readable:
        return {"schema": {"type": "string", "format": "binary"}}
    target = BytesIO()
    form.write(Answered(question, SAMPLES[question], BASE_URL), target)
    text = target.getvalue().decode()
    if form.media_type.endswith("json"):
        return {"schema": {"type": "object"}, "example": parse_json(text)}
    return {"schema": {"type": "string"}, "example": text}


def _answers(question: str) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {
        JSON_TYPE: {"schema": {"type": "object"}, "example": SAMPLES[question]}
    }
    for form in FORMATS.values():
        content.setdefault(form.media_type, _content(question, form))
    return {
        200: {
            "description": "The answer, in the format that was asked for.",
            "headers": {
                "ItemProof-Truncated": {
                    "description": "Of an export: whether it stops at its limit.",
                    "schema": {"type": "string", "enum": ["true", "false"]},
                }
            },
            "content": content,
        }
    }


ANSWERS: Final = {question: _answers(question) for question in SAMPLES}

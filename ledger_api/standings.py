"""A record's status as JSON: the command line, HTTP and the pages say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger_api.reports import time_json
from traceability.hashing.encoding import b64u_encode

if TYPE_CHECKING:
    from traceability.ledger.corrections import DueStatus
    from traceability.ledger.standing import Saying, Standing
    from traceability.ledger.statuses import Declared


def standing_json(standing: Standing) -> dict[str, Any]:
    """Return the status now and its history, oldest first."""
    return {
        "status": standing.status,
        "history": [saying_json(one) for one in standing.history],
    }


def saying_json(one: Saying) -> dict[str, Any]:
    """Return one status of a record; absent members are absent."""
    participant = None if one.participant is None else one.participant.hex()
    found: dict[str, Any] = {
        "kind": one.kind,
        "reason": one.reason,
        "since": time_json(one.since),
        "by": "operator" if participant is None else "participant",
        "participant": participant,
        "name": one.name,
        "whole_batch": one.is_whole_batch,
        "replacement": one.replacement,
        "basis": one.basis,
        "part": True if one.is_partial else None,
        "entry_hash": b64u_encode(one.entry_hash),
        "leaf_index": one.leaf_index,
    }
    return {name: value for name, value in found.items() if value is not None}


def declared_json(declared: list[Declared]) -> list[dict[str, Any]]:
    """Return the entries that said it."""
    return [
        {"entry_hash": b64u_encode(one.entry_hash), "repeated": one.repeated} for one in declared
    ]


def due_json(due: DueStatus) -> dict[str, Any]:
    """Return what a status that is due should say, as the members of its statement."""
    said = due.declaration
    found: dict[str, Any] = {
        "entry": b64u_encode(said.entry),
        "records": said.records
        if isinstance(said.records, int)
        else [[first, last] for first, last in said.records],
        "kind": said.kind,
        "reason": said.reason,
    }
    if said.replacement is not None:
        entry = b64u_encode(said.replacement.entry)
        found["replacement"] = {"entry": entry, "record": said.replacement.record}
    return found

"""A record's status as JSON: the command line, HTTP and the pages say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ledger_api.reports import time_json
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.statement import entry_leaf_hash
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.partners import OPERATOR, Asker
from traceability.ledger.standing import standing_of
from traceability.ledger.standings import (
    Marked,
    marked_codes,
    marked_records,
    standing_of_code,
)
from traceability.lineage.results import Journey
from traceability.merkle.checkpoint import parse_checkpoint

if TYPE_CHECKING:
    from traceability.ledger.corrections import DueStatus
    from traceability.ledger.identity import Identity
    from traceability.ledger.node import Node
    from traceability.ledger.standing import Saying, Standing
    from traceability.ledger.statuses import Declared
    from traceability.store.repositories import Repositories
    from traceability.verify.bundle import Bundle


class LineageAnswer(Protocol):
    """An answer of lineage, in the members that all of them have."""

    def to_json(self) -> dict[str, Any]:
        """Return the answer as outsiders see it."""


def standing_json(standing: Standing) -> dict[str, Any]:
    """Return the status now and its history, oldest first."""
    return {
        "status": standing.status,
        "history": [saying_json(one) for one in standing.history],
    }


def status_json(node: Node, code: str, *, asker: Asker = OPERATOR) -> dict[str, Any]:
    """Return what is said of the record of a code, as of which size of the log.

    Raises
    ------
    CodeUnknown
        Nothing is recorded under the code.
    """
    with node.store.reading() as repositories:
        standing = standing_of_code(repositories, node.identity, code, asker=asker)
        size = repositories.entries.count_sequenced()
    return {"code": code, **standing_json(standing), "as_of_size": size}


def newer_than(node: Node, bundle: Bundle) -> list[dict[str, Any]]:
    """Return what is logged of a bundle's record since the head that the bundle ends at."""
    size = parse_checkpoint(bundle.checkpoint).checkpoint.tree_size
    with node.store.reading() as repositories:
        batch = repositories.batches.by_entry_hash(entry_leaf_hash(bundle.entry.envelope))
        if batch is None:
            return []
        address = RecordAddress(batch.batch, bundle.record.index)
        history = standing_of(repositories, node.identity, address).history
    return [saying_json(one) for one in history if one.leaf_index is None or one.leaf_index >= size]


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


def with_standings(
    repositories: Repositories, identity: Identity, found: LineageAnswer
) -> dict[str, Any]:
    """Return an answer of lineage with what became of its codes, and of a journey's events.

    `statuses` has a group for each thing said that still stands, with all codes it is said of.
    """
    value = found.to_json()
    marked = marked_codes(repositories, identity, value["items"])
    value["statuses"] = [
        {"status": one.status, **saying_json(one.saying), "codes": list(one.names)}
        for one in marked
    ]
    by_code = {name: one.status for one in marked for name in one.names}
    value["status"] = by_code.get(value["code"], "current")
    if isinstance(found, Journey):
        records = [step.record for step in found.steps]
        said = {
            name: one
            for one in marked_records(repositories, identity, records)
            for name in one.names
        }
        value["steps"] = [_step(step, said.get(step["record"])) for step in value["steps"]]
    return value


def _step(step: dict[str, Any], marked: Marked | None) -> dict[str, Any]:
    if marked is None:
        return {**step, "status": "current"}
    return {**step, "status": marked.status, "said": saying_json(marked.saying)}


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

"""What became of a captured document, as its job keeps and tells it.

Kept are only names, places and faults: an event hash is computed anew from the recorded event
when it is told, since stored it could be guessed from outside.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from ledger_api.epcis.wording import fault_json, told
from ledger_api.i18n.translations import Language
from traceability.errors import ItemProofError
from traceability.events.faults import Fault
from traceability.hashing.commitment import Commitment, RecordKind
from traceability.hashing.encoding import b64u_encode, format_time
from traceability.hashing.event_hash import event_hash
from traceability.ledger.submission import SubmissionResult
from traceability.store.repositories import Repositories
from traceability.store.repositories.capture_jobs import CaptureJobRow
from traceability.store.repositories.recorded import RecordedEvent
from traceability.store.times import from_milliseconds
from traceability.verify.identity import record_urn

_FAST = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished job tells: each event's result, or why there is none.

    Parameters
    ----------
    records
        One object for each event: `pointer`, `result`, and where there are such `event_id`,
        `index` (its record's, within the job's batch), `original` (batch and index of what it
        repeats), `faults`, `breaches` and `warning`.
    error
        The fault that ended the whole job, as a `Fault`'s members and `internal`.
    """

    records: list[dict[str, Any]]
    error: dict[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """Return the outcome as it is stored."""
        return zlib.compress(orjson.dumps([self.records, self.error]), _FAST)

    @classmethod
    def from_bytes(cls, data: bytes) -> Outcome:
        """Return a stored outcome."""
        records, error = orjson.loads(zlib.decompress(data))
        return cls(records, error)


def outcome_of(result: SubmissionResult) -> Outcome:
    """Return what became of a document."""
    records: list[dict[str, Any]] = []
    index = 0
    for record in result.records:
        found: dict[str, Any] = {"pointer": record.pointer, "result": record.result}
        if record.event_id is not None and not record.event_id.startswith("urn:itemproof:"):
            found["event_id"] = record.event_id
        if record.result == "accepted":
            found["index"] = index
            index += 1
        if record.original is not None:
            found["original"] = list(record.original)
        if record.faults:
            found["faults"] = [fault.to_dict() for fault in record.faults]
        if record.breaches:
            found["breaches"] = [fault.to_dict() for fault in record.breaches]
        if record.warning is not None:
            found["warning"] = record.warning
        records.append(found)
    return Outcome(records)


def failure(error: ItemProofError, *, is_internal: bool) -> Outcome:
    """Return the outcome of a job of which nothing was kept."""
    faults = [fault.to_dict() for fault in getattr(error, "faults", ())]
    return Outcome([], error.to_dict() | {"internal": is_internal, "faults": faults})


def job_json(row: CaptureJobRow, language: Language) -> dict[str, Any]:
    """Return a job as the standard has it."""
    found: dict[str, Any] = {
        "captureID": row.capture_id,
        "createdAt": format_time(from_milliseconds(row.created)),
        "running": row.finished is None,
        "success": row.success is not False,
        "captureErrorBehaviour": "proceed" if row.proceed else "rollback",
        "errors": [],
    }
    if row.finished is not None:
        found["finishedAt"] = format_time(from_milliseconds(row.finished))
    if row.success is False and row.outcome is not None:
        found["errors"] = list(_errors(Outcome.from_bytes(row.outcome), language))
    return found


def _errors(outcome: Outcome, language: Language) -> Iterator[dict[str, Any]]:
    if outcome.error is not None:
        faults = outcome.error["faults"] or [outcome.error]
        for fault in faults:
            yield _error_json(fault, language, is_internal=outcome.error["internal"])
    for record in outcome.records:
        for fault in record.get("faults", ()):
            yield _error_json(fault, language, is_internal=False)


def _error_json(
    fault: Mapping[str, Any], language: Language, *, is_internal: bool
) -> dict[str, Any]:
    members = ("pointer", "code", "message", "expected", "got", "line")
    found = fault_json(Fault(**{"pointer": "", **_only(fault, members)}), language)
    if is_internal:
        found |= {"type": "epcisException:ImplementationException", "status": 500}
    return found


def _only(fault: Mapping[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {name: fault[name] for name in members if name in fault}


def report_json(
    repositories: Repositories, row: CaptureJobRow, language: Language
) -> dict[str, Any]:
    """Return a job with what became of each of its events."""
    found = job_json(row, language)
    if row.outcome is None:
        return found
    records = Outcome.from_bytes(row.outcome).records
    for result in ("accepted", "duplicate", "rejected"):
        found[result] = sum(record["result"] == result for record in records)
    kept = {} if row.batch is None else repositories.recorded.of_batch(row.batch)
    if kept:
        entry_hash = b64u_encode(next(iter(kept.values())).entry_hash)
        found |= {
            "batch": row.batch,
            "entryHash": entry_hash,
            "receiptUrl": f"/api/receipts/{entry_hash}",
        }
    found["events"] = [
        _event_json(record, _recorded(repositories, row, record, kept), language)
        for record in records
    ]
    return found


def _recorded(
    repositories: Repositories,
    row: CaptureJobRow,
    record: Mapping[str, Any],
    kept: Mapping[int, RecordedEvent],
) -> RecordedEvent | None:
    """Return the recorded event that a result speaks of, if its sender may know it."""
    if "index" in record:
        return kept.get(record["index"])
    if "original" not in record:
        return None
    batch, index = record["original"]
    owner = repositories.batches.get(batch)
    if owner is None or owner.participant != row.participant:
        return None
    return repositories.recorded.of_batch(batch).get(index)


def _event_json(
    record: Mapping[str, Any], event: RecordedEvent | None, language: Language
) -> dict[str, Any]:
    found: dict[str, Any] = {"pointer": record["pointer"], "result": record["result"]}
    if "event_id" in record:
        found["eventID"] = record["event_id"]
    if event is not None:
        name = record_urn(event.entry_hash, event.record_index)
        digest = event_hash(orjson.loads(event.payload))
        found |= {
            "eventID": event.event_id or name,
            "eventHash": digest.uri,
            "eventHashRevision": digest.revision,
            "record": name,
            "recordCommitment": commitment_of(event).hex(),
            "proofUrl": f"/api/proofs?code={quote(name, safe='')}",
        }
    if "warning" in record:
        found["warning"] = {"code": record["warning"]}
    if "breaches" in record:
        found["breaches"] = [told(fault, language) for fault in record["breaches"]]
    if "faults" in record:
        found["errors"] = [told(fault, language) for fault in record["faults"]]
    return found


def commitment_of(event: RecordedEvent) -> bytes:
    """Return the hash by which a recorded event is a leaf of its batch."""
    return Commitment(RecordKind.EVENT, event.field_count, event.field_root).leaf_hash()

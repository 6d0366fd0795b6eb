"""What became of a captured document, as its job keeps and tells it.

Kept are only names, places and faults: an event hash, and an eventID that is one, is taken from
the recorded event when it is told, since what is erased could be guessed by a copy of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from ledger_api.epcis.wording import fault_json, told
from ledger_api.i18n.translations import Language
from ledger_api.reports import master_data_json
from traceability.errors import ItemProofError
from traceability.events.faults import Fault, FaultCode
from traceability.hashing.commitment import Commitment, RecordKind
from traceability.hashing.encoding import b64u_encode, format_time
from traceability.hashing.event_hash import event_hash
from traceability.hashing.unsalted import unsalted
from traceability.ledger.master_data import master_data_of
from traceability.ledger.submission import RecordResult, SubmissionResult
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
    totals
        Of a document that was captured piece by piece: how many events ended how, and the number
        of batches and of breaches that are told. `records` are then the first that were rejected;
        all are with their pieces.
    master_data
        What became of the vocabularies of such a document.
    """

    records: list[dict[str, Any]]
    error: dict[str, Any] | None = None
    totals: dict[str, int] | None = None
    master_data: dict[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """Return the outcome as it is stored."""
        parts = [self.records, self.error]
        more = [] if self.totals is None else [self.totals, self.master_data]
        return zlib.compress(orjson.dumps([*parts, *more]), _FAST)

    @classmethod
    def from_bytes(cls, data: bytes) -> Outcome:
        """Return a stored outcome."""
        return cls(*orjson.loads(zlib.decompress(data)))


class Page(NamedTuple):
    """Which events of a job are told: from a place on, and how many."""

    first: int
    size: int


def outcome_of(result: SubmissionResult) -> Outcome:
    """Return what became of a document."""
    return Outcome(records_of(result.records))


def records_of(results: Iterable[RecordResult]) -> list[dict[str, Any]]:
    """Return results as an outcome has them; the accepted are one batch's, in order."""
    records: list[dict[str, Any]] = []
    index = 0
    for record in results:
        found: dict[str, Any] = {"pointer": record.pointer, "result": record.result}
        if _may_be_kept(record.event_id):
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
    return records


def _may_be_kept(event_id: str | None) -> bool:
    """Tell whether an id is kept with an outcome: neither a record's name nor a hash."""
    if event_id is None or event_id.startswith("urn:itemproof:"):
        return False
    return not unsalted(event_id)


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
    if outcome.totals is not None and outcome.totals["rejected"] > len(outcome.records):
        more = outcome.totals["rejected"] - len(outcome.records)
        fault = {
            "code": FaultCode.TOO_MANY_FAULTS,
            "message": f"{more} more events were rejected: page through the events of this job",
        }
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
    repositories: Repositories, row: CaptureJobRow, language: Language, *, page: Page
) -> dict[str, Any]:
    """Return a job with what became of each of its events.

    Of a document that was captured piece by piece, the events of a page; where there are more,
    `next` is the place of the first of them.
    """
    found = job_json(row, language)
    if row.outcome is None:
        return found
    outcome = Outcome.from_bytes(row.outcome)
    if outcome.totals is not None:
        found |= {} if outcome.master_data is None else {"masterData": outcome.master_data}
        return found | _paged(repositories, row, outcome.totals, language, page=page)
    records = outcome.records
    for result in ("accepted", "duplicate", "rejected"):
        found[result] = sum(record["result"] == result for record in records)
    kept = {} if row.batch is None else repositories.recorded.of_batch(row.batch)
    if row.batch is not None:
        found |= _batch_json(repositories, row.batch)
    found["events"] = [
        _event_json(record, _recorded(repositories, row, record, kept), language)
        for record in records
    ]
    return found


def _paged(
    repositories: Repositories,
    row: CaptureJobRow,
    totals: Mapping[str, int],
    language: Language,
    *,
    page: Page,
) -> dict[str, Any]:
    """Return the totals of a long document, and a page of its events."""
    events: list[dict[str, Any]] = []
    after = page.first + page.size
    for piece in repositories.capture_jobs.results(row.job, first=page.first, limit=page.size):
        kept = {} if piece.batch is None else repositories.recorded.of_batch(piece.batch)
        start, end = max(0, page.first - piece.first), max(0, after - piece.first)
        records = Outcome.from_bytes(piece.outcome).records[start:end]
        events += [
            _event_json(record, _recorded(repositories, row, record, kept), language)
            for record in records
        ]
    of_results = totals["accepted"] + totals["duplicate"] + totals["rejected"]
    rest = {"next": after} if after < of_results else {}
    return {**totals, "events": events, **rest}


def _batch_json(repositories: Repositories, number: int) -> dict[str, Any]:
    """Return the batch of a job, and what it has beside the events."""
    batch = repositories.batches.get(number)
    entry = None if batch is None else repositories.entries.by_arrival(batch.arrival)
    if entry is None:
        raise AssertionError("a job's batch has its entry")
    entry_hash = b64u_encode(entry.leaf_hash)
    found: dict[str, Any] = {
        "batch": number,
        "entryHash": entry_hash,
        "receiptUrl": f"/api/receipts/{entry_hash}",
    }
    master_data = master_data_of(repositories, number, entry_hash=entry.leaf_hash)
    return found if master_data is None else found | {"masterData": master_data_json(master_data)}


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

"""An uploaded document: checked for anybody, submitted for those with an API key."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ledger_api.auth import authenticate, require_role
from ledger_api.defaults import default_participant
from ledger_api.services import Services
from ledger_api.statuses import http_status
from ledger_api.web.views import FaultRow, RecordRow, SubmissionPart
from traceability.errors import ItemProofError, Unavailable
from traceability.events.faults import Fault
from traceability.hashing.encoding import b64u_encode
from traceability.ledger.drafting import DocumentBody, form_of
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.submission import RecordResult, SubmissionResult, check_alone
from traceability.store.times import from_milliseconds


@dataclass(frozen=True, slots=True)
class Upload:
    """What the form sent."""

    body: bytes
    file_name: str
    api_key: str
    is_trial: bool
    proceed: bool


def submission_part(services: Services, upload: Upload) -> SubmissionPart:
    """Return what became of an uploaded document, or why it could not be read."""
    try:
        result = _result(services, upload)
    except ItemProofError as error:
        fault = FaultRow(
            error.code, error.pointer, error.fault, error.expected or "", error.got or ""
        )
        return SubmissionPart(
            upload.file_name,
            "REJECTED",
            is_trial=upload.is_trial,
            fault=fault,
            http_status=http_status(error),
        )
    part = SubmissionPart(
        upload.file_name,
        result.status,
        records=tuple(_record(record) for record in result.records),
        is_trial=upload.is_trial,
        http_status=400 if result.status == "REJECTED" and not upload.is_trial else 200,
    )
    return part if result.batch is None else _with_receipt(services, part, result.batch)


def _result(services: Services, upload: Upload) -> SubmissionResult:
    body = DocumentBody(upload.body, form_of(upload.body), services.settings.max_body_bytes)
    if upload.is_trial:
        return _trial(services, upload, body)
    caller = authenticate(services.node.store, f"Bearer {upload.api_key.strip()}")
    require_role(caller, "operator", "participant")
    participant = caller.participant or default_participant(services.node)
    return services.node.submission.submit_body(
        body, participant=participant, proceed=upload.proceed
    )


def _trial(services: Services, upload: Upload, body: DocumentBody) -> SubmissionResult:
    """Judge a document; only who may submit is told of events that are recorded."""
    if not upload.api_key.strip():
        return check_alone(body)
    caller = authenticate(services.node.store, f"Bearer {upload.api_key.strip()}")
    require_role(caller, "operator", "participant")
    participant = caller.participant or default_participant(services.node)
    return services.node.submission.check_body(body, participant=participant)


def _with_receipt(services: Services, part: SubmissionPart, batch: CapturedBatch) -> SubmissionPart:
    """Add where the receipt is and by when it promises an anchor, once there is one."""
    try:
        services.workers.wait_logged(batch.arrival)
    except Unavailable:
        return part  # Kept and not in the log yet: the page says so by offering no receipt.
    with services.node.store.reading() as repositories:
        entry = repositories.entries.by_leaf_hash(batch.entry_hash)
    deadline = None if entry is None else entry.anchored_by
    return replace(
        part,
        receipt_url=f"/api/receipts/{b64u_encode(batch.entry_hash)}",
        anchored_by=None if deadline is None else from_milliseconds(deadline),
    )


def _record(record: RecordResult) -> RecordRow:
    return RecordRow(
        pointer=record.pointer,
        result=record.result,
        event_id=record.event_id,
        faults=tuple(_fault(fault) for fault in record.faults),
        breaches=tuple(_fault(fault) for fault in record.breaches),
        warning=record.warning or "",
        proof_url=f"/api/proofs?code={record.record}" if record.record else None,
    )


def _fault(fault: Fault) -> FaultRow:
    return FaultRow(fault.code, fault.pointer, fault.message, fault.expected or "", fault.got or "")

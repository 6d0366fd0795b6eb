"""An uploaded document: checked for anybody, submitted for those with an API key."""

from __future__ import annotations

from ledger_api.auth import authenticate, require_role
from ledger_api.defaults import default_participant
from ledger_api.services import Services
from ledger_api.web.views import FaultRow, RecordRow, SubmissionPart
from traceability.errors import ItemProofError
from traceability.events.faults import Fault
from traceability.hashing.encoding import b64u_encode
from traceability.ledger.submission import RecordResult, SubmissionResult
from traceability.strict_json import parse_json


def submission_part(
    services: Services, body: bytes, *, file_name: str, api_key: str, is_trial: bool
) -> SubmissionPart:
    """Return what became of an uploaded document, or why it could not be read."""
    try:
        result = _result(services, body, api_key=api_key, is_trial=is_trial)
    except ItemProofError as error:
        fault = FaultRow(
            error.code, error.pointer, error.fault, error.expected or "", error.got or ""
        )
        return SubmissionPart(file_name, "REJECTED", is_trial=is_trial, fault=fault)
    receipt = None
    if result.batch is not None:
        services.workers.wait_logged(result.batch.arrival)
        receipt = f"/api/receipts/{b64u_encode(result.batch.entry_hash)}"
    return SubmissionPart(
        file_name,
        result.status,
        records=tuple(_record(record) for record in result.records),
        is_trial=is_trial,
        receipt_url=receipt,
    )


def _result(
    services: Services, body: bytes, *, api_key: str, is_trial: bool
) -> SubmissionResult:
    value = parse_json(body, max_bytes=services.settings.max_body_bytes)
    if is_trial:
        return services.node.submission.check(value)
    caller = authenticate(services.node.store, f"Bearer {api_key.strip()}")
    require_role(caller, "operator", "participant")
    participant = caller.participant or default_participant(services.node)
    return services.node.submission.submit(value, participant=participant)


def _record(record: RecordResult) -> RecordRow:
    return RecordRow(
        pointer=record.pointer,
        result=record.result,
        event_id=record.event_id,
        faults=tuple(_fault(fault) for fault in record.faults),
        warning=record.warning or "",
        proof_url=f"/api/proofs?code={record.record}" if record.record else None,
    )


def _fault(fault: Fault) -> FaultRow:
    return FaultRow(
        fault.code, fault.pointer, fault.message, fault.expected or "", fault.got or ""
    )

"""A mock recall from the supplier page: its signed folder, or what was wrong with the question."""

from __future__ import annotations

from fastapi.responses import Response

from ledger_api.auth import authenticate, require_role
from ledger_api.recalls.requests import RecallBody
from ledger_api.recalls.serving import answer
from ledger_api.services import Services
from ledger_api.statuses import http_status
from ledger_api.web.views import DeclaringPart, FaultRow
from traceability.errors import ItemProofError


def rehearsed(services: Services, api_key: str, body: RecallBody) -> Response | DeclaringPart:
    """Return the ZIP of a mock recall, or the fault as the page shows it."""
    try:
        caller = authenticate(services.node.store, f"Bearer {api_key.strip()}")
        require_role(caller, "operator", "participant")
        return answer(services, caller, body, is_exercise=True, as_zip=True)
    except ItemProofError as error:
        fault = FaultRow(
            error.code, error.pointer, error.fault, error.expected or "", error.got or ""
        )
        return DeclaringPart("", body.code, fault=fault, http_status=http_status(error))

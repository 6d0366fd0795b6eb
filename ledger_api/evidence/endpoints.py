"""`GET /api/evidence`: records with their proofs and what checks them, as one ZIP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from ledger_api.auth import require_role
from ledger_api.services import CallerOf, ServicesOf
from ledger_api.version import VERSION
from traceability.ledger.evidence.choosing import Choice
from traceability.ledger.evidence.writing import EvidenceRequest, write_evidence

router = APIRouter(prefix="/api", tags=["evidence"])
# Larger ones are written by the command, which nobody waits for.
MAX_RECORDS = 5_000
MAX_NAMED = 100
CHUNK = 2**16
MEDIA_TYPE = "application/zip"


@router.get(
    "/evidence",
    summary="Evidence for auditors, as a ZIP",
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {}}}},
)
def get_evidence(
    services: ServicesOf,
    caller: CallerOf,
    code: Annotated[
        list[str] | None, Query(max_length=MAX_NAMED, description="Item, event or record.")
    ] = None,
    batch: Annotated[list[int] | None, Query(max_length=MAX_NAMED)] = None,
    *,
    upstream: Annotated[bool, Query(description="What the codes were made of, too.")] = False,
    audience: Annotated[Literal["public", "partner", "auditor"], Query()] = "auditor",
) -> StreamingResponse:
    """Return an evidence bundle of codes or batches; it is whole before the answer begins."""
    require_role(caller, "operator", "auditor")
    choice = Choice(codes=tuple(code or ()), batches=tuple(batch or ()), upstream=upstream)
    request = EvidenceRequest(choice, audience, VERSION, MAX_RECORDS)
    file = tempfile.TemporaryFile(dir=services.node.data_dir)  # noqa: SIM115 # closed when sent
    try:
        write_evidence(services.node, request, file.write, folder=services.node.data_dir)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    headers = {
        "Content-Disposition": 'attachment; filename="evidence.zip"',
        "Content-Length": str(size),
    }
    return StreamingResponse(_parts(file), media_type=MEDIA_TYPE, headers=headers)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(CHUNK):
            yield part

"""Exports over HTTP: the format by `format=`, else by Accept, else JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ledger_api.epcis.faults import NotAcceptable
from ledger_api.epcis.negotiation import preferred
from ledger_api.exports.exporting import Asked, answer, export
from ledger_api.exports.formats import FORMATS, JSON, format_named
from ledger_api.lineage.paging import WHOLE, Page, paged
from ledger_api.lineage.rows import NDJSON_TYPE, Streamed, rows
from traceability.ledger.partners import Asker

if TYPE_CHECKING:
    from ledger_api.auth import Caller
    from ledger_api.exports.formats import Format
    from ledger_api.services import Services

JSON_TYPE: Final = "application/json"
NDJSON: Final = "ndjson"
# Longer exports wait in a file without a name.
IN_MEMORY_BYTES: Final = 1 << 20
PIECE_BYTES: Final = 1 << 16

FormatName = Annotated[
    str | None,
    Query(
        alias="format",
        description=f"{JSON}, {NDJSON}, {', '.join(FORMATS)}; else by Accept; else JSON.",
    ),
]


def asker_of(caller: Caller) -> Asker:
    """Return who asks: operator and auditor see everything."""
    return Asker(caller.participant, sees_all=caller.participant is None)


def chosen(name: str | None, accept: str | None) -> Format | None:
    """Return the format that a request asks for; none for JSON.

    Where a request takes none of the types, JSON is given: who asks for a page reads that, too.

    Raises
    ------
    ExportFormatUnknown
    """
    if name is not None:
        return None if name == JSON else format_named(name)
    by_type = {form.media_type: form for form in reversed(FORMATS.values())}
    try:
        kind = preferred(accept, (JSON_TYPE, *by_type))[0]
    except NotAcceptable:
        return None
    return by_type.get(kind)


def wants_rows(name: str | None, accept: str | None) -> bool:
    """Tell whether a request asks for rows of JSON, one a line."""
    if name is not None:
        return name == NDJSON
    try:
        return preferred(accept, (JSON_TYPE, NDJSON_TYPE))[0] == NDJSON_TYPE
    except NotAcceptable:
        return False


def only_rows(accept: str | None) -> str:
    """Return the format of an answer that has no exports."""
    return NDJSON if wants_rows(None, accept) else JSON


def served(
    services: Services,
    asked: Asked,
    *,
    form: str | None,
    accept: str | None,
    page: Page = WHOLE,
) -> Response:
    """Return an answer in a format: the one that is named, else the one that is accepted."""
    headers = {"Vary": "Accept, Authorization"}
    if wants_rows(form, accept):
        found = Streamed(lambda: rows(services.node, asked, page))
        return StreamingResponse(iter(found), headers=headers, media_type=NDJSON_TYPE)
    named = chosen(form, accept)
    if named is not None:
        return exported(services, asked, named, headers=headers)
    return JSONResponse(paged(answer(services.node, asked), page), headers=headers)


def exported(
    services: Services, asked: Asked, form: Format, *, headers: dict[str, str]
) -> Response:
    """Return an answer as a file to be kept; nothing is sent before all of it is written."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 # closed when sent
    try:
        found = export(services.node, asked, form, base_url=services.settings.base_url, target=file)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    name = f"{asked.question}.{form.suffix}"
    headers = headers | {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(size),
        "ItemProof-Truncated": "true" if found["truncated"] else "false",
    }
    kind = f"{form.media_type}; charset=utf-8" if form.is_text else form.media_type
    return StreamingResponse(_pieces(file), headers=headers, media_type=kind)


def _pieces(file: Any) -> Iterator[bytes]:
    with closing(file):
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece

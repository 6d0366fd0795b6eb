"""A question of lineage from the audit page: an answer on the page, a file, or what was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from fastapi.responses import JSONResponse, Response

from ledger_api.auth import authenticate
from ledger_api.exports.exporting import Asked, answer
from ledger_api.exports.formats import FORMATS, JSON, ExportFormatUnknown
from ledger_api.exports.serving import NDJSON, asker_of, served
from ledger_api.lineage.material import across_json, balance_json
from ledger_api.statuses import http_status
from ledger_api.web.audit_views import AskedPart
from ledger_api.web.lineage_rows import shown
from ledger_api.web.views import FaultRow
from traceability.errors import ItemProofError
from traceability.lineage.tracing import CodeNotTraced

if TYPE_CHECKING:
    from ledger_api.auth import Caller
    from ledger_api.services import Services

Question = Literal["trace", "recall", "journey", "where", "holders", "balance", "across"]
EXPORTED: Final = ("trace", "recall", "journey")
ROWED: Final = (*EXPORTED, "where", "holders")
PAGE: Final = "page"


@dataclass(frozen=True, slots=True)
class Asking:
    """What the form sent; `form` is the format, `key` the cause that `across` looks for."""

    api_key: str
    code: str
    question: Question
    form: str = PAGE
    key: str = ""


def asked_part(services: Services, sent: Asking) -> Response | AskedPart:
    """Return the answer as a file, or as the page shows it, or the fault as the page shows it."""
    part = AskedPart(sent.question, sent.code, sent.key)
    try:
        caller = authenticate(services.node.store, f"Bearer {sent.api_key.strip()}")
        _require_form(sent)
        if sent.form == PAGE:
            found = shown(sent.question, _answer(services, caller, sent))
            return AskedPart(sent.question, sent.code, sent.key, shown=found)
        return _file(services, caller, sent)
    except ItemProofError as error:
        return _refused(part, error)


def _require_form(sent: Asking) -> None:
    """Refuse a file that a question is not given as.

    Raises
    ------
    ExportFormatUnknown
    """
    names = [PAGE, JSON]
    names += [NDJSON] if sent.question in ROWED else []
    names += FORMATS if sent.question in EXPORTED else []
    if sent.form not in names:
        expected = ", ".join(names)
        raise ExportFormatUnknown(
            f"{sent.question} has no such format: expected one of {expected}, "
            f"got {sent.form[:40]!r}",
            expected=expected,
            got=sent.form[:40],
        )


def _answer(services: Services, caller: Caller, sent: Asking) -> dict[str, Any]:
    code, asker = sent.code.strip(), asker_of(caller)
    if sent.question == "balance":
        return balance_json(services, code, asker=asker)
    if sent.question == "across":
        return across_json(services, code, asker=asker, keys=(sent.key,))
    return answer(services.node, Asked(sent.question, code, asker))


def _file(services: Services, caller: Caller, sent: Asking) -> Response:
    """Return the answer as a file to be kept."""
    response: Response
    if sent.form == JSON or sent.question == "balance" or sent.question == "across":  # noqa: PLR1714 # mypy follows it
        response = JSONResponse(_answer(services, caller, sent))
    else:
        asked = Asked(sent.question, sent.code.strip(), asker_of(caller))
        response = served(services, asked, form=sent.form, accept=None)
    name = f"{sent.question}.{sent.form}"
    response.headers.setdefault("Content-Disposition", f'attachment; filename="{name}"')
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(part: AskedPart, error: ItemProofError) -> AskedPart:
    is_unknown = isinstance(error, CodeNotTraced)
    expected = "" if is_unknown else error.expected or ""
    fault = FaultRow(error.code, error.pointer, error.fault, expected, error.got or "")
    nearest = error.expected or "" if is_unknown else ""
    return AskedPart(
        part.question,
        part.typed,
        part.key,
        fault=fault,
        nearest=nearest,
        http_status=http_status(error),
    )

"""The pages, and the GS1 Digital Link paths, which *are* the consumer page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ledger_api.recalls.defaults import DEFAULT_MINUTES
from ledger_api.recalls.requests import RecallBody
from ledger_api.services import Services, ServicesOf, in_hand
from ledger_api.statuses import NotAuthenticated, http_status
from ledger_api.web import filling, pages
from ledger_api.web.audit_views import AskedPart
from ledger_api.web.declaring import Declaring, declaring_part
from ledger_api.web.lineage_asking import PAGE, Asking, Question, asked_part
from ledger_api.web.quality_filling import quality_view
from ledger_api.web.recalling import rehearsed
from ledger_api.web.submitting import Upload, submission_part
from ledger_api.web.views import ProblemView, ScanView, SupplierView
from traceability.codes.uris import parse_code
from traceability.errors import ItemProofError

router = APIRouter(include_in_schema=False)


def _page(request: Request, services: Services) -> pages.Page:
    settings = services.settings
    return pages.page_of(
        request,
        default=settings.lang or "zh",
        timezone=settings.timezone,
        is_test_chain=services.is_test_chain,
    )


@router.get("/", response_class=HTMLResponse)
def landing(request: Request, services: ServicesOf) -> HTMLResponse:
    """Show what this is, how much it holds, and an item to look at."""
    return pages.landing_page(_page(request, services), filling.landing_view(services))


@router.api_route("/01/{rest:path}", methods=["GET", "HEAD"], response_class=HTMLResponse)
def item(rest: str, request: Request, services: ServicesOf) -> HTMLResponse:
    """Show the record behind a scanned code; the verdict is in the page itself."""
    page = _page(request, services)
    path = request.scope.get("raw_path", b"").decode("ascii", "replace") or f"/01/{rest}"
    try:
        identifier = parse_code(f"https://id.gs1.org{path.split('?')[0]}")
        view = filling.item_view(services, identifier)
    except ItemProofError as error:
        return pages.problem_page(page, _problem(error, given=path))
    return pages.item_page(page, view)


def _problem(error: ItemProofError, *, given: str) -> ProblemView:
    return ProblemView(
        status=http_status(error),
        code=error.code,
        detail=error.fault,
        given=given,
        expected=error.expected or "",
        got=error.got or "",
    )


@router.get("/scan", response_class=HTMLResponse)
def scan(request: Request, services: ServicesOf, code: str = "") -> Response:
    """Take a typed code to its page."""
    page = _page(request, services)
    if not code.strip():
        return pages.scan_page(page, ScanView())
    try:
        identifier = parse_code(code.strip())
        path = "/" + identifier.digital_link().split("/", 3)[3]
    except ItemProofError as error:
        problem = _problem(error, given=code)
        return pages.scan_page(page, ScanView(typed=code, problem=problem), status=problem.status)
    asked = f"?lang={page.language}" if page.is_language_asked else ""
    return RedirectResponse(quote(path, safe="/%") + asked, status_code=303)


@router.get("/supplier", response_class=HTMLResponse)
def supplier(request: Request, services: ServicesOf) -> HTMLResponse:
    """Show the upload form."""
    view = SupplierView(filling.chain_part(services))
    return pages.supplier_page(_page(request, services), view)


@router.post("/supplier", response_class=HTMLResponse)
async def upload(
    request: Request,
    services: ServicesOf,
    *,
    file: Annotated[UploadFile, File()],
    api_key: Annotated[str, Form()] = "",
    trial: Annotated[str, Form()] = "",
    proceed: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Check or submit an uploaded document, and say what became of each record."""
    # Those who have no key share one key's part.
    with in_hand(request, services, "page") as place:
        sent = Upload(
            await file.read(services.settings.max_body_bytes + 1),
            file.filename or "",
            api_key=api_key,
            is_trial=bool(trial),
            proceed=bool(proceed),
        )
        part = await place.run(submission_part, services, sent)
    view = SupplierView(filling.chain_part(services), part)
    return pages.supplier_page(_page(request, services), view, status=part.http_status)


@router.post("/supplier/statuses", response_class=HTMLResponse)
async def declare(
    request: Request,
    services: ServicesOf,
    *,
    api_key: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Recall one's own lot or batch or lift the recall, and show one's batches as they are."""
    with in_hand(request, services, "page") as place:
        sent = Declaring(api_key, kind, code, reason)
        part = await place.run(declaring_part, services, sent)
    view = SupplierView(filling.chain_part(services), declaring=part)
    return pages.supplier_page(_page(request, services), view, status=part.http_status)


@router.post("/supplier/mock-recall", response_class=HTMLResponse)
async def mock_recall(
    request: Request,
    services: ServicesOf,
    *,
    api_key: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    target_minutes: Annotated[str, Form()] = DEFAULT_MINUTES,
) -> Response:
    """Rehearse a recall: the answer is the signed report as a ZIP, or the page with the fault."""
    with in_hand(request, services, "page") as place:
        body = RecallBody(code, target_minutes)
        found = await place.run(rehearsed, services, api_key, body)
    if isinstance(found, Response):
        return found
    view = SupplierView(filling.chain_part(services), declaring=found)
    return pages.supplier_page(_page(request, services), view, status=found.http_status)


@router.get("/audit", response_class=HTMLResponse)
def audit(
    request: Request, services: ServicesOf, code: str = "", question: Question = "recall"
) -> HTMLResponse:
    """Show where the log stands and how to check it; a code in the address fills the form."""
    asked = AskedPart(question, code)
    return pages.audit_page(_page(request, services), filling.audit_view(services, asked))


@router.post("/audit", response_class=HTMLResponse)
async def ask_lineage(
    request: Request,
    services: ServicesOf,
    *,
    api_key: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    question: Annotated[Question, Form()] = "recall",
    form: Annotated[str, Form(alias="format")] = PAGE,
    key: Annotated[str, Form()] = "",
) -> Response:
    """Answer a question of lineage: on the page, or as a file."""
    with in_hand(request, services, "page") as place:
        found = await place.run(asked_part, services, Asking(api_key, code, question, form, key))
    if isinstance(found, Response):
        return found
    return pages.audit_page(_page(request, services), filling.audit_view(services, found))


@router.get("/quality", response_class=HTMLResponse)
def quality(request: Request, services: ServicesOf) -> HTMLResponse:
    """Show the suppliers' scores: to anybody on a test chain, otherwise where the operator says."""
    if not (services.is_test_chain or services.settings.public_scores):
        error = NotAuthenticated("scores are shown by /api/suppliers, to those with an API key")
        return pages.problem_page(_page(request, services), _problem(error, given="/quality"))
    return pages.quality_page(_page(request, services), quality_view(services))


@router.get("/docs", response_class=HTMLResponse)
def api_explorer(request: Request, services: ServicesOf) -> HTMLResponse:
    """Show the HTTP interface, from files of our own."""
    return pages.api_page(_page(request, services))


@router.get("/.well-known/gs1resolver")
def resolver_description(services: ServicesOf) -> JSONResponse:
    """Describe the resolver (GS1-Conformant resolver, section 5)."""
    base = services.settings.base_url.rstrip("/")
    return JSONResponse(
        {
            "name": "ItemProof",
            "resolverRoot": base,
            "supportedPrimaryKeys": ["01"],
            "linkTypeDefaultCanBeLinkset": False,
        },
        headers={"Access-Control-Allow-Origin": "*"},
    )

"""From a view to a page: choose the language, render, set the headers."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse

from ledger_api.i18n.translations import HTML_LANGUAGES, Language, choose_language
from ledger_api.web.assets import SECURITY_HEADERS
from ledger_api.web.audit_views import AuditView
from ledger_api.web.templating import environment
from ledger_api.web.views import (
    ItemView,
    LandingView,
    ProblemView,
    QualityView,
    ScanView,
    SupplierView,
)

DEFAULT_TIMEZONE = "Asia/Shanghai"
LANGUAGE_MEMBER = "lang"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page needs to know of its request.

    Parameters
    ----------
    language, is_language_asked
        What to render, and whether the address itself said so.
    path, query
        The address without its language, for the link to the other language.
    timezone
        IANA name; times of blocks and receipts are shown in it.
    is_secure
        Whether the request came over TLS.
    is_test_chain
        Whether the log is anchored on a chain for trial, which every page then says.
    """

    language: Language
    is_language_asked: bool = False
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    timezone: str = DEFAULT_TIMEZONE
    is_secure: bool = True
    is_test_chain: bool = False

    def in_language(self, language: str) -> str:
        """Return this page's address in a language."""
        return f"{self.path}?{urlencode([*self.query, (LANGUAGE_MEMBER, language)])}"


def page_of(
    request: Request,
    *,
    default: Language = "zh",
    timezone: str = DEFAULT_TIMEZONE,
    is_test_chain: bool = False,
) -> Page:
    """Return what a page needs to know of a request."""
    asked = request.query_params.get(LANGUAGE_MEMBER)
    query = [
        pair
        for pair in parse_qsl(request.url.query, keep_blank_values=True)
        if pair[0] != LANGUAGE_MEMBER
    ]
    return Page(
        language=choose_language(asked, request.headers.get("accept-language"), default=default),
        is_language_asked=asked is not None,
        path=request.url.path,
        query=tuple(query),
        timezone=timezone,
        is_secure=request.url.scheme == "https",
        is_test_chain=is_test_chain,
    )


def item_page(page: Page, view: ItemView) -> HTMLResponse:
    """Render the consumer page of an item, a lot or a kind of product; of an erased one, 410."""
    is_erased = view.code.level == "item" and view.verdict is None
    return _render(page, "item.html", view, status=410 if is_erased else 200)


def problem_page(page: Page, view: ProblemView) -> HTMLResponse:
    """Render why there is nothing to show, with the problem's own status."""
    return _render(page, "problem.html", view, status=view.status)


def landing_page(page: Page, view: LandingView) -> HTMLResponse:
    """Render the first page."""
    return _render(page, "landing.html", view)


def supplier_page(page: Page, view: SupplierView, *, status: int = 200) -> HTMLResponse:
    """Render the upload page and the answer to an upload."""
    return _render(page, "supplier.html", view, status=status)


def audit_page(page: Page, view: AuditView) -> HTMLResponse:
    """Render where the log stands, and the answer to a question of lineage."""
    return _render(page, "audit.html", view, status=view.asked.http_status)


def quality_page(page: Page, view: QualityView) -> HTMLResponse:
    """Render the suppliers' scores."""
    return _render(page, "quality.html", view)


def scan_page(page: Page, view: ScanView, *, status: int = 200) -> HTMLResponse:
    """Render the page for typing a code."""
    return _render(page, "scan.html", view, status=status)


def api_page(page: Page) -> HTMLResponse:
    """Render the explorer of the HTTP interface, from files of our own."""
    answer = _render(page, "api.html", None)
    # Swagger UI's own style draws its arrows from data in the style sheet.
    policy = f"{SECURITY_HEADERS['Content-Security-Policy']}; img-src 'self' data:"
    answer.headers["Content-Security-Policy"] = policy
    return answer


def _render(page: Page, template: str, view: object, *, status: int = 200) -> HTMLResponse:
    rendered = environment(page.language).get_template(template).render(page=page, view=view)
    headers = {
        "Content-Language": HTML_LANGUAGES[page.language],
        "Vary": "Accept-Language",
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(rendered, status_code=status, headers=headers)

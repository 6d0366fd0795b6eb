"""Views with invented content, and a small application that serves a page for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledger_api.i18n.local_text import LocalText
from ledger_api.web import assets, pages
from ledger_api.web.audit_views import (
    AnchorRow,
    AnswerRow,
    AskedPart,
    AuditView,
    Cell,
    Fact,
    LineageShown,
    SaidRow,
)
from ledger_api.web.views import (
    Attribute,
    BatchStanding,
    ChainPart,
    Code,
    DeclaringPart,
    FaultRow,
    Figures,
    ItemView,
    LandingView,
    ProblemView,
    ProofLinks,
    QualityView,
    Recall,
    RecordRow,
    ScanView,
    SignerPart,
    StatusRow,
    Stop,
    SubmissionPart,
    SupplierRow,
    SupplierView,
    Verdict,
    VerdictKind,
)
from traceability.verify.report import DEMANDED_STEPS, STEP_ORDER, Result, Step

GTIN, LOT, SERIAL = "06901234567892", "DR-2026-0042", "7K3M9Q2X5T8V1C4N"
URI = f"https://id.gs1.org/01/{GTIN}/10/{LOT}/21/{SERIAL}"
ROOT_HASH = "9f2c4d81b07e63a5" * 4
TEST_CHAIN = ChainPart(
    chain_id=31337,
    contract="0x5fbdb2315678afecb367f032d93f642f64180aa3",
    log_id="4be1c07a99d3528f" * 4,
    is_test=True,
)
ORIGIN = f"trace.example.cn/log/{TEST_CHAIN.log_id}"
PUBLIC_CHAIN = replace(TEST_CHAIN, chain_id=1, is_test=False)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def steps(kind: VerdictKind, *, failed: int = 2) -> tuple[Step, ...]:
    """Return the verifier's steps as they would stand for a verdict."""
    if kind in ("received", "unchecked"):
        return ()
    if kind == "mismatch":
        before = STEP_ORDER[: STEP_ORDER.index(failed)]
        results: dict[int, Result] = dict.fromkeys(before, "passed")
        results[failed] = "failed"
        codes = {failed: "INCLUSION_PROOF"}
    else:
        results = dict.fromkeys(DEMANDED_STEPS[kind], "passed")
        codes = {9: "ANCHOR_MISSING", 10: "BLOCK_NOT_FINAL"}
    return tuple(
        Step(
            number,
            results.get(number, "not_checked"),
            "" if results.get(number) == "passed" else codes.get(number, "NOT_REACHED"),
        )
        for number in STEP_ORDER
    )


def verdict(kind: VerdictKind, *, status: str = "current", custody: str = "operator") -> Verdict:
    signer = SignerPart(
        name="江北电缆有限公司",
        custody="operator" if custody == "operator" else "self",
        gln="6901234500008",
        credit_code="91320100MA1XXXXX0X",
    )
    is_proven = kind in ("logged", "anchored", "final")
    return Verdict(
        kind=kind,
        status=status,
        steps=steps(kind),
        signer=signer if is_proven else None,
        claimed_time=at(2, 1, 30) if is_proven else None,
        not_before=at(2, 1) if kind == "final" else None,
        not_after=at(2, 1, 35) if kind in ("anchored", "final") else None,
        tree_size=10_457 if is_proven else None,
        entry_index=9_981 if is_proven else None,
    )


JOURNEY = (
    Stop(
        "commissioning",
        at(2, 1, 12),
        "+08:00",
        place=LocalText("江北厂区 挤塑车间", "Jiangbei works, extrusion"),
        party=LocalText("江北电缆有限公司", "Jiangbei Cable"),
        details=(
            LocalText(
                "铜杆批次 CU-7781，绝缘料批次 PVC-203", "Copper rod CU-7781, PVC lot PVC-203"
            ),
        ),
        state="final",
        proof_url="/api/proofs?code=urn:itemproof:record:a:0",
    ),
    Stop(
        "inspecting",
        at(2, 6, 40),
        "+08:00",
        place=LocalText("江北厂区 成品检验", "Jiangbei works, final test"),
        details=(LocalText("出厂检验，合格", "Outgoing test, passed"),),
        state="final",
        proof_url="/api/proofs?code=urn:itemproof:record:b:0",
    ),
    Stop(
        "shipping",
        at(3, 0, 5),
        "+08:00",
        place=LocalText("江北厂区 发货区", "Jiangbei works, dispatch"),
        party=LocalText("长河物流", "Changhe Logistics"),
        state="anchored",
        proof_url="/api/proofs?code=urn:itemproof:record:c:0",
    ),
    Stop(
        "receiving",
        at(5, 9, 25),
        "+01:00",
        place=LocalText("", "Rotterdam terminal"),
        state="logged",
    ),
)


HISTORIES = {
    "recalled": (
        StatusRow("recalled", "labelling", at(8, 1), "江州电缆厂"),
        StatusRow("recall_lifted", "resolved", at(8, 3)),
        StatusRow("recalled", "quality", at(9, 2), "江州电缆厂"),
    ),
    "erased": (StatusRow("erased", "personal_data", at(9, 2), basis="consent_withdrawn"),),
}


def item(kind: VerdictKind = "final", *, status: str = "current", is_test: bool = True) -> ItemView:
    return ItemView(
        code=Code(URI, GTIN, LOT, SERIAL),
        name=LocalText("交联聚乙烯绝缘电力电缆", "XLPE insulated power cable"),
        chain=TEST_CHAIN if is_test else PUBLIC_CHAIN,
        verdict=verdict(kind, status=status),
        attributes=(
            Attribute("model", "YJV-0.6/1 kV 3×95"),
            Attribute("length", "500 m"),
            Attribute("production_date", "2026-03-02"),
            Attribute("standard", "GB/T 12706.1-2020"),
        ),
        journey=JOURNEY if kind != "received" else (),
        recall=Recall(at(9, 2), "quality", "https://example.cn/recall/7")
        if status == "recalled"
        else None,
        status_now=status,
        history=HISTORIES.get(status, ()),
        links=ProofLinks(f"/api/proofs?code={URI}"),
    )


LOT_ITEM = replace(item(), code=Code(URI, GTIN, LOT), verdict=None, journey=(), links=None)
UNKNOWN = ProblemView(404, "CODE_UNKNOWN", "code is unknown: no record names it", URI)
WRONG_DIGIT = ProblemView(
    400,
    "CODE_CHECK_DIGIT",
    "GTIN check digit is wrong: expected 2, got 3",
    "/01/06901234567893/10/DR-2026-0042",
    "2",
    "3",
)
LANDING = LandingView(
    Figures(2_400, 5_113, 10_457, 8), TEST_CHAIN, f"/01/{GTIN}/10/{LOT}/21/{SERIAL}"
)
AUDIT = AuditView(
    chain=TEST_CHAIN,
    origin=ORIGIN,
    checkpoint=f"{ORIGIN}\n10457\n7wq…=\n\n— {ORIGIN} wXyz…\n",
    tree_size=10_457,
    root_hash=ROOT_HASH,
    states=(("received", 0), ("logged", 12), ("anchored", 24), ("final", 10_421)),
    anchors=(
        AnchorRow(10_457, ROOT_HASH, "logged"),
        AnchorRow(10_445, ROOT_HASH, "anchored", 1_204, at(5, 10), "/log/anchor/10445"),
        AnchorRow(10_421, ROOT_HASH, "final", 1_180, at(5, 9), "/log/anchor/10421"),
    ),
    said=(
        SaidRow(HISTORIES["recalled"][2], 7, "", f"/01/{GTIN}/10/{LOT}", LOT),
        SaidRow(HISTORIES["recalled"][1], 7, "", f"/01/{GTIN}/10/{LOT}", LOT),
        SaidRow(StatusRow("corrected", "incorrect_data", at(8, 1)), 5, "3, 5–7", "/api/statuses"),
        SaidRow(HISTORIES["erased"][0], None, "", ""),
    ),
)
ASKED = replace(
    AUDIT,
    asked=AskedPart(
        "recall",
        URI,
        shown=LineageShown(
            URI,
            "recalled",
            (Fact("items", Cell("3")), Fact("since", Cell(time=at(8, 1)), "/api/proofs")),
            ("code", "kind", "amount", "state"),
            (
                AnswerRow(
                    (
                        Cell(URI, "code"),
                        Cell("item", "object"),
                        Cell("3", "things"),
                        Cell("state_present", "said"),
                    ),
                    "/api/proofs",
                ),
                AnswerRow(
                    (
                        Cell("https://id.gs1.org/00/095212345000000018", "code"),
                        Cell("container", "object"),
                        Cell(),
                        Cell("machine", "cause"),
                    )
                ),
            ),
            more=1_204,
            findings=(("UNKNOWN_ORIGIN", URI),),
            is_truncated=True,
        ),
    ),
)
REFUSED = replace(
    AUDIT,
    asked=AskedPart(
        "where",
        URI.lower(),
        fault=FaultRow("CODE_NOT_TRACED", "", "code is unknown: nothing names it"),
        nearest=URI,
        http_status=404,
    ),
)
QUALITY = QualityView(
    chain=TEST_CHAIN,
    computed=at(6, 0),
    policy=ROOT_HASH,
    suppliers=(
        SupplierRow("6901111100006", LocalText("云岭铜业", "Yunling Copper"), "88.40", "83.10",
                    "91.90", 4, 3, ("cpk",), 12_400, (("resubmission", 31),)),
        SupplierRow("6902222200004", LocalText("南湾铜杆厂", "Nanwan Rod"), "61.75", "52.30",
                    "69.00", 2, 2, ("sigma", "rty"), 3_020),
        SupplierRow("6903333300002", LocalText("新港金属", "Xingang Metals"), "34.00", "8.00",
                    "71.50", 1, None, ("internal_loss", "external_loss"), 88),
    ),
)  # fmt: skip
ANSWER = SubmissionPart(
    file_name="events.jsonld",
    status="PARTIALLY_ACCEPTED",
    records=(
        RecordRow("/epcisBody/eventList/0", "accepted", "urn:uuid:6f0e", proof_url="/api/proofs"),
        RecordRow("/epcisBody/eventList/1", "duplicate", "urn:uuid:6f0f"),
        RecordRow(
            "/epcisBody/eventList/3",
            "accepted",
            "urn:uuid:6f10",
            breaches=(
                FaultRow(
                    "COMMISSIONED_TWICE",
                    "/epcisBody/eventList/3/epcList/0",
                    f"{URI} is commissioned twice: 'urn:uuid:6f10' (2026-03-02T01:12:00.000Z) "
                    "contradicts 'urn:uuid:6a00' (2026-03-01T01:12:00.000Z)",
                    "commissioned once",
                    "'urn:uuid:6a00' (2026-03-01T01:12:00.000Z)",
                ),
            ),
            proof_url="/api/proofs",
        ),
        RecordRow(
            "/epcisBody/eventList/2",
            "rejected",
            faults=(
                FaultRow(
                    "EPCIS_TIME",
                    "/epcisBody/eventList/2/eventTime",
                    "eventTime has no zone",
                    "2026-03-02T09:12:00+08:00",
                    "2026-03-02 09:12",
                ),
                FaultRow(
                    "CODE_CHECK_DIGIT",
                    "/epcisBody/eventList/2/epcList/0",
                    "check digit is wrong: expected 2, got 3",
                    "2",
                    "3",
                ),
            ),
        ),
    ),
    anchored_by=at(2, 2),
    receipt_url="/api/receipts/abc",
)
CUT_FILE = SubmissionPart(
    "half.jsonld",
    "REJECTED",
    fault=FaultRow("JSON_SYNTAX", "", "JSON ends early: line 31 column 7"),
)

DECLARED = DeclaringPart(
    "recalled",
    LOT,
    batches=(
        BatchStanding(9, at(9, 1), 14, "current", recalled=2),
        BatchStanding(
            7, at(2, 1), 241, "recalled", HISTORIES["recalled"][2], LOT, f"/01/{GTIN}/10/{LOT}"
        ),
        BatchStanding(5, at(1, 1), 8, "erased", HISTORIES["erased"][0]),
    ),
)
NOT_DECLARED = DeclaringPart(
    "recall_lifted", "7", fault=FaultRow("NOT_RECALLED", "", "no record of the batch is recalled")
)
Render = Callable[[pages.Page], Response]
PAGES: dict[str, Render] = {
    **{
        f"/item/{kind}": lambda page, kind=kind: pages.item_page(page, item(kind))
        for kind in ("final", "anchored", "logged", "received", "mismatch", "unchecked")
    },
    **{
        f"/item/{status}": lambda page, status=status: pages.item_page(
            replace(page, is_test_chain=False), item(status=status, is_test=False)
        )
        for status in ("recalled", "corrected", "erased")
    },
    "/item/lot": lambda page: pages.item_page(page, LOT_ITEM),
    "/unknown": lambda page: pages.problem_page(page, UNKNOWN),
    "/wrong-digit": lambda page: pages.problem_page(page, WRONG_DIGIT),
    "/": lambda page: pages.landing_page(page, LANDING),
    "/audit": lambda page: pages.audit_page(page, AUDIT),
    "/audit/asked": lambda page: pages.audit_page(page, ASKED),
    "/audit/refused": lambda page: pages.audit_page(page, REFUSED),
    "/quality": lambda page: pages.quality_page(page, QUALITY),
    "/supplier": lambda page: pages.supplier_page(page, SupplierView(TEST_CHAIN)),
    "/supplier/answer": lambda page: pages.supplier_page(page, SupplierView(TEST_CHAIN, ANSWER)),
    "/supplier/declared": lambda page: pages.supplier_page(
        page, SupplierView(TEST_CHAIN, declaring=DECLARED)
    ),
    "/supplier/not-declared": lambda page: pages.supplier_page(
        page, SupplierView(TEST_CHAIN, declaring=NOT_DECLARED), status=409
    ),
    "/supplier/cut": lambda page: pages.supplier_page(
        page, SupplierView(TEST_CHAIN, CUT_FILE), status=400
    ),
    "/scan": lambda page: pages.scan_page(page, ScanView()),
    "/scan/wrong": lambda page: pages.scan_page(
        page, ScanView("(01)06901234567893", WRONG_DIGIT), status=400
    ),
    "/docs": pages.api_page,
}


def make_app() -> Starlette:
    """Return an application that serves every sample page."""

    def route(path: str, render: Render) -> Route:
        async def answer(request: Request) -> Response:
            return render(pages.page_of(request, is_test_chain=True))

        return Route(path, answer)

    app = Starlette(routes=[route(path, render) for path, render in PAGES.items()])
    assets.install(app)
    return app

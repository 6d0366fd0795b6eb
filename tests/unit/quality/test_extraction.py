"""Records are read exactly as committed; each fault has its code and its pointer."""

import copy
from fractions import Fraction
from typing import Any

import pytest

from traceability.errors import InvalidInput
from traceability.quality.extraction import (
    INSPECTION_MEMBER,
    content_of_document,
    content_of_event,
    document_faults,
    extract_document,
    extract_inspection,
    inspection_faults,
)
from traceability.quality.records import (
    LOSS_MEDIA_TYPE,
    OUTPUT_MEDIA_TYPE,
    LossRecord,
    OutputRecord,
    Unreadable,
)

EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "bizStep": "inspecting",
    INSPECTION_MEMBER: {
        "kind": "in_process",
        "stage": "drawing",
        "submission": 1,
        "supplier": "6901234567892",
        "lot": "R-7",
        "inspected": 20,
        "passed": 19,
        "nonconformities": 1,
        "opportunities": 4,
        "characteristic": {
            "name": "diameter",
            "nominal": 8,
            "quantum": 0.01,
            "unit": "mm",
            "lower": "7.96",
            "upper": 8.04,
            "key": True,
            "deviations": [0, -4, 5],
        },
    },
}
LOSS: dict[str, Any] = {
    "supplier": "6901234567892", "year": 2025, "loss_kind": "scrap", "side": "internal",
    "amount_cents": 12345, "currency": "CNY",
}  # fmt: skip
OUTPUT: dict[str, Any] = {"supplier": "6901234567892", "year": 2025, "amount_cents": 99}
ABSENT = object()


def event(path: str, value: object) -> dict[str, Any]:
    """Return the event with the member at a path below the inspection changed."""
    changed = copy.deepcopy(EVENT)
    inner = changed[INSPECTION_MEMBER]
    *parents, name = path.split("/")
    for parent in parents:
        inner = inner[parent]
    if value is ABSENT:
        del inner[name]
    else:
        inner[name] = value
    return changed


class TestInspection:
    def test_is_read_exactly(self) -> None:
        found = extract_inspection(EVENT)
        assert found is not None
        assert (found.kind, found.stage, found.lot, found.submission) == (
            "in_process", "drawing", "R-7", 1,
        )  # fmt: skip
        assert (found.inspected, found.passed, found.nonconformities) == (20, 19, 1)
        assert found.deviations == (0, -4, 5)
        assert found.characteristic is not None
        assert found.characteristic.quantum == Fraction(1, 100)
        assert found.characteristic.limits.upper == 4
        assert found.characteristic.is_key

    def test_may_be_by_attributes(self) -> None:
        found = extract_inspection(event("characteristic", ABSENT))
        assert found is not None
        assert (found.characteristic, found.deviations) == (None, ())

    def test_may_have_one_limit(self) -> None:
        found = extract_inspection(event("characteristic/lower", ABSENT))
        assert found is not None
        assert found.characteristic is not None
        assert found.characteristic.lower is None

    def test_other_events_report_none(self) -> None:
        assert extract_inspection({"type": "ObjectEvent", "bizStep": "shipping"}) is None

    def test_an_event_that_declares_an_error_reports_none(self) -> None:
        assert extract_inspection({**EVENT, "errorDeclaration": {}}) is None

    @pytest.mark.parametrize(
        "step",
        ["cbv:BizStep-inspecting", "urn:epcglobal:cbv:bizstep:inspecting",
         "https://ref.gs1.org/cbv/BizStep-inspecting"],
    )  # fmt: skip
    def test_knows_every_form_of_the_step(self, step: str) -> None:
        assert extract_inspection({**EVENT, "bizStep": step}) == extract_inspection(EVENT)

    @pytest.mark.parametrize("step", ["shipping", None, ["inspecting"], {}])
    def test_refuses_another_step(self, step: object) -> None:
        with pytest.raises(InvalidInput, match="another bizStep: expected inspecting") as caught:
            extract_inspection({**EVENT, "bizStep": step})
        assert caught.value.pointer == "/bizStep"

    @pytest.mark.parametrize(
        ("path", "value", "code", "message"),
        [
            ("kind", "final", "QUALITY_VALUE", "expected one of incoming, in_process"),
            ("kind", ABSENT, "QUALITY_MEMBER", "kind is missing"),
            ("stage", "", "QUALITY_VALUE", "expected text of 1 to 200"),
            ("stage", "a\nb", "QUALITY_VALUE", "expected text of 1 to 200"),
            ("stage", "x" * 201, "QUALITY_VALUE", "expected text of 1 to 200"),
            ("submission", 0, "QUALITY_VALUE", "submission is invalid: expected integer of 1"),
            ("submission", True, "QUALITY_VALUE", "got True"),
            ("submission", 1.0, "QUALITY_VALUE", "got 1.0"),
            ("supplier", "6901234567893", "CODE_CHECK_DIGIT", "wrong check digit: expected 2"),
            ("supplier", "690123456789", "CODE_LENGTH", "expected 13 characters, got 12"),
            ("supplier", 6901234567892, "QUALITY_VALUE", "expected GLN of 13 digits"),
            ("inspected", 0, "QUALITY_VALUE", "inspected is invalid: expected integer of 1"),
            ("passed", -1, "QUALITY_VALUE", "passed is invalid"),
            ("passed", "19", "QUALITY_VALUE", "got '19'"),
            ("inspector", "Li", "QUALITY_MEMBER", "inspector is not a member"),
            ("a/b~c", 1, "QUALITY_MEMBER", "a/b~c is not a member"),
            ("passed", 21, "QUALITY_COUNTS", "passed contradicts the other counts: .* 20, got 21"),
            ("nonconformities", 0, "QUALITY_COUNTS", "nonconformities contradicts .* 1 to 80"),
            ("nonconformities", 81, "QUALITY_COUNTS", "nonconformities contradicts .* got 81"),
            ("passed", 20, "QUALITY_COUNTS", "at most 19, 1 readings being outside, got 20"),
            ("characteristic", [], "QUALITY_VALUE", "characteristic.*|expected object"),
            ("characteristic/name", ABSENT, "QUALITY_MEMBER", "name is missing"),
            ("characteristic/nominal", "8,0", "QUALITY_VALUE", "nominal is invalid"),
            ("characteristic/nominal", "1e3", "QUALITY_VALUE", "nominal is invalid"),
            ("characteristic/nominal", 1e300, "QUALITY_VALUE", "nominal is invalid"),
            ("characteristic/nominal", 1e-300, "QUALITY_VALUE", "nominal is invalid"),
            ("characteristic/nominal", True, "QUALITY_VALUE", "nominal is invalid"),
            ("characteristic/quantum", 0, "QUALITY_SPECIFICATION", "quantum is not positive"),
            ("characteristic/upper", 7.96, "QUALITY_SPECIFICATION", "reversed or equal"),
            ("characteristic/key", 1, "QUALITY_VALUE", "expected true or false, got 1"),
            ("characteristic/deviations", [], "QUALITY_VALUE", "at least one integer"),
            ("characteristic/deviations", ABSENT, "QUALITY_MEMBER", "deviations is missing"),
            ("characteristic/deviations", [0.5], "QUALITY_VALUE", "deviations/0 is invalid"),
            ("characteristic/deviations", [0, 1_000_001], "QUALITY_VALUE", "deviations/1 is"),
            ("characteristic/deviations", [0] * 21, "QUALITY_COUNTS", "at most 20 readings"),
        ],
    )
    def test_one_change_is_refused(self, path: str, value: object, code: str, message: str) -> None:
        changed = event(path, value) if path != "a/b~c" else event("stage", "drawing")
        if path == "a/b~c":
            changed[INSPECTION_MEMBER][path] = value
        with pytest.raises(InvalidInput, match=message) as caught:
            extract_inspection(changed)
        assert caught.value.code == code
        escaped = path if path != "a/b~c" else "a~1b~0c"
        assert caught.value.pointer.startswith(f"/{INSPECTION_MEMBER}/{escaped.split('/')[0]}")

    @pytest.mark.parametrize("value", [None, [], "x", 3])
    def test_refuses_what_is_no_object(self, value: object) -> None:
        with pytest.raises(InvalidInput, match="record is invalid: expected object"):
            extract_inspection({**EVENT, INSPECTION_MEMBER: value})

    def test_lists_every_fault(self) -> None:
        changed = event("kind", "final")
        changed[INSPECTION_MEMBER]["passed"] = -1
        changed[INSPECTION_MEMBER]["characteristic"]["quantum"] = "x"
        found = inspection_faults(changed)
        assert sorted(fault.pointer for fault in found) == [
            "/itemproof:inspection/characteristic/quantum",
            "/itemproof:inspection/kind",
            "/itemproof:inspection/passed",
        ]
        assert inspection_faults(EVENT) == ()

    def test_refuses_both_limits_missing(self) -> None:
        changed = event("characteristic/lower", ABSENT)
        del changed[INSPECTION_MEMBER]["characteristic"]["upper"]
        with pytest.raises(InvalidInput, match="specification has no limit") as caught:
            extract_inspection(changed)
        assert caught.value.code == "QUALITY_SPECIFICATION"


class TestDocuments:
    def test_a_loss_is_read(self) -> None:
        found = extract_document(LOSS_MEDIA_TYPE, LOSS)
        assert isinstance(found, LossRecord)
        assert (found.loss.amount_cents, found.loss.side, found.loss.kind) == (
            12345, "internal", "scrap",
        )  # fmt: skip

    def test_an_output_is_read_in_yuan_unless_it_says_otherwise(self) -> None:
        found = extract_document(OUTPUT_MEDIA_TYPE, OUTPUT)
        assert isinstance(found, OutputRecord)
        assert (found.output.amount_cents, found.output.currency) == (99, "CNY")
        dollars = extract_document(OUTPUT_MEDIA_TYPE, {**OUTPUT, "currency": "USD"})
        assert isinstance(dollars, OutputRecord)
        assert dollars.output.currency == "USD"

    def test_other_documents_report_none(self) -> None:
        assert extract_document("application/pdf", b"%PDF") is None

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"loss_kind": "claim"}, "loss_kind is invalid: expected one of scrap, rework"),
            ({"side": "both"}, "side is invalid"),
            ({"side": "external"}, "kind is invalid: expected one of claim, return"),
            ({"year": 25}, "year is invalid: expected integer of 1990 to 2200"),
            ({"amount_cents": -1}, "amount_cents is invalid"),
            ({"amount_cents": 1.5}, "amount_cents is invalid"),
            ({"currency": "yuan"}, "currency is invalid: expected ISO 4217 code"),
            ({"currency": ""}, "currency is invalid"),
            ({"supplier": "6901234567890"}, "wrong check digit"),
            ({"note": "x"}, "note is not a member"),
        ],
    )
    def test_a_changed_loss_is_refused(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(InvalidInput, match=message):
            extract_document(LOSS_MEDIA_TYPE, {**LOSS, **change})

    def test_an_output_of_nothing_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="amount_cents is invalid: expected integer of 1"):
            extract_document(OUTPUT_MEDIA_TYPE, {**OUTPUT, "amount_cents": 0})

    def test_lists_every_fault(self) -> None:
        found = document_faults(LOSS_MEDIA_TYPE, {})
        assert sorted(fault.pointer for fault in found) == [
            "/amount_cents", "/currency", "/loss_kind", "/side", "/supplier", "/year",
        ]  # fmt: skip
        assert document_faults(LOSS_MEDIA_TYPE, LOSS) == ()


class TestContent:
    def test_is_the_record_where_it_is_readable(self) -> None:
        assert content_of_event(EVENT) == extract_inspection(EVENT)
        assert content_of_document(LOSS_MEDIA_TYPE, LOSS) == extract_document(LOSS_MEDIA_TYPE, LOSS)

    def test_a_faulty_record_keeps_its_supplier(self) -> None:
        assert content_of_event(event("kind", "final")) == Unreadable("6901234567892")
        faulty = {**LOSS, "year": 1}
        assert content_of_document(LOSS_MEDIA_TYPE, faulty) == Unreadable("6901234567892")

    @pytest.mark.parametrize("supplier", [ABSENT, "x", 7])
    def test_a_record_of_nobody_contributes_nothing(self, supplier: object) -> None:
        assert content_of_event(event("supplier", supplier)) is None

    def test_other_payloads_contribute_nothing(self) -> None:
        assert content_of_event({"type": "ObjectEvent"}) is None
        assert content_of_document("application/pdf", b"") is None

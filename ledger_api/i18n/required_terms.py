"""Every code that needs words, by its kind; the catalogues must have them all."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.grading import METRICS
from ledger_api.i18n import fault_texts
from traceability.errors import all_errors
from traceability.events.cbv import BIZ_STEPS
from traceability.events.faults import FaultCode
from traceability.hashing.statement_types import ERASURE_BASES, ROLES, STATUS_REASONS
from traceability.verify import faults as verify_faults
from traceability.verify.report import STEP_NAMES

# Why a step of the verifier went unchecked; none is an error class of its own.
NOT_CHECKED = (
    verify_faults.ANCHOR_MISSING,
    verify_faults.BLOCK_NOT_FINAL,
    verify_faults.CHAIN_NOT_ASKED,
    verify_faults.CHAIN_UNAVAILABLE,
    verify_faults.NOT_REACHED,
)
WARNINGS = ("EVENT_ID_HASH_MISMATCH",)
VERDICTS = ("final", "anchored", "logged", "received", "mismatch", "unchecked")

TERMS: dict[str, tuple[str, ...]] = {
    "attribute": (
        "best_before_date", "brand", "conductor", "country_of_origin", "expiration_date",
        "length", "manufacturer", "model", "net_content", "producer", "production_date",
        "quantity", "standard", "voltage",
    ),
    "basis": ERASURE_BASES,
    "biz_step": BIZ_STEPS.words,
    "exclusion": (
        "currency_differs", "earlier_year", "kind_not_counted", "loss_without_output",
        "output_restated", "resubmission", "superseded_specification",
    ),
    fault_texts.KIND: (
        fault_texts.DETAIL, *fault_texts.MESSAGES, *fault_texts.TEMPLATES, *fault_texts.TEXTS,
    ),
    "grade": ("1", "2", "3", "4", "5"),
    "metric": METRICS,
    "reason": STATUS_REASONS,
    "record result": ("accepted", "duplicate", "rejected"),
    "result": ("passed", "failed", "not_checked"),
    "role": ROLES,
    "state": ("received", "logged", "anchored", "final"),
    "status": ("current", "corrected", "recalled", "recall_lifted", "erased"),
    "status text": ("corrected", "erased"),
    "step title": tuple(STEP_NAMES.values()),
    "submission": ("ACCEPTED", "PARTIALLY_ACCEPTED", "REJECTED"),
    "verdict text": VERDICTS,
    "verdict title": VERDICTS,
}  # fmt: skip


def error_codes() -> set[str]:
    """Return every code that outsiders may meet; error classes count once imported."""
    classes = {error.code for error in all_errors()}
    return classes | {code.value for code in FaultCode} | {*NOT_CHECKED, *WARNINGS}


def required_terms() -> Iterator[tuple[str, str]]:
    """Yield the kind and name of every term."""
    for kind, names in TERMS.items():
        yield from ((kind, name) for name in names)
    for code in error_codes():
        yield "error title", code
        yield "error remedy", code

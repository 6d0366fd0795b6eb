"""The audit's page: whole in one file, in two languages, and nothing of a database is believed."""

from __future__ import annotations

from typing import Any

import pytest

from ledger_api.cli.audit_page import COLUMNS, audit_page
from ledger_api.cli.auditing import status_of
from traceability.ledger.audit.difference import KEY_LOST, NO_PROOF, UNREADABLE, Unchecked
from traceability.ledger.audit.report import AuditReport


def report(*differences: dict[str, str], total: int | None = None) -> dict[str, Any]:
    return {
        "ok": not differences,
        "checked": {"entries": 7, "batches": 2, "records": 603},
        "differences": list(differences),
        "total": len(differences) if total is None else total,
        "head": {"log": "ab" * 32, "chain_id": 31337, "contract": "0x1", "tree_size": 7,
                 "root_hash": "cd" * 32},
        "code_version": "ef" * 32,
        "seconds": 1.5,
        "finished": "2026-05-01T08:00:00+00:00",
    }  # fmt: skip


def difference(found: str) -> dict[str, str]:
    return {"table": "records", "key": "1, 0", "column": "payload", "expected": "x", "found": found}


def test_says_that_all_agrees_and_what_was_checked() -> None:
    page = audit_page(report())
    for words in ("全部一致", "Everything agrees", "603", "ab" * 32, "cd" * 32, "ef" * 32, "31337"):
        assert words in page
    assert "Differences" not in page


def test_names_every_difference_with_every_column() -> None:
    page = audit_page(report(difference("one"), difference("two"), total=1500))
    assert "不一致" in page
    assert "1500 differences" in page
    assert "The first 2 are listed" in page
    for _, name, _ in COLUMNS:
        assert name in page
    assert page.count('<td data-name="表 table">records</td>') == 2


def test_an_audit_that_is_not_complete_does_not_say_that_all_agrees() -> None:
    missing = [{"file": "anchor/7", "tree_size": 7, "is_before": False}]
    page = audit_page(report() | {"ok": False, "missing": missing, "contract_asked": False})
    for words in ("审计不完整", "anchor/7", "The contract was not asked"):
        assert words in page
    assert "Everything agrees" not in page


@pytest.mark.parametrize(
    ("reason", "chinese", "english"),
    [
        (NO_PROOF, "没有保存它的存储证明", "no storage proof of it is kept"),
        (KEY_LOST, "（ab12）", "(ab12)"),
        (UNREADABLE, "读不出来（ab12）", "cannot be read (ab12)"),
    ],
)
def test_what_could_not_be_checked_is_said_with_its_reason(
    reason: str, chinese: str, english: str
) -> None:
    left = Unchecked("anchors", "3", "evidence", reason, "ab12").to_json()
    page = audit_page(report() | {"ok": False, "unchecked": [left]})
    for words in ("Could not be checked", "anchors[3].evidence", chinese, english, "审计不完整"):
        assert words in page
    assert "Could not be checked" not in audit_page(report() | {"unchecked": []})


@pytest.mark.parametrize(
    ("total", "unchecked", "status"), [(0, 0, 0), (0, 1, 3), (1, 0, 1), (1, 1, 1)]
)
def test_only_a_difference_refutes(total: int, unchecked: int, status: int) -> None:
    left = (Unchecked("anchors", "3", "evidence", NO_PROOF),) * unchecked
    found = AuditReport({}, (), total, unchecked=left)
    assert (status_of(found), found.ok) == (status, status == 0)


@pytest.mark.parametrize("stored", ["<script>alert(1)</script>", '"><img src=x>'])
def test_what_was_stored_is_shown_and_not_run(stored: str) -> None:
    page = audit_page(report(difference(stored)))
    assert stored not in page
    assert "&lt;" in page


def test_asks_nobody_for_anything() -> None:
    page = audit_page(report())
    assert "<script" not in page
    assert "src=" not in page
    assert "href=" not in page

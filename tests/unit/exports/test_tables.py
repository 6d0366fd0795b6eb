"""An answer as CSV and as a workbook: the same rows, each with its proof."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ledger_api.exports.answered import Answered
from ledger_api.exports.samples import BASE_URL, SAMPLES
from ledger_api.exports.sheets import write_xlsx
from ledger_api.exports.tables import write_csv
from tests.support.workbooks import read_workbook


def answered(question: str, **changed: Any) -> Answered:
    return Answered(question, SAMPLES[question] | changed, BASE_URL)


def csv_rows(question: str, **changed: Any) -> list[dict[str, str]]:
    target = io.BytesIO()
    write_csv(answered(question, **changed), target)
    return list(csv.DictReader(io.StringIO(target.getvalue().decode(), newline="")))


def sheets(question: str, **changed: Any) -> dict[str, list[list[str]]]:
    target = io.BytesIO()
    write_xlsx(answered(question, **changed), target)
    return read_workbook(target.getvalue())


class TestCSV:
    @pytest.mark.parametrize(
        ("question", "lines"),
        [
            ("trace", ["answer", "item", "item", "edge", "finding"]),
            ("recall", ["answer", "item", "item", "edge", "holder"]),
            ("journey", ["answer", "item", "step"]),
        ],
    )
    def test_has_a_line_for_everything_and_each_its_proof(
        self, question: str, lines: list[str]
    ) -> None:
        rows = csv_rows(question)
        assert [row["line"] for row in rows] == lines
        assert all(row["proof_url"].startswith(f"{BASE_URL}/api/proofs?code=") for row in rows)

    @pytest.mark.parametrize(("truncated", "told"), [(True, "yes"), (False, "no")])
    def test_says_whether_it_is_truncated(self, truncated: bool, told: str) -> None:
        assert csv_rows("trace", truncated=truncated)[0]["truncated"] == told

    def test_a_formula_of_a_stranger_is_none(self) -> None:
        step = SAMPLES["journey"]["steps"][0] | {"event_id": "=1+1", "read_point": "@x"}
        row = csv_rows("journey", steps=[step])[-1]
        assert (row["event_id"], row["read_point"]) == ("'=1+1", "'@x")

    def test_says_of_which_codes_something_was_said(self) -> None:
        said = {
            "status": "recalled",
            "reason": "bad rod",
            "since": "2026-05-02T00:00:00.000Z",
            "by": "participant",
            "entry_hash": "h",
            "codes": SAMPLES["trace"]["items"][:1],
        }
        rows = csv_rows("trace", statuses=[said])
        told = [(row["status"], row["reason"]) for row in rows if row["line"] == "status"]
        items = [row["status"] for row in rows if row["line"] == "item"]
        assert told == [("recalled", "bad rod")]
        assert items == ["recalled", "current"]


class TestWorkbook:
    @pytest.mark.parametrize("question", ["trace", "recall", "journey"])
    def test_has_the_rows_of_the_csv_file(self, question: str) -> None:
        expected = csv_rows(question)
        named = sheets(question)
        names = {"answer": "Answer", "item": "Items", "edge": "Edges", "step": "Steps"}
        names |= {"holder": "Holders", "status": "Statuses", "finding": "Findings"}
        for line, name in names.items():
            head, *rows = named[name]
            padded = [row + [""] * (len(head) - len(row)) for row in rows]
            found = [dict(zip(head, row, strict=True)) for row in padded]
            wanted = [row for row in expected if row["line"] == line]
            assert found == [{one: row[one] for one in head} for row in wanted]

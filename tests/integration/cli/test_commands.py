"""The commands as a user runs them: answers, JSON, exit status; the wrong file, the wrong order."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from typer.testing import CliRunner

from ledger_api.cli.app import app, main
from tests.support.ledger import document, event

GTIN = "09521234567899"


@dataclass(frozen=True, slots=True)
class Program:
    """The program on one data folder."""

    folder: Path

    def __call__(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        options = ["--data", str(self.folder), "--json"]
        result = CliRunner().invoke(app, [*arguments, *options])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, json.loads(result.stdout or "{}")

    def standing(self) -> dict[str, Any]:
        """Return what `status` says of the log; how long something waits changes by itself."""
        status, answer = self("status")
        assert status == 0, answer
        anchoring = answer["anchoring"]
        entries = {name: anchoring[name] for name in ("unanchored_entries", "unfinal_entries")}
        return {name: answer[name] for name in ("checkpoint", "anchor", "waiting")} | entries


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the program on a folder in which a lot was minted on an embedded test chain."""
    made = Program(tmp_path_factory.mktemp("cli") / "data")
    status, answer = made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "40")
    assert status == 0, answer
    return made


@pytest.fixture(scope="module")
def url(program: Program) -> str:
    status, answer = program("mint", "--gtin", GTIN, "--lot", "L2", "--quantity", "2")
    assert status == 0
    assert set(answer) == {"batch", "leaf_index", "first_url", "quantity", "seconds"}
    return str(answer["first_url"])


@pytest.fixture(scope="module")
def proof(program: Program, url: str) -> Path:
    path = program.folder / "proof.json"
    status, _ = program("prove", url, "-o", str(path))
    assert status == 0
    return path


class TestVerify:
    def test_accepts_with_the_folders_trust(self, program: Program, proof: Path, url: str) -> None:
        status, report = program("verify", str(proof), "--code", url)
        assert (status, report["verified"], report["state"]) == (0, True, "final")
        assert [step["step"] for step in report["steps"]] == [0, 7, 8, 5, 6, 4, 3, 2, 1, 9, 10]

    def test_without_trust_is_2(self, proof: Path, tmp_path: Path) -> None:
        status, answer = Program(tmp_path / "nothing")("verify", str(proof))
        assert (status, answer["error"]["code"]) == (2, "TRUST_FILE_MISSING")

    def test_of_another_code_is_1(self, program: Program, proof: Path, url: str) -> None:
        other = url[:-1] + ("0" if url[-1] != "0" else "1")
        status, report = program("verify", str(proof), "--code", other)
        assert (status, report["verified"]) == (1, False)
        assert [step["step"] for step in report["steps"] if step["result"] == "failed"] == [1]

    def test_of_a_file_that_is_no_bundle_is_1(self, program: Program, tmp_path: Path) -> None:
        path = tmp_path / "no.json"
        path.write_text("{}")
        assert program("verify", str(path))[0] == 1

    def test_of_no_file_is_2(self, program: Program, tmp_path: Path) -> None:
        status, answer = program("verify", str(tmp_path / "absent.json"))
        assert (status, answer["error"]["code"]) == (2, "FILE_UNUSABLE")


class TestLabels:
    def test_decode_to_the_items_addresses(self, program: Program, tmp_path: Path) -> None:
        import pypdfium2  # type: ignore[import-untyped]  # has no types

        path = tmp_path / "labels.pdf"
        status, answer = program("labels", "L1", "-o", str(path))
        assert (status, answer["labels"], answer["pages"]) == (0, 40, 2)
        read = set()
        pdf = pypdfium2.PdfDocument(path)
        for page in pdf:
            image = page.render(scale=3).to_pil()
            read |= {found.text for found in zxingcpp.read_barcodes(image)}
        pdf.close()
        with sqlite3.connect(program.folder / "ledger.sqlite") as connection:
            rows = connection.execute(
                "select serial from items join item_runs using (batch) where lot = 'L1'"
            )
            expected = {f"http://127.0.0.1:8000/01/{GTIN}/10/L1/21/{row[0]}" for row in rows}
        connection.close()
        assert read == expected

    def test_of_an_unknown_lot_is_1(self, program: Program, tmp_path: Path) -> None:
        status, answer = program("labels", "NONE", "-o", str(tmp_path / "x.pdf"))
        assert (status, answer["error"]["code"]) == (1, "CODE_UNKNOWN")
        assert not (tmp_path / "x.pdf").exists()


class TestDeclare:
    def test_a_lot_is_recalled_and_the_recall_lifted(self, program: Program, url: str) -> None:
        lot = f"https://id.gs1.org/01/{GTIN}/10/L2"
        status, answer = program("declare", lot, "--kind", "recalled", "--reason", "safety")
        assert (status, answer["kind"]) == (0, "recalled")
        assert [one["repeated"] for one in answer["entries"]] == [False]
        status, answer = program("declare", lot, "--kind", "recalled", "--reason", "safety")
        assert [one["repeated"] for one in answer["entries"]] == [True]
        assert program("status", url)[1]["status"] == "recalled"
        assert program("status", lot + "X")[1]["error"]["code"] == "CODE_UNKNOWN"
        lifted = ("declare", url, "--kind", "recall_lifted", "--reason", "resolved")
        assert program(*lifted)[0] == 0
        assert program("declare", lot, *lifted[2:])[0] == 0
        assert program("status", url)[1]["status"] == "current"

    @pytest.mark.parametrize(
        ("language", "words"), [("zh", "已召回（质量问题）"), ("en", "Recalled (quality)")]
    )
    def test_the_status_is_said_in_words(
        self, program: Program, url: str, monkeypatch: pytest.MonkeyPatch, language: str, words: str
    ) -> None:
        monkeypatch.setenv("ITEMPROOF_LANG", language)
        assert program("declare", url, "--kind", "recalled", "--reason", "quality")[0] == 0
        for question in ("status", "journey", "trace", "recall"):
            shown = CliRunner().invoke(app, [question, url, "--data", str(program.folder)])
            assert words in shown.stdout, shown.output

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("--batch", "999", "--kind", "recalled", "--reason", "safety"), "RECORD_UNKNOWN"),
            (("--kind", "recalled", "--reason", "safety"), "DECLARATION_INVALID"),
            (("--batch", "1", "--kind", "recall_lifted", "--reason", "safety"), "NOT_RECALLED"),
        ],
    )
    def test_what_cannot_be_said_is_1(
        self, program: Program, arguments: tuple[str, ...], code: str
    ) -> None:
        status, answer = program("declare", *arguments)
        assert (status, answer["error"]["code"]) == (1, code)


REQUEST = ("--requester", "5c1f0e6f2a9d4b7c8e3a1d2f4b6c8a90", "--basis", "consent_withdrawn")


class TestErase:
    def test_says_what_goes_then_destroys_it(self, program: Program) -> None:
        status, answer = program("mint", "--gtin", GTIN, "--lot", "L9", "--quantity", "2")
        assert status == 0
        url = answer["first_url"]
        status, answer = program("erase", url, *REQUEST, "--dry-run")
        assert (status, answer["erased"]) == (0, False)
        assert answer["destroys"][0]["records"] == [[1, 1]]
        assert "bundles" in answer["stays"]
        status, answer = program("erase", url, *REQUEST)
        assert (status, answer["error"]["code"]) == (1, "NOT_CONFIRMED")
        status, answer = program("erase", url, *REQUEST, "--yes")
        assert (status, answer["erased"]) == (0, True)
        status, answer = program("prove", url, "-o", "x.json")
        assert (status, answer["error"]["code"]) == (1, "RECORD_ERASED")
        assert program("status", url)[1]["status"] == "erased"
        assert program("audit", "--offline")[1]["ok"] is True

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("--batch", "1", "--requester", "Li Lei", *REQUEST[2:]), "REQUESTER_INVALID"),
            (("--card", "9521234567899", "--batch", "1", *REQUEST), "PARTICIPANT_UNKNOWN"),
            (REQUEST, "DECLARATION_INVALID"),
        ],
    )
    def test_what_cannot_be_erased_is_1(
        self, program: Program, arguments: tuple[str, ...], code: str
    ) -> None:
        status, answer = program("erase", *arguments, "--yes")
        assert (status, answer["error"]["code"]) == (1, code)


class TestSubmit:
    def _file(self, folder: Path, value: object) -> str:
        path = folder / "document.jsonld"
        path.write_text(value if isinstance(value, str) else json.dumps(value))
        return str(path)

    def test_reports_each_record(self, program: Program, tmp_path: Path) -> None:
        path = self._file(tmp_path, document(event(1), event(2)))
        status, answer = program("submit", path)
        (report,) = answer["files"]
        assert (status, report["status"], report["accepted"]) == (0, "ACCEPTED", 2)
        assert report["records"][0]["pointer"] == "/epcisBody/eventList/0"
        status, answer = program("submit", path)
        assert (status, answer["files"][0]["duplicate"]) == (0, 2)

    def test_validate_keeps_nothing(self, program: Program, tmp_path: Path) -> None:
        before = program.standing()
        path = self._file(tmp_path, document(event(77)))
        status, answer = program("validate", path)
        assert (status, answer["files"][0]["status"]) == (0, "ACCEPTED")
        assert program.standing() == before

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ('{"a":1,"a":2}', "JSON_DUPLICATE_KEY"),
            (json.dumps(document(event(1)))[:-30], "JSON_SYNTAX"),
            ("[" * 50_000, "JSON_DEPTH"),
            ('{"type": "EPCISDocument", "n": 1e999}', "JSON_NUMBER"),
            (document(event(1, eventTime="2026-05-01T08:00:00")), "EPCIS_TIME_ZONE"),
            (
                document(event(1, epcList=["https://id.gs1.org/01/09521234567898/21/1"])),
                "CODE_CHECK_DIGIT",
            ),
        ],
    )
    def test_a_faulty_file_is_1_and_changes_nothing(
        self, program: Program, tmp_path: Path, value: object, code: str
    ) -> None:
        before = program.standing()
        status, answer = program("submit", self._file(tmp_path, value))
        (report,) = answer["files"]
        assert (status, report["status"]) == (1, "REJECTED")
        assert report["records"][0]["error"]["code"] == code
        assert program.standing() == before

    def test_hash_is_the_events_own(self, program: Program, tmp_path: Path) -> None:
        path = self._file(tmp_path, document(event(1)))
        status, answer = program("hash", path)
        assert status == 0
        assert answer["events"][0]["event_hash"].startswith("ni:///sha-256;")


class TestQuestions:
    @pytest.mark.parametrize("question", ["trace", "recall", "journey"])
    def test_answer_for_an_item(self, program: Program, url: str, question: str) -> None:
        status, answer = program(question, url)
        assert status == 0
        assert {"code", "items", "edges", "findings", "truncated"} <= set(answer)

    def test_a_wrong_check_digit_is_1(self, program: Program) -> None:
        status, answer = program("trace", "https://id.gs1.org/01/09521234567898/21/1")
        assert (status, answer["error"]["code"]) == (1, "CODE_CHECK_DIGIT")

    def test_grade(self, program: Program) -> None:
        metrics = ["--dpmo", "230", "--cpk", "1.67", "--rty", "0.97"]
        losses = ["--internal-loss", "0.01499", "--external-loss", "0.00999"]
        status, answer = program("grade", *metrics, *losses)
        assert (status, answer["level"], answer["name"]) == (0, 4, "预防级")

    def test_score_of_nobody(self, program: Program) -> None:
        assert program("score")[1]["suppliers"] == []


class TestAudit:
    def test_passes_and_then_names_a_changed_byte(self, program: Program, tmp_path: Path) -> None:
        assert program("audit")[1]["ok"] is True
        copy = tmp_path / "copy"
        copy.mkdir()
        source = sqlite3.connect(program.folder / "ledger.sqlite")
        target = sqlite3.connect(copy / "ledger.sqlite")
        source.backup(target)
        target.execute("update items set salt = zeroblob(16) where record_index = 7 and batch = 1")
        target.commit()
        source.close()
        target.close()
        for name in ("keys", "served-heads.txt"):
            (copy / name).symlink_to(program.folder / name)
        status, answer = Program(copy)("audit", "--offline")
        assert (status, answer["ok"]) == (1, False)
        assert answer["differences"][0]["table"] == "items"

    def test_writes_reports_and_says_nothing_when_all_agrees(
        self, program: Program, tmp_path: Path
    ) -> None:
        page, values = tmp_path / "report.html", tmp_path / "report.json"
        arguments = [
            "audit", "--quiet", "--jobs", "2", "--report", str(page), "--report", str(values),
            "--resume", str(tmp_path / "progress.json"), "--data", str(program.folder),
        ]  # fmt: skip
        done = CliRunner().invoke(app, arguments)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
        told = json.loads(values.read_text())
        assert told["ok"] is True
        assert told["head"]["tree_size"] == told["checked"]["entries"]
        assert told["head"]["root_hash"] in page.read_text()
        assert not (tmp_path / "progress.json").exists()

    def test_refuses_a_report_of_an_unknown_form(self, program: Program, tmp_path: Path) -> None:
        assert program("audit", "--report", str(tmp_path / "report.pdf"))[0] == 2


class TestParticipants:
    def test_a_participant_signs_with_its_own_key(self, program: Program, tmp_path: Path) -> None:
        key = tmp_path / "mine.pem"
        status, made = program("key", "generate", "-o", str(key))
        assert status == 0
        added = program(
            "participant",
            "add",
            "--name",
            "铜业",
            "--role",
            "supplier",
            "--gln",
            "9521234567899",
            "--prefix",
            "9521234",
            "--key",
            str(key),
        )
        assert added[0] == 0
        path = tmp_path / "d.jsonld"
        path.write_text(json.dumps(document(event(501))))
        assert program("submit", str(path), "--key", str(key))[0] == 0
        status, answer = program("key", "revoke", made["key_id"], "--reason", "lost")
        assert (status, answer["revoked"]) == (0, made["key_id"])
        path.write_text(json.dumps(document(event(502))))
        status, answer = program("submit", str(path), "--key", str(key))
        assert status == 1
        assert answer["files"][0]["records"][0]["error"]["code"] == "KEY_REVOKED"

    def test_an_api_key_is_shown_once(self, program: Program) -> None:
        status, answer = program("key", "create", "--role", "auditor")
        assert (status, answer["role"]) == (0, "auditor")
        assert answer["token"].startswith("itemproof_")

    def test_an_unknown_role_is_refused(self, program: Program) -> None:
        status, answer = program("key", "create", "--role", "king")
        assert (status, answer["error"]["code"]) == (1, "API_KEY_INVALID")


@pytest.mark.parametrize(
    "question",
    [
        ["status"],
        ["audit"],
        ["audit", "--offline"],
        ["score"],
        ["trace", "urn:x:1"],
        ["labels", "L1", "-o", "x.pdf"],
        ["prove", "urn:x:1", "-o", "x.json"],
    ],
)
def test_a_question_makes_no_ledger(tmp_path: Path, question: list[str]) -> None:
    folder = tmp_path / "nothing"
    status, answer = Program(folder)(*question)
    assert (status, answer["error"]["code"]) == (2, "LEDGER_MISSING")
    assert not folder.exists()


def test_wrong_usage_is_one_json_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["itemproof", "submit", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "USAGE"


def test_a_gln_with_a_wrong_check_digit_has_no_score(program: Program) -> None:
    status, answer = program("score", "9521234567890")
    assert (status, answer["error"]["code"]) == (1, "CODE_CHECK_DIGIT")


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_a_quantity_out_of_range_is_usage(program: Program, quantity: str) -> None:
    arguments = ["mint", "--gtin", GTIN, "--lot", "L9", "--quantity", quantity]
    result = CliRunner().invoke(app, [*arguments, "--data", str(program.folder)])
    assert result.exit_code == 2


def test_a_wrong_gtin_mints_nothing(program: Program) -> None:
    before = program.standing()
    arguments = ["--gtin", "09521234567898", "--lot", "L9", "--quantity", "1"]
    status, answer = program("mint", *arguments)
    assert (status, answer["error"]["code"]) == (1, "CODE_CHECK_DIGIT")
    assert program.standing() == before

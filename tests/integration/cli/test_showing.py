"""`policy`, `evidence` and `verifier` as a user runs them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.integration.cli.test_commands import Program
from tests.support.disclosure import policy, rule
from tests.support.single_file import run_single
from traceability.verify.alone.building import build_verifier

GTIN, GLN = "09521234567899", "9521234567899"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the program on a folder with a participant and a lot."""
    made = Program(tmp_path_factory.mktemp("showing") / "data")
    named = ("--name", "测试厂", "--gln", GLN, "--role", "producer")
    assert made("participant", "add", *named)[0] == 0
    assert made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "3")[0] == 0
    return made


def test_policy_is_set_shown_and_listed(program: Program, tmp_path: Path) -> None:
    assert program("policy", "show", GLN)[1]["in_force"] is None
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy(events=rule(["readPoint"]))))
    status, answer = program("policy", "set", GLN, str(file))
    assert (status, answer["in_force"]["version"]) == (0, 1)
    status, answer = program("policy", "set", GLN, str(file))
    assert (status, answer["error"]["code"]) == (1, "DISCLOSURE_POLICY_VERSION")
    status, answer = program("policy", "history", GLN)
    assert (status, [one["version"] for one in answer["history"]]) == (0, [1])


@pytest.mark.parametrize(
    ("text", "code"), [("{", "JSON_SYNTAX"), ("{}", "DISCLOSURE_POLICY_INVALID")]
)
def test_a_faulty_policy_is_refused_by_name(
    program: Program, tmp_path: Path, text: str, code: str
) -> None:
    (tmp_path / "policy.json").write_text(text)
    status, answer = program("policy", "set", GLN, str(tmp_path / "policy.json"))
    assert (status, answer["error"]["code"]) == (1, code)


def test_a_file_that_is_there_is_replaced_whole_and_that_is_said(
    program: Program, tmp_path: Path
) -> None:
    out = tmp_path / "evidence.zip"
    arguments = ("evidence", "--lot", "L1", "-o", str(out))
    assert program(*arguments)[1]["replaced"] is False
    before = out.read_bytes()
    assert program(*arguments)[1]["replaced"] is True
    assert program("evidence", "--lot", "L9", "-o", str(out))[0] == 1
    assert (out.read_bytes(), list(tmp_path.iterdir())) == (before, [out])


def test_a_proof_older_than_a_status_says_that_it_is(program: Program, tmp_path: Path) -> None:
    url = program("mint", "--gtin", GTIN, "--lot", "L8", "--quantity", "1")[1]["first_url"]
    assert program("anchor")[0] == 0
    out = str(tmp_path / "proof.json")
    status, answer = program("prove", url, "-o", out)
    assert (status, answer["newer_statuses"], answer["replaced"]) == (0, [], False)
    assert program("declare", url, "--kind", "recalled", "--reason", "safety")[0] == 0
    status, answer = program("prove", url, "-o", out)
    assert [one["kind"] for one in answer["newer_statuses"]] == ["recalled"]
    assert answer["replaced"] is True
    shown = CliRunner().invoke(
        app,
        ["prove", url, "-o", out, "--data", str(program.folder)],
        env={"ITEMPROOF_LANG": "en"},
    )
    assert "logged since, not yet in this proof: Recalled (safety)" in shown.stdout


def test_evidence_is_written_and_accepted(program: Program, tmp_path: Path) -> None:
    out = tmp_path / "evidence.zip"
    status, answer = program("evidence", "--lot", "L1", "--items", "-o", str(out))
    assert (status, answer["records"], answer["proofs"]) == (0, 4, 4)
    assert answer["bytes"] == out.stat().st_size
    with zipfile.ZipFile(out) as archive:
        archive.extract("itemproof_verify.py", tmp_path)
    trust = program.folder / "trust.json"
    file = tmp_path / "itemproof_verify.py"
    done = run_single(file, "--all", out, "--trust", trust, "--accept", "logged")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ((), 1, "EVIDENCE_CHOICE_INVALID"),
        (("--all", "--lot", "L1"), 1, "EVIDENCE_CHOICE_INVALID"),
        (("--lot", "NONE"), 1, "CODE_UNKNOWN"),
        (("--all", "--to", "1999-01-01"), 1, "EVIDENCE_EMPTY"),
    ],
)
def test_evidence_that_cannot_be_written_leaves_no_file(
    program: Program, tmp_path: Path, arguments: tuple[str, ...], status: int, code: str
) -> None:
    found, answer = program("evidence", *arguments, "-o", str(tmp_path / "evidence.zip"))
    assert (found, answer["error"]["code"]) == (status, code)
    assert list(tmp_path.iterdir()) == []


def test_a_time_that_is_none_is_wrong_usage(program: Program, tmp_path: Path) -> None:
    status, _ = program("evidence", "--all", "--from", "soon", "-o", str(tmp_path / "x.zip"))
    assert status == 2


def test_verifier_is_the_one_of_the_sources(program: Program, tmp_path: Path) -> None:
    out = tmp_path / "verify.py"
    status, answer = program("verifier", "-o", str(out))
    assert (status, answer["path"]) == (0, str(out))
    head, _, body = out.read_bytes().partition(b"\nSOURCES")
    assert answer["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert body == build_verifier("another").partition(b"\nSOURCES")[2]
    assert b"ItemProof" in head

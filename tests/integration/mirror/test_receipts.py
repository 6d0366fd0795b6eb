"""Receipts judged by the program: kept, pending, broken, unresolved; and shown to a third party."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.support.anvil import Anvil
from tests.support.published import Published, file_server, publish

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def log(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(anvil, tmp_path_factory.mktemp("published"), entries=4)


@pytest.fixture(scope="module")
def unpinned(log: Published) -> Path:
    """Return a trust file that pins no block, as a third party writes it."""
    place = log.folder / "unpinned.json"
    place.write_text(re.sub(r'"block_hashes": \{[^}]*\},', "", log.trust.read_text()))
    return place


def now() -> datetime:
    return datetime.now(UTC)


def block_time(log: Published, number: str = "latest") -> datetime:
    with log.anvil.client() as client:
        found = client.ask("eth_getBlockByNumber", number, False)
    return datetime.fromtimestamp(int(found["timestamp"], 16), UTC)


def let_time_pass(log: Published, moment: datetime) -> None:
    """Mine until a block is later: several may have the same second."""
    with log.anvil.client() as client:
        while block_time(log) <= moment:
            time.sleep(0.1)
            client.mine(1)


def judged(log: Published, file: Path, trust: Path, *options: str) -> tuple[int, dict[str, Any]]:
    return log.program("third")("verify", "--receipt", str(file), "--trust", str(trust), *options)


def size_of(log: Published) -> int:
    return int((log.mirror / "checkpoint").read_text().split("\n")[1])


@pytest.mark.parametrize("place", ["mirror", "log"])
def test_kept_with_the_log_and_the_chain(
    log: Published, unpinned: Path, tmp_path: Path, place: str
) -> None:
    receipt = log.receipt(2, now() + DAY)
    shown = tmp_path / "kept.json"
    asked = ("--rpc", log.anvil.url, "-o", str(shown))
    with file_server(log.mirror) as url:
        where = ("--mirror", str(log.mirror)) if place == "mirror" else ("--log", url)
        status, answer = judged(log, receipt, unpinned, *where, *asked)
    assert (status, answer["verdict"], answer["leaf_index"]) == (0, "kept", 2)
    # The file needs neither log nor mirror, and no endpoint where the block is pinned.
    assert judged(log, shown, unpinned, "--rpc", log.anvil.url)[1]["verdict"] == "kept"
    assert judged(log, shown, log.trust)[1]["verdict"] == "kept"


def test_pending_before_the_deadline_while_nothing_shows_more(
    log: Published, unpinned: Path, tmp_path: Path
) -> None:
    receipt = log.receipt(size_of(log) + 5, now() + DAY)
    shown = tmp_path / "none.json"
    asked = ("--mirror", str(log.mirror), "--rpc", log.anvil.url, "-o", str(shown))
    status, answer = judged(log, receipt, unpinned, *asked)
    assert (status, answer["verdict"]) == (3, "pending")
    assert not shown.exists()


@pytest.mark.parametrize(
    ("language", "line"),
    [("zh", "期限已过；没有证据表明发生了什么"), ("en", "no evidence shows what happened")],
)
def test_a_person_is_told_the_reason_in_their_language(
    log: Published, unpinned: Path, monkeypatch: pytest.MonkeyPatch, language: str, line: str
) -> None:
    monkeypatch.setenv("ITEMPROOF_LANG", language)
    receipt = log.receipt(size_of(log) + 5, now() - DAY)
    command = ["verify", "--receipt", str(receipt), "--trust", str(unpinned)]
    result = CliRunner().invoke(app, [*command, "--data", str(log.folder / "third")])
    assert result.exit_code == 3
    assert line in result.stdout
    assert ("evidence" in result.stdout) == (language == "en")


def test_unresolved_after_the_deadline_while_nobody_is_asked(
    log: Published, unpinned: Path
) -> None:
    receipt = log.receipt(size_of(log) + 5, now() - DAY)
    status, answer = judged(log, receipt, unpinned)
    assert (status, answer["verdict"]) == (3, "unresolved")
    assert answer["reason_code"] == "RECEIPT_NO_EVIDENCE"


def test_a_chain_that_does_not_answer_is_3_beside_the_verdict(
    log: Published, unpinned: Path
) -> None:
    receipt = log.receipt(2, now() - DAY)
    status, answer = judged(log, receipt, unpinned, "--rpc", "http://127.0.0.1:9")
    assert (status, answer["verdict"]) == (3, "unresolved")
    assert answer["error"]["code"] == "CHAIN_UNAVAILABLE"


def test_false_evidence_of_the_log_is_told_and_holds_nothing_against_the_operator(
    log: Published, unpinned: Path
) -> None:
    mirror = log.changed("false")
    leaves = mirror / "tile" / "0" / f"000.p/{size_of(log)}"
    leaves.write_bytes(bytes(len(leaves.read_bytes())))
    asked = ("--mirror", str(mirror), "--rpc", log.anvil.url)
    status, answer = judged(log, log.receipt(2, now() + DAY), unpinned, *asked)
    assert (status, answer["verdict"], "error" in answer) == (3, "pending", True), answer
    status, answer = judged(log, log.receipt(2, now() + DAY), unpinned, *asked[2:])
    assert (status, answer["verdict"], "error" in answer) == (3, "pending", False), answer


class TestBroken:
    """Each is found, written to a file, and checked from that file on another machine."""

    def _third_party_agrees(self, log: Published, shown: Path, unpinned: Path) -> None:
        status, answer = judged(log, shown, unpinned, "--rpc", log.anvil.url)
        assert (status, answer["verdict"]) == (1, "broken"), answer
        # With nobody to ask about the block, nothing is held against the operator.
        status, answer = judged(log, shown, unpinned)
        assert (status, answer["verdict"], answer["unknown_blocks"]) == (3, "unresolved", 1)

    def test_by_an_entry_that_was_never_anchored(
        self, log: Published, unpinned: Path, tmp_path: Path
    ) -> None:
        receipt = log.receipt(size_of(log) + 5, block_time(log, "finalized") - DAY)
        shown = tmp_path / "broken.json"
        status, answer = judged(log, receipt, unpinned, "--rpc", log.anvil.url, "-o", str(shown))
        assert (status, answer["verdict"], answer["path"]) == (1, "broken", str(shown))
        assert "later than the deadline" in answer["reason"]
        self._third_party_agrees(log, shown, unpinned)

    @pytest.mark.parametrize("log_is", ["silent", "full of nonsense"])
    def test_by_the_chain_alone_whatever_the_log_says(
        self, log: Published, unpinned: Path, log_is: str
    ) -> None:
        mirror = log.changed("nonsense")
        size = (mirror / "anchors").read_text().split()[0]
        (mirror / "anchor" / size).write_text("{}")
        where = ("--mirror", str(mirror))
        if log_is == "silent":
            where = ("--log", "http://127.0.0.1:9")
        receipt = log.receipt(size_of(log) + 5, block_time(log, "finalized") - DAY)
        status, answer = judged(log, receipt, unpinned, *where, "--rpc", log.anvil.url)
        assert (status, answer["verdict"]) == (1, "broken"), answer
        # Without the chain there is no verdict, and it is said why.
        status, answer = judged(log, receipt, unpinned, *where)
        assert (status, answer["verdict"], "error" in answer) == (3, "unresolved", True), answer

    def test_by_another_entry_in_its_place(
        self, log: Published, unpinned: Path, tmp_path: Path
    ) -> None:
        receipt = log.receipt(3, now() - DAY, entry=b"x" * 32)
        shown = tmp_path / "broken.json"
        asked = ("--mirror", str(log.mirror), "--rpc", log.anvil.url, "-o", str(shown))
        status, answer = judged(log, receipt, unpinned, *asked)
        assert (status, answer["verdict"]) == (1, "broken")
        assert "holds another entry at index 3" in answer["reason"]
        self._third_party_agrees(log, shown, unpinned)

    def test_by_an_anchor_that_came_too_late(self, anvil: Anvil, tmp_path: Path) -> None:
        log = publish(anvil, tmp_path, entries=2)
        trust = tmp_path / "unpinned.json"
        trust.write_text(re.sub(r'"block_hashes": \{[^}]*\},', "", log.trust.read_text()))
        size, deadline = size_of(log), block_time(log)
        let_time_pass(log, deadline)
        log.log(2)
        receipt = log.receipt(size, deadline)
        shown = tmp_path / "broken.json"
        status, answer = judged(log, receipt, trust, "--rpc", anvil.url, "-o", str(shown))
        assert (status, answer["verdict"]) == (1, "broken")
        self._third_party_agrees(log, shown, trust)
        # In time it would have been kept.
        log.copy()
        kept = log.receipt(size, now() + DAY)
        status, answer = judged(log, kept, trust, "--rpc", anvil.url, "--mirror", str(log.mirror))
        assert (status, answer["verdict"]) == (0, "kept")

    @pytest.mark.parametrize("part", ["anchor", "checkpoint", "leaf_hash", "receipt"])
    def test_nothing_by_a_file_that_was_changed(
        self, log: Published, unpinned: Path, tmp_path: Path, part: str
    ) -> None:
        receipt = log.receipt(3, now() - DAY, entry=b"x" * 32)
        shown = tmp_path / "broken.json"
        asked = ("--mirror", str(log.mirror), "--rpc", log.anvil.url, "-o", str(shown))
        assert judged(log, receipt, unpinned, *asked)[0] == 1
        value = json.loads(shown.read_text())
        (witness,) = value["witnesses"]
        match part:
            case "anchor":
                witness["anchor"]["slots"][0].pop()
            case "checkpoint":
                text = witness["leaf"]["checkpoint"]
                witness["leaf"]["checkpoint"] = text.replace("\n", "\n1", 1)
            case "leaf_hash":
                witness["leaf"]["leaf_hash"] = "A" * 43
            case "receipt":
                value["receipt"]["signatures"][0]["sig"] = "A" * 86 + "=="
        shown.write_text(json.dumps(value))
        status, answer = judged(log, shown, unpinned, "--rpc", log.anvil.url)
        assert status == 1
        assert "verdict" not in answer
        assert answer["error"]["code"]


class TestUsage:
    def test_a_bundle_and_a_receipt_at_once_are_2(self, log: Published) -> None:
        receipt = str(log.receipt(2, now()))
        assert log.program()("verify", receipt, "--receipt", receipt)[0] == 2
        assert log.program()("verify")[0] == 2

    def test_a_receipt_without_trust_is_2(self, log: Published) -> None:
        status, answer = log.program()("verify", "--receipt", str(log.receipt(2, now())))
        assert (status, answer["error"]["code"]) == (2, "TRUST_FILE_MISSING")

    def test_another_file_is_no_receipt(self, log: Published, unpinned: Path) -> None:
        status, answer = judged(log, unpinned, unpinned)
        assert (status, answer["error"]["code"]) == (1, "RECEIPT_INVALID")

    def test_the_answer_to_a_submission_is_read_for_its_receipt(
        self, log: Published, unpinned: Path, tmp_path: Path
    ) -> None:
        receipt = log.receipt(2, now() + DAY)
        answer = tmp_path / "answer.json"
        answer.write_text(json.dumps({"batch": 1, "receipt": json.loads(receipt.read_text())}))
        assert judged(log, answer, unpinned) == judged(log, receipt, unpinned)
        answer.write_text(json.dumps({"batch": 1, "receipt": None}))
        status, told = judged(log, answer, unpinned)
        assert (status, told["error"]["code"]) == (1, "RECEIPT_INVALID")

    def test_a_receipt_of_another_log_is_refused(
        self, log: Published, anvil: Anvil, tmp_path: Path
    ) -> None:
        other = publish(anvil, tmp_path, entries=2)
        status, answer = judged(log, log.receipt(2, now()), other.trust)
        assert (status, answer["error"]["code"]) == (1, "RECEIPT_INVALID")

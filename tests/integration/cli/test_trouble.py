"""Commands in trouble: the second file, the full disk, the wrong setting, the busy port, Ctrl-C."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.cli import main, serving, submitting
from ledger_api.cli.serving import AddressUnavailable, listening
from ledger_api.settings import Settings
from ledger_api.web.filling import _block_time
from ledger_api.wiring import open_node
from tests.integration.cli.test_commands import GTIN, Program
from tests.support.anvil import Anvil, free_port, running_anvil
from tests.support.ledger import document, event
from traceability.chain.faults import ContractMismatch
from traceability.ledger.sequencer import Sequencer
from traceability.ledger.submission import Submission
from traceability.store.faults import StoreUnavailable

GLN = "9521234567899"
HEAVY = {"eth_account", "fastapi", "numpy", "pydantic", "scipy", "sqlalchemy", "uvicorn"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Return the program on a folder in which a lot was minted on an embedded test chain."""
    made = Program(tmp_path_factory.mktemp("trouble") / "data")
    status, answer = made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "3")
    assert status == 0, answer
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Return what writes a document and returns its path."""

    def written(name: str, *events: dict[str, Any]) -> str:
        path = tmp_path / name
        path.write_text(json.dumps(document(*events)))
        return str(path)

    return written


class TestSubmit:
    @pytest.mark.parametrize("other", ["absent.jsonld", "folder"])
    def test_finds_an_unreadable_file_before_it_keeps_another(
        self, program: Program, write: Callable[..., str], tmp_path: Path, other: str
    ) -> None:
        (tmp_path / "folder").mkdir()
        before = program.standing()
        status, answer = program("submit", write("a", event(1)), str(tmp_path / other))
        assert (status, answer["error"]["code"]) == (2, "FILE_UNUSABLE")
        assert other in answer["error"]["message"]
        assert program.standing() == before

    def test_takes_two_readable_files(self, program: Program, write: Callable[..., str]) -> None:
        status, answer = program("submit", write("a", event(2)), write("b", event(3)))
        assert status == 0
        assert [report["accepted"] for report in answer["files"]] == [1, 1]

    def test_goes_on_after_a_file_that_vanishes(
        self,
        program: Program,
        write: Callable[..., str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(submitting, "require_readable", lambda files: None)
        files = [write("a", event(4)), str(tmp_path / "gone"), write("b", event(5))]
        status, answer = program("submit", *files)
        assert status == 2
        assert [report["accepted"] for report in answer["files"]] == [1, 0, 1]
        assert answer["files"][1]["records"][0]["error"]["code"] == "FILE_UNUSABLE"
        assert program("status")[1]["waiting"] == 0

    def test_on_a_full_disk_says_what_was_kept(
        self, program: Program, write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit, calls = Submission.submit_body, []

        def full_at_the_second(self: Submission, *values: Any, **named: Any) -> Any:
            calls.append(values)
            if len(calls) > 1:
                raise StoreUnavailable("store cannot be used now: database or disk is full")
            return submit(self, *values, **named)

        monkeypatch.setattr(Submission, "submit_body", full_at_the_second)
        status, answer = program("submit", write("a", event(6)), write("b", event(7)))
        assert (status, answer["error"]["code"]) == (3, "STORE_UNAVAILABLE")
        assert [report["accepted"] for report in answer["files"]] == [1]
        assert program("status")[1]["waiting"] == 0

    def test_on_a_disk_that_is_full_at_once_has_only_the_error(
        self, program: Program, write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any, **__: Any) -> None:
            raise StoreUnavailable("store cannot be used now: database or disk is full")

        monkeypatch.setattr(Submission, "submit_body", full)
        status, answer = program("submit", write("a", event(8)))
        assert (status, set(answer)) == (3, {"error"})

    def test_where_nothing_can_be_put_in_order_is_3(
        self, program: Program, write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run, path = Sequencer.run, write("a", event(9))

        def full(self: Sequencer, **options: Any) -> Any:
            if not options:
                raise StoreUnavailable("store cannot be used now: database or disk is full")
            return run(self, **options)

        monkeypatch.setattr(Sequencer, "run", full)
        status, answer = program("submit", path)
        assert (status, answer["files"][0]["accepted"]) == (3, 1)


class TestValidate:
    def _two(self, *ids: str) -> list[dict[str, Any]]:
        return [event(20 + place, eventID=id_) for place, id_ in enumerate(ids)]

    def test_finds_contradictions_in_a_document_without_a_ledger(
        self, write: Callable[..., str], tmp_path: Path
    ) -> None:
        alone = Program(tmp_path / "none")
        status, answer = alone("validate", write("a", *self._two("urn:x:1", "urn:x:1")))
        (report,) = answer["files"]
        assert (status, report["status"], report["rejected"]) == (1, "REJECTED", 1)
        assert report["records"][1]["error"]["code"] == "EVENT_ID_CONFLICT"
        assert alone("validate", write("a", *self._two("urn:x:1", "urn:x:2")))[0] == 0
        assert not alone.folder.exists()

    def test_finds_what_contradicts_the_ledger(
        self, program: Program, write: Callable[..., str]
    ) -> None:
        assert program("submit", write("a", event(30, eventID="urn:x:9")))[0] == 0
        status, answer = program("validate", write("a", event(31, eventID="urn:x:9")))
        assert status == 1
        assert answer["files"][0]["records"][0]["error"]["code"] == "EVENT_ID_CONFLICT"
        status, answer = program("validate", write("a", event(30, eventID="urn:x:9")))
        assert (status, answer["files"][0]["duplicate"]) == (0, 1)
        assert program("validate", write("a", event(31, eventID="urn:x:10")))[0] == 0


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("DATABASE_URL", "garbage-with-secret", "DATABASE_URL_INVALID"),
            ("DATABASE_URL", "mysql://u:secret@h/d", "DATABASE_URL_INVALID"),
            ("DATABASE_URL", "postgresql://u:secret@h:port/d", "DATABASE_URL_INVALID"),
            ("TIMEZONE", "Mars/X", "SETTINGS_INVALID"),
            ("CONTRACT", "0x12", "SETTINGS_INVALID"),
            ("LOG_ID", "abc", "SETTINGS_INVALID"),
        ],
    )
    def test_that_are_wrong_are_2(
        self, program: Program, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: str
    ) -> None:
        monkeypatch.setenv(f"ITEMPROOF_{name}", value)
        status, answer = program("status")
        assert (status, answer["error"]["code"]) == (2, code)
        assert "secret" not in json.dumps(answer)

    def test_with_a_publisher_key_that_is_none_are_2(
        self, anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "key").write_text("no key")
        monkeypatch.setenv("ITEMPROOF_RPC_URLS", anvil.url)
        monkeypatch.setenv("ITEMPROOF_PUBLISHER_KEY_FILE", str(tmp_path / "key"))
        status, answer = Program(tmp_path / "data")("anchor")
        assert (status, answer["error"]["code"]) == (2, "PUBLISHER_KEY_INVALID")

    @pytest.mark.parametrize("name", ["DATABASE_URL", "TIMEZONE", "CONTRACT", "LOG_ID", "LANG"])
    def test_that_are_empty_are_not_set(
        self, program: Program, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(f"ITEMPROOF_{name}", "")
        assert program("status")[0] == 0


class TestAudit:
    def test_of_another_chain_is_3(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        with running_anvil(chain_id=31999, accounts=0) as other:
            monkeypatch.setenv("ITEMPROOF_RPC_URLS", other.url)
            status, answer = program("audit")
        assert (status, answer["error"]["code"]) == (3, "CHAIN_ID_MISMATCH")

    def test_of_a_chain_without_the_contract_is_3(
        self, program: Program, anvil: Anvil, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ITEMPROOF_RPC_URLS", anvil.url)
        status, answer = program("audit")
        assert (status, answer["error"]["code"]) == (3, "CONTRACT_MISMATCH")
        assert "no code at 0x" in answer["error"]["message"]

    def test_of_its_own_chain_is_0(self, program: Program) -> None:
        assert program("audit")[0] == 0

    def test_a_contract_of_other_code_is_told_apart_from_none(self, anvil: Anvil) -> None:
        with (
            anvil.client(contract="0x" + "ab" * 20) as client,
            pytest.raises(ContractMismatch, match="contract missing: no code at 0xabab"),
        ):
            client.head(bytes(32))


class TestParticipants:
    def test_a_gln_is_taken_once_and_a_refused_one_leaves_no_key(self, program: Program) -> None:
        add = ["participant", "add", "--role", "supplier", "--gln", GLN, "--name"]
        folder = program.folder / "keys" / "participants"
        assert program(*add, "甲")[0] == 0
        before = sorted(folder.iterdir())
        status, answer = program(*add, "乙")
        assert (status, answer["error"]["code"]) == (1, "GLN_TAKEN")
        assert sorted(folder.iterdir()) == before
        assert program(*add[:4], "--name", "丙")[0] == 0
        assert len(sorted(folder.iterdir())) == len(before) + 1

    @pytest.mark.parametrize("name", ["z" * 32, "é" * 32, "A" * 32])
    def test_a_name_of_the_length_of_an_id_is_unknown(self, program: Program, name: str) -> None:
        status, answer = program("key", "create", "--role", "participant", "--participant", name)
        assert (status, answer["error"]["code"]) == (1, "PARTICIPANT_UNKNOWN")


class TestServe:
    def test_on_a_busy_port_is_3_with_one_json_object(self, program: Program) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = str(holder.getsockname()[1])
            status, answer = program("serve", "--port", port)
        assert (status, answer["error"]["code"]) == (3, "ADDRESS_UNAVAILABLE")
        assert port in answer["error"]["message"]

    def test_opens_a_ledger_in_a_new_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        served = []
        monkeypatch.setattr(serving, "_serve", lambda node, *_: served.append(node.standing()))
        new = Program(tmp_path / "new")
        assert new("serve", "--port", str(free_port())) == (0, {})
        assert [found.waiting for found in served] == [0]

    def test_listens_where_nobody_does(self) -> None:
        with listening("127.0.0.1", free_port()) as place:
            assert place.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)

    @pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
    def test_refuses_an_address_that_is_not_ours(self, host: str) -> None:
        with pytest.raises(AddressUnavailable, match=host):
            listening(host, free_port())


class TestInterrupt:
    def test_of_a_command_is_3_with_one_json_object(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stopped(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("traceability.ledger.node.Node.mint", stopped)
        status, answer = program("mint", "--gtin", GTIN, "--lot", "L2", "--quantity", "1")
        assert (status, answer["error"]["code"]) == (3, "INTERRUPTED")

    def test_before_a_command_begins_is_told_too(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def stopped() -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("ledger_api.cli.app.main", stopped)
        monkeypatch.setattr("sys.argv", ["itemproof", "status", "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert ended.value.code == 3
        assert json.loads(told.out)["error"]["code"] == "INTERRUPTED"
        assert "Traceback" not in told.err

    def test_help_waits_for_no_heavy_import(self) -> None:
        code = "import sys, ledger_api.cli.app; print(*sys.modules)"
        found = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        assert not HEAVY & set(found.stdout.split())


def test_a_fault_of_the_program_is_3_and_not_refuted(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("traceability.ledger.node.Node.standing", broken)
    status, answer = program("status")
    assert (status, answer["error"]["code"]) == (3, "INTERNAL_ERROR")


def test_the_audit_page_shows_the_time_of_a_final_block(program: Program) -> None:
    settings = Settings(drafting_processes=0)
    with open_node(settings, program.folder, need="existing") as node:
        with node.store.reading() as repositories:
            row = repositories.anchors.latest(states=("final",))
        assert row is not None
        assert row.evidence is not None
        identity = node.identity
        place = (identity.log, identity.genesis.contract)
        assert _block_time(row.evidence, *place) is not None
        assert _block_time(row.evidence.replace(b"a", b"b", 1), *place) is None
        with TestClient(create_app(node, settings)) as client:
            page = client.get("/audit", params={"lang": "en"}).text
    table = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "<time datetime=" in table


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["status"], "锚定"),
        (["audit"], "全部一致"),
        (["participant", "rules", GLN], "一物一码规则"),
        (["grade", "--dpmo", "230"], "缺少过程能力 Cpk"),
    ],
)
def test_under_chinese_the_terminal_speaks_chinese(
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    shown: str,
) -> None:
    monkeypatch.setenv("ITEMPROOF_LANG", "zh")
    program("participant", "add", "--role", "supplier", "--gln", GLN, "--name", "甲")
    monkeypatch.setattr("sys.argv", ["itemproof", *arguments, "--data", str(program.folder)])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main()
    assert shown in capsys.readouterr().out


def test_under_chinese_a_verdict_has_no_english_words(
    program: Program,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ITEMPROOF_LANG", "zh")
    url = program("mint", "--gtin", GTIN, "--lot", "L7", "--quantity", "1")[1]["first_url"]
    path = str(tmp_path / "proof.json")
    assert program("prove", url, "-o", path)[0] == 0
    for arguments in (["verify", path, "--accept", "logged"], ["journey", url]):
        monkeypatch.setattr("sys.argv", ["itemproof", *arguments, "--data", str(program.folder)])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main()
        told = capsys.readouterr().out
        for word in ("verified", "as of", "signed by", "unknown", "not checked", "events", "in ("):
            assert word not in told
    assert program("verify", path)[1]["verified"] is True

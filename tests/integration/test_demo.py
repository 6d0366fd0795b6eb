"""The demonstration from end to end: a real chain, a real database, the real command."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from ledger_api.demo.cast import DRUM, PARTIES, RODS, WIRE
from ledger_api.demo.checks import EXPECTED
from ledger_api.demo.folder import LEDGER_FILES, MARKER
from ledger_api.demo.plan import make_plan
from traceability.store.store import Store

PLAN = make_plan()
BAD_LOT = RODS[PLAN.bad_rod.maker].lot_uri(PLAN.bad_rod.number)

REPLACED = "replace(payload, '2026-', '2025-')"
ONE = "where batch = 40 and record_index = 1"


def itemproof(*arguments: object) -> SimpleNamespace:
    """Run a command; `value` is the object that it printed, if it printed one."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    value = json.loads(result.stdout) if "--json" in arguments else None
    return SimpleNamespace(
        status=result.exit_code, value=value, stdout=result.stdout, stderr=result.stderr
    )


def changed_copy(folder: Path, target: Path) -> Path:
    """Copy a ledger without its chain, so that a test may do with it what it likes."""
    target.mkdir()
    for name in (*LEDGER_FILES, MARKER):
        source = folder / name
        if source.is_file() and not name.startswith("devchain"):
            (target / name).write_bytes(source.read_bytes())
    (target / "keys").mkdir()
    for source in (folder / "keys").rglob("*.*"):
        copy = target / source.relative_to(folder)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(source.read_bytes())
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(folder):
    """Return the result of the one demonstration that most tests look at."""
    result = itemproof("demo", "--json", "--data", folder)
    assert result.status == 0, result.stderr
    return result


class TestFacts:
    def test_items_are_minted_and_entries_logged(self, told):
        assert told.value["items"] >= 2000
        assert told.value["entries"] == told.value["checkpoint"]["tree_size"] > 80

    def test_head_is_final_in_the_contract(self, told):
        anchor, checkpoint = told.value["anchor"], told.value["checkpoint"]
        assert anchor["state"] == "final"
        assert anchor["root_hash"] == checkpoint["root_hash"]
        assert anchor["chain_id"] == 31337
        assert anchor["contract"].startswith("0x")
        assert len(bytes.fromhex(anchor["log_id"])) == 32
        assert anchor["block_number"] > 0
        assert 0 < anchor["gas_used"] <= 55_000

    def test_recall_finds_exactly_what_the_plan_tainted(self, told):
        assert told.value["recall"]["expected"] == told.value["recall"]["found"] > 0
        assert told.value["recall"]["found"] == len(PLAN.tainted)

    def test_suppliers_are_graded_as_the_plan_has_it(self, told):
        expected = [
            {"gln": party.gln, "level": level, "limiting": list(limiting)}
            for party, (level, limiting) in EXPECTED.items()
        ]
        assert told.value["scores"] == expected

    def test_changed_row_is_named(self, told):
        assert told.value["tamper"]["changed"] == told.value["tamper"]["named"] >= 1

    def test_item_url_is_that_of_a_drum(self, told):
        assert told.value["item_url"].startswith(f"http://127.0.0.1:8000/01/{DRUM.gtin}/10/D")

    def test_answer_is_one_object_and_progress_one_line_a_step(self, told):
        assert told.stdout.count("\n") == 1
        lines = told.stderr.splitlines()
        assert len(lines) == 10
        assert all(line.strip() for line in lines)


class TestMockRecall:
    def test_it_finds_the_planned_drums_and_every_byte_is_signed(self, told, folder, tmp_path):
        target = tmp_path / "report"
        found = itemproof("mock-recall", BAD_LOT, "--json", "--data", folder, "-o", target).value
        pieces = found["figures"][0]
        assert (pieces["unit"], pieces["found"]) == ("pieces", len(PLAN.tainted))
        assert pieces["in_stock"] + pieces["shipped"] + pieces["used"] == pieces["found"]
        lines = json.loads((target / "report.json").read_bytes())["lines"]
        recalled = itemproof("recall", BAD_LOT, "--json", "--data", folder).value["items"]
        drums = [one["code"] for one in lines if one["kind"] == "item"]
        assert sorted(drums) == sorted(code for code in recalled if "/21/" in code)
        checked = itemproof("verify-report", target, "--json", "--data", folder)
        assert (checked.status, checked.value["verified"]) == (0, True)
        (target / "report-zh.pdf").write_bytes(b"%PDF")
        refused = itemproof("verify-report", target, "--json", "--data", folder)
        assert (refused.status, refused.value["error"]["code"]) == (1, "REPORT_CHANGED")

    def test_a_missed_target_ends_with_1(self, told, folder, tmp_path):
        options = ("--json", "--data", folder, "--tolerance", "5%", "-o")
        passed = itemproof("mock-recall", BAD_LOT, *options, tmp_path / "one")
        assert (passed.status, passed.value["passed"]) == (0, True)
        late = ("--target", "1", "--asked", "2026-01-01T08:00+08:00")
        missed = itemproof("mock-recall", BAD_LOT, *late, *options, tmp_path / "two")
        assert (missed.status, missed.value["reasons"]) == (1, ["TOO_SLOW"])

    @pytest.mark.parametrize(
        ("arguments", "status", "code"),
        [
            (("(01)09521003100012(10)NONE",), 1, "CODE_NOT_TRACED"),
            (("(01)09521003100013(10)X",), 1, "CODE_CHECK_DIGIT"),
            ((BAD_LOT, "--target", "soon"), 2, "RECALL_TARGET_INVALID"),
            ((BAD_LOT, "--target-percent", "most"), 2, "RECALL_TARGET_INVALID"),
            ((BAD_LOT, "--tolerance", "much"), 2, "TOLERANCE_INVALID"),
            ((BAD_LOT, "--asked", "yesterday"), 2, "OPTION_INVALID"),
            ((BAD_LOT, "--asked", "2999-01-01"), 2, "OPTION_INVALID"),
            ((BAD_LOT, "--reason", "safety"), 2, "OPTION_INVALID"),
            ((BAD_LOT, "--declare"), 2, "OPTION_INVALID"),
        ],
    )
    def test_what_cannot_be_asked_is_refused_and_writes_nothing(
        self, told, folder, tmp_path, *, arguments, status, code
    ):
        target = tmp_path / "report"
        found = itemproof("mock-recall", *arguments, "--json", "--data", folder, "-o", target)
        assert (found.status, found.value["error"]["code"]) == (status, code)
        assert not any(tmp_path.iterdir())


class TestLedger:
    def test_every_party_is_registered_with_its_own_key(self, told, folder):
        rows = itemproof("participant", "list", "--json", "--data", folder).value["participants"]
        assert {row["gln"] for row in rows} == {party.gln for party in PARTIES}
        keys = [key["key_id"] for row in rows for key in row["keys"]]
        assert len(set(keys)) == len(PARTIES)

    def test_bundle_verifies_by_itself(self, told, folder):
        proof = told.value["proof_file"]
        result = itemproof("verify", proof, "--json", "--data", folder)
        assert result.status == 0
        assert result.value["verified"] is told.value["verified"] is True
        assert result.value["state"] == "final"

    def test_bundle_is_refused_for_another_code(self, told, folder):
        other = told.value["item_url"][:-1] + ("0" if told.value["item_url"][-1] != "0" else "1")
        result = itemproof(
            "verify", told.value["proof_file"], "--code", other, "--json", "--data", folder
        )
        assert result.status == 1
        assert result.value["verified"] is False

    def test_bundle_is_not_judged_without_a_trust_file(self, told, tmp_path):
        assert itemproof("verify", told.value["proof_file"], "--data", tmp_path).status == 2

    def test_recall_command_finds_the_same(self, told, folder):
        found = itemproof("recall", BAD_LOT, "--json", "--data", folder).value
        drums = [code for code in found["items"] if "/21/" in code]
        assert len(drums) == told.value["recall"]["found"]
        assert found["holders"]
        assert not found["truncated"]

    @pytest.mark.parametrize(
        ("language", "words"),
        [("zh", "{} 个容器现在装有其中的编码："), ("en", "{} containers hold some of them now:")],
    )
    def test_recall_command_names_the_containers(
        self, told, folder, monkeypatch, *, language, words
    ):
        holders = itemproof("recall", BAD_LOT, "--json", "--data", folder).value["holders"]
        monkeypatch.setenv("ITEMPROOF_LANG", language)
        said = itemproof("recall", BAD_LOT, "--data", folder).stdout
        upstream = itemproof("trace", BAD_LOT, "--data", folder).stdout
        assert words.format(len(holders)) in said
        assert f"{holders[0]['code']}" in said
        assert words.partition("{}")[2] not in upstream

    def test_material_of_the_bad_lot_adds_up_to_the_gram(self, told, folder):
        result = itemproof("balance", BAD_LOT, "--json", "--data", folder)
        found = result.value
        assert (result.status, found["state"], found["unit"]) == (0, "closed", "KGM")
        assert (found["unaccounted"], found["findings"]) == ("0", [])
        assert float(found["scrap"]) > 20

    def test_another_unit_of_tolerance_is_refused(self, told, folder):
        result = itemproof("balance", BAD_LOT, "--tolerance", "3 x", "--json", "--data", folder)
        assert (result.status, result.value["error"]["code"]) == (2, "UNIT_UNKNOWN")

    def test_read_across_of_a_machine_finds_the_wire_that_it_drew(self, told, folder):
        wires = [WIRE.lot_uri(wire.number) for wire in PLAN.wires]
        found = itemproof(
            "across", wires[0], "--key", "machine", "--window", "2d", "--json", "--data", folder
        ).value
        assert {one["value"] for one in found["causes"]} == {"drawing-1"}
        assert wires[0] not in found["items"]
        assert 0 < len(set(found["items"]) & set(wires)) < len(wires) // 2

    def test_read_across_of_the_furnace_run_finds_its_rod_lot(self, told, folder):
        bad = next(wire for wire in PLAN.wires if wire.rod.is_bad)
        asked = ("across", WIRE.lot_uri(bad.number), "--key", "furnace_run", "--data", folder)
        assert itemproof(*asked, "--json").value["items"] == [BAD_LOT]
        assert BAD_LOT in itemproof(*asked).stdout

    def test_recall_of_a_sound_lot_finds_other_drums(self, told, folder):
        rod = next(rod for rod in PLAN.rods if rod.maker is PLAN.bad_rod.maker)
        sound = itemproof(
            "recall", RODS[rod.maker].lot_uri(rod.number), "--json", "--data", folder
        ).value
        bad = itemproof("recall", BAD_LOT, "--json", "--data", folder).value
        assert {code for code in sound["items"] if "/21/" in code}
        assert not set(sound["items"]) & set(bad["items"])

    def test_journey_of_the_shown_drum_ends_in_the_depots_store(self, told, folder):
        steps = itemproof("journey", told.value["item_url"], "--json", "--data", folder).value[
            "steps"
        ]
        assert [step["biz_step"] for step in steps] == [
            "commissioning", "inspecting", "inspecting", "packing", "packing", "shipping",
            "departing", "arriving", "receiving", "unpacking", "unpacking", "storing",
        ]  # fmt: skip

    def test_trace_of_the_shown_drum_reaches_its_rod(self, told, folder):
        found = itemproof("trace", told.value["item_url"], "--json", "--data", folder).value
        rods = {code for code in found["items"] if any(g.gtin in code for g in RODS.values())}
        assert len(rods) == 2
        assert [item["code"] for item in found["findings"]] == []

    def test_audit_agrees(self, told, folder):
        result = itemproof("audit", "--json", "--data", folder)
        assert (result.status, result.value["differences"]) == (0, [])

    @pytest.mark.parametrize(
        ("statement", "named"),
        [
            (f"update records set payload = cast({REPLACED} as blob) {ONE}", "records.payload"),
            # The same without the cast leaves text where bytes belong.
            (f"update records set payload = {REPLACED} {ONE}", "records.payload"),
            ("update items set salt = 'x' where batch = 2 and record_index = 9", "items.salt"),
            ("update entries set leaf_index = 'x' where leaf_index = 5", "entries.leaf_index"),
            ("update events set biz_step = 'other' where event = 9", "events.biz_step"),
            ("update participants set gln = x'00' where name like '%A'", "participants.gln"),
        ],
    )
    def test_audit_names_what_a_hand_changed(self, told, folder, tmp_path, statement, named):
        copy = changed_copy(folder, tmp_path / "copy")
        with closing(sqlite3.connect(copy / "ledger.sqlite")) as connection, connection:
            assert connection.execute(statement).rowcount == 1
        result = itemproof("audit", "--offline", "--json", "--data", copy)
        assert result.status == 1
        differences = result.value["differences"]
        assert named in {f"{item['table']}.{item['column']}" for item in differences}


class TestFolder:
    def test_earlier_demonstration_starts_over(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ITEMPROOF_LANG", "zh")
        first = itemproof("demo", "--json", "--data", tmp_path)
        again = itemproof("demo", "--data", tmp_path)
        assert (first.status, again.status) == (0, 0)
        lines = again.stdout.splitlines()
        assert len(lines) == 12
        assert lines[0].startswith("链已启动")
        assert f"itemproof serve --data {tmp_path}" in lines[-1]
        entries = itemproof("status", "--json", "--data", tmp_path).value["checkpoint"]["tree_size"]
        assert entries == first.value["entries"]

    def test_ledger_that_no_demonstration_made_is_left_alone(self, told, folder, tmp_path):
        copy = changed_copy(folder, tmp_path / "copy")
        (copy / MARKER).unlink()
        before = (copy / "ledger.sqlite").read_bytes()
        result = itemproof("demo", "--json", "--data", copy)
        assert result.status == 1
        assert result.value["error"]["code"] == "DEMO_FOLDER_NOT_EMPTY"
        assert "--data" in result.value["error"]["message"]
        assert (copy / "ledger.sqlite").read_bytes() == before

    def test_demonstration_that_others_added_to_is_left_alone(self, told, folder, tmp_path):
        copy = changed_copy(folder, tmp_path / "copy")
        with closing(sqlite3.connect(copy / "ledger.sqlite")) as connection, connection:
            connection.execute("update participants set gln = null where gln = ?",
                               (PARTIES[0].gln,))  # fmt: skip
        result = itemproof("demo", "--json", "--data", copy)
        assert result.value["error"]["code"] == "DEMO_FOLDER_NOT_EMPTY"
        assert "others have added to" in result.value["error"]["message"]
        assert (copy / "ledger.sqlite").exists()

    def test_more_batches_than_planned_are_somebodys(self, told, folder, tmp_path):
        copy = changed_copy(folder, tmp_path / "copy")
        planned = json.loads((copy / MARKER).read_text())["batches"]
        (copy / MARKER).write_text(json.dumps({"batches": planned - 1}))
        result = itemproof("demo", "--json", "--data", copy)
        assert result.value["error"]["code"] == "DEMO_FOLDER_NOT_EMPTY"

    def test_folder_that_is_served_is_left_alone(self, told, folder, tmp_path):
        copy = changed_copy(folder, tmp_path / "copy")
        url = f"sqlite:///{copy / 'ledger.sqlite'}"
        with Store.open(url, copy) as store, store.lock("serve"):
            result = itemproof("demo", "--json", "--data", copy)
        assert result.status == 3
        assert result.value["error"]["code"] == "ALREADY_RUNNING"
        assert (copy / "ledger.sqlite").exists()

    def test_other_files_of_a_folder_stay(self, told, folder, tmp_path):
        copy = changed_copy(folder, tmp_path / "copy")
        (copy / "notes.txt").write_text("mine")
        assert itemproof("demo", "--json", "--data", copy).status == 0
        assert (copy / "notes.txt").read_text() == "mine"

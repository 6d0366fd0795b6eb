"""Evidence bundles of a ledger: what is in them, and each way in which one is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.disclosure import submit
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.single_file import run_single
from tests.support.suppliers import Supplier
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.statement import Erasure
from traceability.ledger.evidence.choosing import Choice, EvidenceChoiceInvalid
from traceability.ledger.evidence.writing import (
    EvidenceEmpty,
    EvidenceRequest,
    EvidenceTooLarge,
    write_evidence,
)
from traceability.ledger.lookup import CodeUnknown
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.ledger.trust import trust_of
from traceability.store.tables import records
from traceability.verify.alone.building import build_verifier
from traceability.verify.identity import record_urn

CODE = f"https://id.gs1.org/01/{GTIN}/21/S0"
OTHER = f"https://id.gs1.org/01/{GTIN}/21/S1"
PLACE = {"id": "https://id.gs1.org/414/9521234567899"}


def files_of(node: Node, choice: Choice, audience: Any = "auditor") -> dict[str, bytes]:
    out = io.BytesIO()
    write_evidence(node, EvidenceRequest(choice, audience, "test"), out.write)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def index_of(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files["index.csv"].decode())))


@pytest.fixture
def told(sqlite_node: Node) -> Node:
    """Return a ledger with a story."""
    return tell(sqlite_node)


def tell(node: Node) -> Node:
    """Record a lot of three items, and events of one, of another, and how it was made."""
    owner = add_participant(node)
    node.mint(Lot(GTIN, "L1", 3, {}), participant=owner)
    node.sequencer.run(close=True)
    submit(node, owner, event(0, readPoint=PLACE), event(1))
    made = {
        "type": "TransformationEvent",
        "action": None,
        "epcList": None,
        "inputEPCList": [OTHER],
        "outputEPCList": [CODE],
    }
    submit(node, owner, event(2, **made))
    return node


class TestContents:
    def test_everything_that_checking_needs_is_there(self, told: Node) -> None:
        files = files_of(told, Choice(codes=(CODE,)))
        names = ("README.txt", "README.zh.txt", "itemproof_verify.py", "trust.operator.json")
        assert {*names, "index.csv", "SHA256SUMS"} <= files.keys()
        assert len([name for name in files if name.startswith("proofs/")]) == 2
        assert len([name for name in files if name.startswith("events/")]) == 2
        assert any(name.startswith("checkpoints/") for name in files)

    def test_records_are_the_bytes_that_were_committed(self, told: Node) -> None:
        files = files_of(told, Choice(everything=True, items=True))
        with told.store.reading() as repositories:
            stored = {
                bytes(row.payload)
                for batch in repositories.batches.all()
                for row in repositories.batches.records_between(batch.batch, 0, 100)
                if row.payload is not None
            }
        shown = {data for name, data in files.items() if name.startswith(("events/", "documents/"))}
        assert shown == stored

    def test_sums_are_of_all_files(self, told: Node) -> None:
        files = files_of(told, Choice(everything=True))
        lines = files.pop("SHA256SUMS").decode().splitlines()
        sums = {line[66:]: line[:64] for line in lines}
        assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}

    def test_same_ledger_gives_the_same_bytes(self, node: Node) -> None:
        told = tell(node)
        assert _zip(told, Choice(everything=True)) == _zip(told, Choice(everything=True))


def _zip(node: Node, choice: Choice, audience: Any = "auditor", **more: Any) -> bytes:
    out = io.BytesIO()
    write_evidence(node, EvidenceRequest(choice, audience, "test", **more), out.write)
    return out.getvalue()


class TestChoice:
    def kinds(self, node: Node, choice: Choice) -> list[str]:
        return [row["what"].split()[0] for row in index_of(files_of(node, choice))]

    def test_of_a_code_the_events_that_name_it(self, told: Node) -> None:
        assert self.kinds(told, Choice(codes=(CODE,))) == ["ObjectEvent", "TransformationEvent"]

    def test_upstream_what_it_was_made_of(self, told: Node) -> None:
        found = index_of(files_of(told, Choice(codes=(CODE,), upstream=True)))
        assert len(found) >= 2
        assert {row["record"] for row in index_of(files_of(told, Choice(codes=(CODE,))))} <= {
            row["record"] for row in found
        }

    def test_of_an_item_its_lot_too(self, told: Node) -> None:
        with told.store.reading() as repositories:
            run = repositories.items.runs_of_lot("L1")[0]
            item = repositories.items.between(run.batch, 1, 2)[0]
        code = f"https://id.gs1.org/01/{GTIN}/10/L1/21/{item.serial}"
        files = files_of(told, Choice(codes=(code,)))
        assert [row["kind"] for row in index_of(files)] == ["document", "item"]
        assert json.loads(files["items/0000002.json"])["id"] == code

    def test_of_a_lot_and_its_items_where_asked(self, told: Node) -> None:
        assert [row["kind"] for row in index_of(files_of(told, Choice(lots=("L1",))))] == [
            "document"
        ]
        found = index_of(files_of(told, Choice(lots=(f"{GTIN}/L1",), items=True)))
        assert [row["kind"] for row in found] == ["document", "item", "item", "item"]

    def test_of_batches(self, told: Node) -> None:
        assert self.kinds(told, Choice(batches=(2,))) == ["ObjectEvent", "ObjectEvent"]

    def test_of_a_time(self, told: Node) -> None:
        with told.store.reading() as repositories:
            batch = repositories.batches.get(3)
            assert batch is not None
            entry = repositories.entries.by_arrival(batch.arrival)
        assert entry is not None
        late = Choice(everything=True, since=entry.received)
        assert self.kinds(told, late) == ["TransformationEvent"]
        early = Choice(everything=True, before=entry.received)
        assert len(index_of(files_of(told, early))) == 3
        code = Choice(codes=(CODE,), since=entry.received)
        assert self.kinds(told, code) == ["TransformationEvent"]

    @pytest.mark.parametrize(
        "choice",
        [
            Choice(),
            Choice(codes=(CODE,), everything=True),
            Choice(lots=("L1",), batches=(1,)),
            Choice(everything=True, upstream=True),
        ],
    )
    def test_none_or_several_at_once_are_refused(self, told: Node, choice: Choice) -> None:
        with pytest.raises(EvidenceChoiceInvalid):
            _zip(told, choice)

    @pytest.mark.parametrize(
        "choice", [Choice(codes=("urn:no:such",)), Choice(lots=("NO",)), Choice(batches=(99,))]
    )
    def test_what_is_unknown_is_named(self, told: Node, choice: Choice) -> None:
        with pytest.raises(CodeUnknown, match="unknown"):
            _zip(told, choice)

    def test_nothing_in_that_time_is_said(self, told: Node) -> None:
        with pytest.raises(EvidenceEmpty):
            _zip(told, Choice(everything=True, before=0))

    def test_more_than_may_be_asked_for(self, told: Node) -> None:
        with pytest.raises(EvidenceTooLarge, match="at most 2"):
            _zip(told, Choice(everything=True), most=2)


class TestAudience:
    def test_the_public_sees_the_code_alone(self, told: Node) -> None:
        files = files_of(told, Choice(codes=(CODE,)), "public")
        assert "readPoint" not in files["events/0000001.json"].decode()
        assert CODE in files["events/0000001.json"].decode()

    def test_auditors_see_all(self, told: Node) -> None:
        files = files_of(told, Choice(codes=(CODE,)))
        assert "readPoint" in files["events/0000001.json"].decode()


class TestErased:
    @pytest.mark.parametrize("by_lot", [True, False])
    def test_an_erased_item_keeps_its_line(self, told: Node, by_lot: bool) -> None:
        with told.store.reading() as repositories:
            run = repositories.items.runs_of_lot("L1")[0]
            rows = repositories.items.between(run.batch, 1, 1 + run.quantity)
            batch = repositories.batches.get(run.batch)
        code = f"https://id.gs1.org/01/{GTIN}/21/{rows[0].serial}"
        choice = Choice(lots=("L1",), items=True) if by_lot else Choice(codes=(code,))
        before = index_of(files_of(told, choice))
        assert batch is not None
        with told.store.reading() as repositories:
            entry = repositories.entries.by_arrival(batch.arrival)
        assert entry is not None
        why = Erasure(bytes(16), "consent_withdrawn")
        said = Declaration(entry.leaf_hash, ((1, 1),), "erased", "personal_data", erasure=why)
        told.statuses.declare([said])
        told.sequencer.run(close=True)
        after = index_of(files_of(told, choice))
        assert [line["record"] for line in after] == [line["record"] for line in before]
        name = record_urn(entry.leaf_hash, 1)
        (line,) = [line for line in after if line["proof"] == "erased"]
        assert (line["record"], line["statuses"]) == (name, "erased")
        assert line["leaf_index"] == str(entry.leaf_index)


class TestGaps:
    def test_content_that_is_gone_before_its_entry_is_logged_is_listed(self, told: Node) -> None:
        with told.store.engine.begin() as connection:
            one = (records.c.batch == 2) & (records.c.record_index == 0)
            connection.execute(update(records).where(one).values(payload=None, secret=None))
        out = io.BytesIO()
        request = EvidenceRequest(Choice(batches=(2,)), "auditor", "test")
        found = write_evidence(told, request, out.write)
        assert (found.records, found.proofs, found.erased) == (2, 1, 1)
        with zipfile.ZipFile(out) as archive:
            rows = archive.read("index.csv").decode().splitlines()
        assert ",erasure not logged yet," in rows[1]

    def test_records_that_are_too_young_are_listed(self, told: Node) -> None:
        owner = add_participant(told)
        told.submission.submit(document(event(7)), participant=owner)
        out = io.BytesIO()
        request = EvidenceRequest(Choice(everything=True), "auditor", "test")
        assert write_evidence(told, request, out.write).waiting == 1


@pytest.fixture
def archive(told: Node, tmp_path: Path) -> Path:
    """Return an evidence bundle unpacked, and its trust file beside it."""
    folder = tmp_path / "evidence"
    for name, data in files_of(told, Choice(everything=True, items=True)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    trust = trust_of(told.store, told.identity).to_json()
    (tmp_path / "my-trust.json").write_text(json.dumps(trust))
    (tmp_path / "evidence.zip").write_bytes(_zip(told, Choice(everything=True, items=True)))
    return folder


def check(folder: Path, *, of: Path | None = None) -> tuple[int, dict[str, Any]]:
    """Check it with the verifier that is in it, in a Python that has nothing else."""
    verifier, trust = folder / "itemproof_verify.py", folder.parent / "my-trust.json"
    done = run_single(
        verifier, "--all", of or folder, "--trust", trust, "--accept", "logged", "--json"
    )
    return done.returncode, json.loads(done.stdout)


class TestChecking:
    def test_folder_and_zip_are_accepted_by_the_verifier_in_them(self, archive: Path) -> None:
        for of in (archive, archive.parent / "evidence.zip"):
            status, found = check(archive, of=of)
            assert (status, found["proofs_verified"], found["faults"]) == (0, 7, [])

    @pytest.mark.parametrize(
        ("name", "fault"),
        [
            ("events/0000005.json", "differs from SHA256SUMS"),
            ("proofs/0000001.json", "differs from SHA256SUMS"),
            ("README.txt", "differs from SHA256SUMS"),
        ],
    )
    def test_a_changed_file_is_named(self, archive: Path, name: str, fault: str) -> None:
        path = archive / name
        path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))
        status, found = check(archive)
        assert status == 1
        assert {"file": name, "fault": fault} in found["faults"]

    def test_a_record_that_is_not_what_its_proof_proves(self, archive: Path) -> None:
        path = archive / "events/0000005.json"
        before = path.read_bytes()
        path.write_bytes(before.replace(b"shipping", b"storing_"))
        sums = archive / "SHA256SUMS"
        digests = [hashlib.sha256(data).hexdigest() for data in (before, path.read_bytes())]
        sums.write_text(sums.read_text().replace(*digests))
        status, found = check(archive)
        assert status == 1
        fault = "is not what proofs/0000005.json proves"
        assert found["faults"] == [{"file": "events/0000005.json", "fault": fault}]

    def test_a_file_too_many_and_one_too_few(self, archive: Path) -> None:
        (archive / "more.txt").write_text("x")
        (archive / "README.zh.txt").unlink()
        status, found = check(archive)
        assert status == 1
        assert {one["file"] for one in found["faults"]} == {"more.txt", "README.zh.txt"}

    def test_a_record_that_is_left_out(self, archive: Path) -> None:
        (archive / "events/0000005.json").unlink()
        sums = archive / "SHA256SUMS"
        lines = sums.read_text().splitlines(keepends=True)
        sums.write_text("".join(line for line in lines if "events/0000005" not in line))
        status, found = check(archive)
        assert (status, found["faults"][0]["fault"]) == (1, "has no record beside it")

    def test_another_trust_file_refuses_all(self, archive: Path) -> None:
        trust = archive.parent / "my-trust.json"
        value = json.loads(trust.read_text())
        trust.write_text(json.dumps(value | {"chain_id": value["chain_id"] + 1}))
        status, found = check(archive)
        assert (status, found["proofs_verified"], found["proofs_refused"]) == (1, 0, 7)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [("nothing", (2, "FILE_UNUSABLE")), ("no.zip", (1, "EVIDENCE_INVALID"))],
    )
    def test_what_is_no_bundle_is_named(
        self, archive: Path, name: str, expected: tuple[int, str]
    ) -> None:
        (archive.parent / "no.zip").write_bytes(b"PK")
        status, found = check(archive, of=archive.parent / name)
        assert (status, found["error"]["code"]) == expected


def test_proofs_of_a_key_that_is_suspect_are_counted_and_named(
    sqlite_node: Node, tmp_path: Path
) -> None:
    """The warning refutes nothing; what was signed before, and by others, has none."""
    key = SigningKey.generate()
    supplier = Supplier(sqlite_node, key, add_participant(sqlite_node, key=key))
    submit(sqlite_node, add_participant(sqlite_node), event(0))
    sent = []
    for number in (1, 2, 3):
        batch = supplier.batch(event(number))
        statement = supplier.statement(batch)
        sent.append(sqlite_node.capture.signed(supplier.sign(statement), statement, batch=batch))
        sqlite_node.sequencer.run(close=True)
    with sqlite_node.store.reading() as repositories:
        rows = [repositories.entries.by_leaf_hash(one.entry_hash) for one in sent]
    at = [row.leaf_index for row in rows if row is not None]
    folder = tmp_path / "evidence"
    folder.mkdir()
    trust = trust_of(sqlite_node.store, sqlite_node.identity).to_json()
    (tmp_path / "my-trust.json").write_text(json.dumps(trust))
    (folder / "itemproof_verify.py").write_bytes(build_verifier("1"))
    suspected = []
    for is_revoked in (False, True):
        if is_revoked:
            sqlite_node.registrar.revoke(key.key_id, reason="compromised", suspect_from=at[1])
            sqlite_node.sequencer.run(close=True)
        path = tmp_path / f"{is_revoked}.zip"
        path.write_bytes(_zip(sqlite_node, Choice(everything=True)))
        status, found = check(folder, of=path)
        assert (status, found["proofs_verified"], found["faults"]) == (0, 4, [])
        assert found["suspects"] == len(found["warnings"])
        suspected.append([(one["code"], one["entry_index"]) for one in found["warnings"]])
    assert suspected == [[], [("KEY_SUSPECT", at[1]), ("KEY_SUSPECT", at[2])]]

"""Evidence bundles with rewritten sums: nothing can be added, and nothing hidden."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.integration.ledger.test_evidence import files_of, tell
from tests.support.single_file import run_single
from traceability.ledger.evidence.choosing import Choice
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.ledger.trust import trust_of
from traceability.verify.alone.archive import ArchiveInvalid, check_archive
from traceability.verify.trust import load_trust


@pytest.fixture
def told(sqlite_node: Node) -> Node:
    """Return a ledger with a story."""
    return tell(sqlite_node)


class TestNothingInvented:
    """Whoever rewrites the sums can still add and hide nothing."""

    @pytest.fixture
    def recalled(self, told: Node, tmp_path: Path) -> dict[str, bytes]:
        """Return the files of a bundle in which one event is recalled."""
        with told.store.reading() as repositories:
            batch = repositories.batches.get(2)
            assert batch is not None
            entry = repositories.entries.by_arrival(batch.arrival)
        assert entry is not None
        said = Declaration(entry.leaf_hash, ((0, 0),), "recalled", "quality")
        told.statuses.declare([said], participant=batch.participant)
        told.sequencer.run(close=True)
        trust = trust_of(told.store, told.identity).to_json()
        (tmp_path / "my-trust.json").write_text(json.dumps(trust))
        return files_of(told, Choice(batches=(2,)))

    def judged(self, files: dict[str, bytes], folder: Path, lang: str = "en") -> tuple[int, str]:
        """Write the files with sums of their own, and check them as a user does."""
        files = {name: data for name, data in files.items() if name != "SHA256SUMS"}
        sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
        path, verifier = folder / "forged.zip", folder / "itemproof_verify.py"
        with zipfile.ZipFile(path, "w") as out:
            for name, data in (files | {"SHA256SUMS": "".join(sums).encode()}).items():
                out.writestr(name, data)
        verifier.write_bytes(files["itemproof_verify.py"])
        trust = folder / "my-trust.json"
        done = run_single(
            verifier, "--all", path, "--trust", trust, "--accept", "logged", lang=lang
        )
        return done.returncode, done.stdout + done.stderr

    @pytest.mark.parametrize(
        ("lang", "counts"),
        [("en", "proven statuses: current 1, recalled 1"), ("zh", "经证明的状态：现行有效 1")],
    )
    def test_proven_statuses_are_told(
        self, recalled: dict[str, bytes], tmp_path: Path, lang: str, counts: str
    ) -> None:
        status, said = self.judged(recalled, tmp_path, lang)
        assert status == 0, said
        assert counts in said
        assert "proofs/0000001.json" in said

    def test_an_event_that_was_never_logged(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        lines = recalled["index.csv"].decode().splitlines(keepends=True)
        more = {
            "events/0000003.json": recalled["events/0000001.json"],
            "index.csv": ("".join(lines) + lines[1].replace("0000001", "0000003")).encode(),
        }
        status, said = self.judged(recalled | more, tmp_path)
        assert status == 1
        assert "events/0000003.json: belongs to no proof" in said
        assert "index.csv, number 0000003: belongs to no proof" in said

    def test_a_recall_that_is_hidden(self, recalled: dict[str, bytes], tmp_path: Path) -> None:
        files = {name: data for name, data in recalled.items() if "statuses/" not in name}
        files["index.csv"] = files["index.csv"].replace(b"recalled", b"current")
        status, said = self.judged(files, tmp_path)
        assert status == 1
        assert "is missing: proofs/0000001.json proves recalled" in said
        assert "says status 'current', proofs/0000001.json proves 'recalled'" in said

    def test_another_status_entry(self, recalled: dict[str, bytes], tmp_path: Path) -> None:
        name = next(name for name in recalled if name.startswith("statuses/"))
        status, said = self.judged(recalled | {name: b"{}"}, tmp_path)
        assert (status, f"{name}: is no status entry" in said) == (1, True)

    def test_what_nothing_proves_is_the_operators_word(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        name = next(name for name in recalled if name.startswith("statuses/"))
        status, said = self.judged(recalled | {"statuses/99.json": recalled[name]}, tmp_path)
        assert status == 0
        assert "statuses/99.json: no proof, the operator's word alone" in said

    @pytest.mark.parametrize(
        "name", ["more.txt", "events/1.json", "events/x/0000001.json", "checkpoints/7.txt"]
    )
    def test_a_file_that_has_no_place(
        self, recalled: dict[str, bytes], tmp_path: Path, name: str
    ) -> None:
        status, said = self.judged(recalled | {name: b"x"}, tmp_path)
        assert (status, f"{name}: " in said) == (1, True)

    @pytest.mark.parametrize("name", ["../out.json", "/out.json", "a\\b.json", "C:/x", "a//b"])
    def test_an_unsafe_name_is_refused(
        self, recalled: dict[str, bytes], tmp_path: Path, name: str
    ) -> None:
        status, said = self.judged(recalled | {name: b"x"}, tmp_path)
        assert (status, "EVIDENCE_INVALID" in said, "unsafe name" in said) == (1, True, True)

    def test_a_name_that_is_there_twice_is_refused(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        path = tmp_path / "twice.zip"
        with zipfile.ZipFile(path, "w") as out:
            out.writestr("README.txt", recalled["README.txt"])
            with pytest.warns(UserWarning, match="Duplicate name"):
                out.writestr("README.txt", recalled["README.txt"])
        with pytest.raises(ArchiveInvalid, match=r"twice: 'README.txt'"):
            check_archive(path, load_trust(tmp_path / "my-trust.json"), accept="logged")

    def test_a_file_that_unpacks_to_too_much_is_refused(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        path = tmp_path / "bomb.zip"
        assert recalled
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("README.txt", bytes(2**24))
        with pytest.raises(ArchiveInvalid, match=r"too much: 'README.txt'"):
            check_archive(path, load_trust(tmp_path / "my-trust.json"), accept="logged")

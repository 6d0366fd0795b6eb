"""Evidence bundles with rewritten sums: nothing can be added, and nothing hidden."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import zipfile
from pathlib import Path

import pytest

from tests.integration.ledger.test_evidence import files_of, tell
from tests.support.single_file import run_single
from traceability.hashing.statement import ALL_RECORDS, Erasure
from traceability.ledger.evidence.choosing import Choice
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.ledger.trust import trust_of
from traceability.verify.alone.archive import ArchiveInvalid, Found, check_archive
from traceability.verify.trust import load_trust


@pytest.fixture
def told(sqlite_node: Node) -> Node:
    """Return a ledger with a story."""
    return tell(sqlite_node)


def second_batch(told: Node) -> tuple[bytes, bytes]:
    """Return the entry hash and the participant of the batch with two events."""
    with told.store.reading() as repositories:
        batch = repositories.batches.get(2)
        assert batch is not None
        entry = repositories.entries.by_arrival(batch.arrival)
    assert entry is not None
    return entry.leaf_hash, batch.participant


def write_trust(told: Node, folder: Path) -> None:
    trust = trust_of(told.store, told.identity).to_json()
    (folder / "my-trust.json").write_text(json.dumps(trust))


@pytest.fixture
def recalled(told: Node, tmp_path: Path) -> dict[str, bytes]:
    """Return the files of a bundle in which one event is recalled."""
    entry, participant = second_batch(told)
    said = Declaration(entry, ((0, 0),), "recalled", "quality")
    told.statuses.declare([said], participant=participant)
    told.sequencer.run(close=True)
    write_trust(told, tmp_path)
    return files_of(told, Choice(batches=(2,)))


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def check_bytes(data: bytes, folder: Path) -> Found:
    path = folder / "changed.zip"
    path.write_bytes(data)
    return check_archive(path, load_trust(folder / "my-trust.json"), accept="logged")


def judged(files: dict[str, bytes], folder: Path, lang: str = "en") -> tuple[int, str]:
    """Write the files with sums of their own, and check them as a user does."""
    files = {name: data for name, data in files.items() if name != "SHA256SUMS"}
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    path, verifier = folder / "forged.zip", folder / "itemproof_verify.py"
    path.write_bytes(zipped(files | {"SHA256SUMS": "".join(sums).encode()}))
    verifier.write_bytes(files["itemproof_verify.py"])
    trust = folder / "my-trust.json"
    done = run_single(verifier, "--all", path, "--trust", trust, "--accept", "logged", lang=lang)
    return done.returncode, done.stdout + done.stderr


class TestNothingInvented:
    """Whoever rewrites the sums can still add and hide nothing."""

    @pytest.mark.parametrize(
        ("lang", "counts"),
        [("en", "proven statuses: current 1, recalled 1"), ("zh", "经证明的状态：现行有效 1")],
    )
    def test_proven_statuses_are_told(
        self, recalled: dict[str, bytes], tmp_path: Path, lang: str, counts: str
    ) -> None:
        status, said = judged(recalled, tmp_path, lang)
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
        status, said = judged(recalled | more, tmp_path)
        assert status == 1
        assert "events/0000003.json: belongs to no proof" in said
        assert "index.csv, number 0000003: belongs to no proof" in said

    def test_a_recall_that_is_hidden(self, recalled: dict[str, bytes], tmp_path: Path) -> None:
        files = {name: data for name, data in recalled.items() if "statuses/" not in name}
        files["index.csv"] = files["index.csv"].replace(b"recalled", b"current")
        status, said = judged(files, tmp_path)
        assert status == 1
        assert "is missing: proofs/0000001.json proves recalled" in said
        assert "says status 'current', proofs/0000001.json proves 'recalled'" in said

    def test_another_status_entry(self, recalled: dict[str, bytes], tmp_path: Path) -> None:
        name = next(name for name in recalled if name.startswith("statuses/"))
        status, said = judged(recalled | {name: b"{}"}, tmp_path)
        assert (status, f"{name}: is no status entry" in said) == (1, True)

    def test_what_nothing_proves_is_the_operators_word(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        name = next(name for name in recalled if name.startswith("statuses/"))
        status, said = judged(recalled | {"statuses/99.json": recalled[name]}, tmp_path)
        assert status == 0
        assert "statuses/99.json: no proof, the operator's word alone" in said

    @pytest.mark.parametrize(
        "name", ["more.txt", "events/1.json", "events/x/0000001.json", "checkpoints/7.txt"]
    )
    def test_a_file_that_has_no_place(
        self, recalled: dict[str, bytes], tmp_path: Path, name: str
    ) -> None:
        status, said = judged(recalled | {name: b"x"}, tmp_path)
        assert (status, f"{name}: " in said) == (1, True)

    @pytest.mark.parametrize("name", ["../out.json", "/out.json", "a\\b.json", "C:/x", "a//b"])
    def test_an_unsafe_name_is_refused(
        self, recalled: dict[str, bytes], tmp_path: Path, name: str
    ) -> None:
        status, said = judged(recalled | {name: b"x"}, tmp_path)
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


class TestNothingHidden:
    """A record that is taken out is not counted, and none is called erased without an entry."""

    NAME = "urn:itemproof:record:" + "A" * 43 + ":0"

    def without(self, recalled: dict[str, bytes], *lines: str) -> dict[str, bytes]:
        """Take the second record out with all that names it, and add lines to the index."""
        files = {name: data for name, data in recalled.items() if "0000002" not in name}
        kept = [one for one in files["index.csv"].decode().splitlines() if "0000002" not in one]
        return files | {"index.csv": "".join(f"{one}\n" for one in [*kept, *lines]).encode()}

    def test_how_many_records_are_there_is_told(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        assert "2 of 2 records of 1 batches proven" in judged(recalled, tmp_path)[1]
        status, said = judged(self.without(recalled), tmp_path)
        assert (status, "1 of 2 records of 1 batches proven" in said) == (0, True)
        _, said = judged(self.without(recalled), tmp_path, "zh")
        assert "共有 2 条记录，此处证明了 1 条" in said

    @pytest.mark.parametrize(
        ("name", "fault"),
        [("urn:x", "names no record"), (NAME, "is erased by no entry in this archive")],
    )
    def test_an_erasure_that_no_entry_says_is_refused(
        self, recalled: dict[str, bytes], tmp_path: Path, name: str, fault: str
    ) -> None:
        line = f"0000009,{name},event,ObjectEvent,999,erased,erased,erased,22"
        status, said = judged(self.without(recalled, line), tmp_path)
        assert (status, f"index.csv, number 0000009: {fault}" in said) == (1, True)

    @pytest.mark.parametrize("whole", [False, True])
    def test_an_erasure_with_its_entry_is_the_operators_word(
        self, told: Node, tmp_path: Path, whole: bool
    ) -> None:
        entry, participant = second_batch(told)
        why = Erasure(bytes(16), "consent_withdrawn")
        ranges = ALL_RECORDS if whole else ((0, 0),)
        said = Declaration(entry, ranges, "erased", "personal_data", erasure=why)
        told.erasures.erase([said])
        told.sequencer.run(close=True)
        write_trust(told, tmp_path)
        files = files_of(told, Choice(everything=True))
        status, words = judged(files, tmp_path)
        assert status == 0, words
        assert "(erased): no proof, the operator's word alone" in words
        bare = {name: data for name, data in files.items() if "statuses/" not in name}
        status, words = judged(bare, tmp_path)
        assert (status, "is erased by no entry in this archive" in words) == (1, True)
        assert participant


class TestUnreadable:
    """Whatever is wrong with a ZIP is said in a line."""

    @pytest.mark.parametrize("place", ["central", "local"])
    def test_a_name_that_is_no_text(
        self, recalled: dict[str, bytes], tmp_path: Path, place: str
    ) -> None:
        assert recalled
        line = f"{hashlib.sha256(b'x').hexdigest()}  eventsé.json\n"
        data = bytearray(zipped({"eventsé.json": b"x", "SHA256SUMS": line.encode()}))
        name = "eventsé.json".encode()
        places = [found.start() for found in re.finditer(re.escape(name), bytes(data))]
        at = {"local": places[0], "central": places[-1]}[place]
        data[at + 6 : at + 8] = b"\xff\xfe"
        with pytest.raises(ArchiveInvalid):
            check_bytes(bytes(data), tmp_path)

    def test_bytes_changed_at_random_raise_nothing_else(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        whole = zipped({name: recalled[name] for name in ("README.txt", "index.csv", "SHA256SUMS")})
        chance = random.Random(7)
        refused = 0
        for _ in range(2_000):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 2, 5))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                assert check_bytes(bytes(data), tmp_path).exit_status == 1
            except ArchiveInvalid:
                refused += 1
        assert refused > 100

    def test_a_folder_with_a_name_that_is_no_text(
        self, recalled: dict[str, bytes], tmp_path: Path
    ) -> None:
        folder = tmp_path / "evidence"
        folder.mkdir()
        (folder / "SHA256SUMS").write_bytes(recalled["SHA256SUMS"])
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_bytes(b"x")
        with pytest.raises(ArchiveInvalid, match="unsafe name"):
            check_archive(folder, load_trust(tmp_path / "my-trust.json"), accept="logged")

"""The ZIP of an evidence bundle: what other programs read, the same bytes each time."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile

import pytest

from traceability.ledger.evidence.zipping import SUMS, EvidenceZip

FILES = {"a.txt": b"one", "多/b.json": b"{}", "empty": b""}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with EvidenceZip(out.write) as archive:
        for name, data in files.items():
            archive.add(name, data)
    return out.getvalue()


def test_is_read_by_others_and_sound() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*FILES, SUMS]
        assert {name: archive.read(name) for name in FILES} == FILES


def test_sums_are_as_sha256sum_writes_them() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        lines = archive.read(SUMS).decode().splitlines()
    assert lines == [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in FILES.items()]


def test_same_files_give_the_same_bytes_and_others_others() -> None:
    assert zipped(FILES) == zipped(FILES)
    assert zipped(FILES) != zipped(FILES | {"a.txt": b"two"})


def test_long_files_come_from_files() -> None:
    out = io.BytesIO()
    data = bytes(range(256)) * 10_000
    with tempfile.TemporaryFile() as file, EvidenceZip(out.write) as archive:
        file.write(data)
        archive.add_from("long", file)
    with zipfile.ZipFile(out) as read:
        assert read.read("long") == data


def test_holds_more_files_than_a_plain_zip_can_count() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({f"{n}": b"" for n in range(70_000)}))) as archive:
        assert len(archive.namelist()) == 70_001
        assert archive.read("69999") == b""


def test_is_not_finished_where_something_failed() -> None:
    out = io.BytesIO()
    with pytest.raises(OSError, match="disk"):
        fail(out)
    assert not zipfile.is_zipfile(out)


def fail(out: io.BytesIO) -> None:
    with EvidenceZip(out.write) as archive:
        archive.add("a", b"x")
        raise OSError("disk")

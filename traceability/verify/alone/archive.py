"""Every file of an evidence bundle, from its folder or its ZIP: sums, proofs, contents.

Source: docs/auditing.md, section "the evidence bundle". Nothing in the archive is trusted: its
own trust file is the operator's word and is not read.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from traceability.errors import ProofRejected
from traceability.strict_json import JSONValue
from traceability.verify.alone.contents import (
    INDEX,
    PROOFS,
    SUMS,
    Proven,
    is_member,
    record_of,
    status_index,
)
from traceability.verify.payload import payload_bytes
from traceability.verify.reading import MAX_BUNDLE_BYTES, parse_bundle
from traceability.verify.report import Report, State, Suspicion
from traceability.verify.trust import Trust
from traceability.verify.verifier import verify_bundle

CHUNK = 2**20
MAX_FAULTS = 1_000
MAX_SUMS_BYTES = MAX_INDEX_BYTES = 2**28
MAX_HEAD_BYTES = 2**20
# What is unpacked, all in all and of one file, against what is packed. Ours are not packed.
MAX_RATIO, MAX_TOTAL_BYTES = 100, 2**40
_ENCRYPTED, _PACKINGS = 1, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DIGITS, _BETWEEN = 64, "  "
_UNAVAILABLE, _NO_TRUST = 3, 2
_NOT_UNPACKED = (
    *(OSError, EOFError, RuntimeError, ValueError, OverflowError, struct.error),
    *(zlib.error, zipfile.BadZipFile),
)


class ArchiveInvalid(ProofRejected):
    """The evidence bundle cannot be read as one."""

    code = "EVIDENCE_INVALID"


class Files(Protocol):
    """The files of an archive, by name."""

    def names(self) -> set[str]:
        """Return the name of every file, with slashes."""

    def read(self, name: str, most: int) -> bytes:
        """Return at most so many bytes of a file and one more."""

    def digest(self, name: str) -> str:
        """Return a file's SHA-256 in hex."""


@dataclass(slots=True)
class Found:
    """What was found; `faults` are names of files and what is wrong with each."""

    verified: int = 0
    refused: int = 0
    files: int = 0
    statuses: set[int] = field(default_factory=set)
    faults: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, Suspicion]] = field(default_factory=list)
    suspects: int = 0
    unproven: list[str] = field(default_factory=list)
    proven: Proven = field(default_factory=Proven)

    def fault(self, name: str, what: str) -> None:
        """Note what is wrong with a file; of very many, the first."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append((name, what))

    def warn(self, name: str, warnings: tuple[Suspicion, ...]) -> None:
        """Note what a reader is to be told of a proof that holds; of very many, the first."""
        self.suspects += bool(warnings)
        if len(self.warnings) < MAX_FAULTS:
            self.warnings += [(name, one) for one in warnings]

    @property
    def exit_status(self) -> int:
        """0 if everything holds; 2 or 3 where blocks are unknown and nothing else is wrong."""
        wanting = self.statuses - {0}
        if wanting and wanting <= {_NO_TRUST, _UNAVAILABLE} and len(self.faults) == self.refused:
            return min(wanting)
        return 1 if self.faults or self.refused or not self.verified else 0

    def to_json(self) -> dict[str, Any]:
        """Return the answer."""
        return {
            "verified": self.exit_status == 0,
            "exit_status": self.exit_status,
            "proofs_verified": self.verified,
            "proofs_refused": self.refused,
            "files": self.files,
            "faults": [{"file": name, "fault": what} for name, what in self.faults],
            "statuses": dict(sorted(self.proven.counts.items())),
            "not_current": [
                {"file": name, "status": status, "as_of": size}
                for name, status, size in self.proven.not_current
            ],
            "operators_word": self.unproven[:MAX_FAULTS],
            "completeness": self.proven.completeness(),
            "suspects": self.suspects,
            "warnings": [{"file": name} | one.to_json() for name, one in self.warnings],
        }


def check_archive(path: Path, trust: Trust, *, accept: State) -> Found:
    """Check every file of an evidence bundle.

    Raises
    ------
    ArchiveInvalid
        It is neither a folder nor a ZIP, or has no list of sums.
    """
    found = Found()
    with _opened(path) as files:
        names = _check_sums(files, found)
        for name in sorted(names):
            if name.startswith(PROOFS):
                _check_proof(files, name, trust, accept=accept, names=names, found=found)
        _check_others(files, names, found)
    if not found.verified and not found.refused:
        found.fault(PROOFS, "holds no proof")
    return found


def _check_sums(files: Files, found: Found) -> set[str]:
    """Compare every file with the list of sums; return the names that both have."""
    names = files.names() - {SUMS}
    sums = dict(_sums(files))
    for name in sorted(names):
        if not is_member(name):
            found.fault(name, "has no place in an evidence bundle")
    for name in sorted(names - sums.keys()):
        found.fault(name, f"is not in {SUMS}")
    for name in sorted(sums.keys() - names):
        found.fault(name, "is missing")
    for name in sorted(names & sums.keys()):
        if files.digest(name) == sums[name]:
            found.files += 1
        else:
            found.fault(name, f"differs from {SUMS}")
    return names & sums.keys()


def _sums(files: Files) -> Iterator[tuple[str, str]]:
    try:
        text = files.read(SUMS, MAX_SUMS_BYTES).decode()
    except (KeyError, OSError, UnicodeDecodeError) as error:
        raise ArchiveInvalid(f"evidence bundle has no readable {SUMS}") from error
    for line in text.splitlines():
        digest, between, name = line[:_DIGITS], line[_DIGITS : _DIGITS + 2], line[_DIGITS + 2 :]
        if between != _BETWEEN or not name:
            raise ArchiveInvalid(f"{SUMS} has a malformed line: {line[:80]!r}")
        yield name, digest


def _check_proof(
    files: Files, name: str, trust: Trust, *, accept: State, names: set[str], found: Found
) -> None:
    data = files.read(name, MAX_BUNDLE_BYTES)
    report = verify_bundle(data, trust, accept=accept)
    found.statuses.add(report.exit_status)
    if not report.verified:
        found.refused += 1
        found.proven.refused.add(name)
        found.fault(name, _why(report))
        return
    found.verified += 1
    found.warn(name, report.facts.warnings if report.facts else ())
    bundle = parse_bundle(data)
    if report.facts is not None:
        found.proven.add(name, bundle, report.facts)
    expected = payload_bytes(bundle.record.kind, bundle.record.fields.fields)
    record = record_of(name, bundle.record.kind)
    if record not in names:
        found.fault(name, "has no record beside it")
    elif files.read(record, len(expected)) != expected:
        found.fault(record, f"is not what {name} proves")


def _check_others(files: Files, names: set[str], found: Found) -> None:
    """Hold every other file against what the proofs prove."""
    for fault in _other_faults(files, names, found):
        found.fault(*fault)


def _other_faults(files: Files, names: set[str], found: Found) -> Iterator[tuple[str, str]]:
    proven = found.proven
    yield from proven.check_names(names)
    for name in sorted(names):
        if name.startswith(("checkpoints/", "anchors/")):
            yield from proven.check_head(name, files.read(name, MAX_HEAD_BYTES))
        elif name.startswith("statuses/") and is_member(name):
            yield from proven.check_status(name, files.read(name, MAX_HEAD_BYTES))
            if status_index(name) not in proven.statuses:
                found.unproven.append(name)
    if INDEX in names:
        yield from proven.check_index(files.read(INDEX, MAX_INDEX_BYTES), found.unproven)
    else:
        yield INDEX, "is missing"


def _why(report: Report) -> str:
    steps: list[JSONValue] = [
        f"({step.step}) {step.code}: {step.reason}" for step in report.steps if step.reason
    ]
    return "; ".join(map(str, steps[:2]))


@contextmanager
def _opened(path: Path) -> Iterator[Files]:
    if path.is_dir():
        yield _Folder(path)
        return
    with path.open("rb") as handle:
        with _unpacking():
            archive = zipfile.ZipFile(handle)
        with archive:
            yield _Zip(archive)


@contextmanager
def _unpacking() -> Iterator[None]:
    """Refuse what the library cannot unpack, whatever it raises where it does not expect it."""
    try:
        yield
    except _NOT_UNPACKED as error:
        raise ArchiveInvalid(f"evidence bundle cannot be read: {error}") from error


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> set[str]:
        found = set()
        for path in self._root.rglob("*"):
            name = path.relative_to(self._root).as_posix()
            if path.is_symlink():
                raise ArchiveInvalid(f"evidence bundle holds a link: {name[:200]!r}")
            if not name.isprintable():
                raise ArchiveInvalid(f"evidence bundle holds an unsafe name: {name[:200]!r}")
            if not path.is_dir():
                found.add(name)
        return found

    def read(self, name: str, most: int) -> bytes:
        with (self._root / name).open("rb") as handle:
            return handle.read(most + 1)

    def digest(self, name: str) -> str:
        with (self._root / name).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


def _check_entry(info: zipfile.ZipInfo) -> None:
    """Refuse an entry that would lie elsewhere, that unpacks to too much, or is unreadable."""
    name, shown = info.filename, repr(info.orig_filename[:200])
    is_plain = name == info.orig_filename and name.isprintable() and "\\" not in name
    if not is_plain or ":" in name or {"", ".", ".."} & set(name.removesuffix("/").split("/")):
        raise ArchiveInvalid(f"evidence bundle holds an unsafe name: {shown}")
    if info.file_size > MAX_RATIO * info.compress_size + CHUNK:
        raise ArchiveInvalid(f"evidence bundle holds a file that unpacks to too much: {shown}")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _PACKINGS:
        raise ArchiveInvalid(f"evidence bundle holds a file that cannot be read: {shown}")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names: set[str] = set()
        total = packed = 0
        for info in archive.infolist():
            _check_entry(info)
            name = info.filename
            if name in self._names:
                raise ArchiveInvalid(f"evidence bundle holds a name twice: {name[:200]!r}")
            total, packed = total + info.file_size, packed + info.compress_size
            if not name.endswith("/"):
                self._names.add(name)
        if total > min(MAX_TOTAL_BYTES, MAX_RATIO * packed + CHUNK):
            raise ArchiveInvalid(f"evidence bundle unpacks to too much: {total} bytes")

    def names(self) -> set[str]:
        return self._names

    def read(self, name: str, most: int) -> bytes:
        with _unpacking(), self._archive.open(name) as handle:
            return handle.read(most + 1)

    def digest(self, name: str) -> str:
        found = hashlib.sha256()
        with _unpacking(), self._archive.open(name) as handle:
            while part := handle.read(CHUNK):
                found.update(part)
        return found.hexdigest()

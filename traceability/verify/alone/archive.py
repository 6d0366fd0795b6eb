"""Every file of an evidence bundle, from its folder or its ZIP: sums, proofs, contents.

Source: docs/auditing.md, section "the evidence bundle". Nothing in the archive is trusted: its
own trust file is the operator's word and is not read.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from traceability.errors import ProofRejected
from traceability.strict_json import JSONValue
from traceability.verify.payload import payload_bytes
from traceability.verify.reading import MAX_BUNDLE_BYTES, parse_bundle
from traceability.verify.report import Report, State, Suspicion
from traceability.verify.trust import Trust
from traceability.verify.verifier import verify_bundle

SUMS = "SHA256SUMS"
PROOFS, PAYLOAD_FOLDERS = "proofs/", ("events/", "documents/", "items/", "participants/")
CHUNK = 2**20
MAX_FAULTS = 1_000
MAX_SUMS_BYTES = 2**28
_DIGITS, _BETWEEN = 64, "  "
_UNAVAILABLE, _NO_TRUST = 3, 2


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
    if not found.verified and not found.refused:
        found.fault(PROOFS, "holds no proof")
    return found


def _check_sums(files: Files, found: Found) -> set[str]:
    """Compare every file with the list of sums; return the names that both have."""
    names = files.names() - {SUMS}
    sums = dict(_sums(files))
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
        found.fault(name, _why(report))
        return
    found.verified += 1
    found.warn(name, report.facts.warnings if report.facts else ())
    stem = name.removeprefix(PROOFS)
    beside = [folder + stem for folder in PAYLOAD_FOLDERS if folder + stem in names]
    bundle = parse_bundle(data)
    expected = payload_bytes(bundle.record.kind, bundle.record.fields.fields)
    if not beside:
        found.fault(name, "has no record beside it")
    for record in beside:
        if files.read(record, len(expected)) != expected:
            found.fault(record, f"is not what {name} proves")


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
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Zip(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise ArchiveInvalid(f"evidence bundle cannot be read: {error}") from error


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> set[str]:
        return {
            path.relative_to(self._root).as_posix()
            for path in self._root.rglob("*")
            if not path.is_dir()
        }

    def read(self, name: str, most: int) -> bytes:
        with (self._root / name).open("rb") as handle:
            return handle.read(most + 1)

    def digest(self, name: str) -> str:
        with (self._root / name).open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        listed = [name for name in archive.namelist() if not name.endswith("/")]
        if len(set(listed)) != len(listed):
            raise ArchiveInvalid("evidence bundle holds a name twice")
        self._names = set(listed)

    def names(self) -> set[str]:
        return self._names

    def read(self, name: str, most: int) -> bytes:
        with self._archive.open(name) as handle:
            return handle.read(most + 1)

    def digest(self, name: str) -> str:
        found = hashlib.sha256()
        with self._archive.open(name) as handle:
            while part := handle.read(CHUNK):
                found.update(part)
        return found.hexdigest()

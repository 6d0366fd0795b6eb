"""The signed list of a recall report's files: who signed, what it says in short, every byte.

Source: `docs/recall.md`. The envelope is DSSE, its payload JCS; a participant's own signature
comes first, the log key's last, so that a trust file is all that a checker needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traceability.errors import ItemProofError, ProofRejected
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import Envelope, envelope_from_json, verify_envelope
from traceability.hashing.signatures import ALGS
from traceability.hashing.statement import PublicKey
from traceability.strict_json import JSONValue, parse_json
from traceability.verify import shapes
from traceability.verify.trust import Trust

REPORT_TYPE = "application/vnd.itemproof.recall-report+json"
SUITE = "itemproof-1"
# Four files for each of some ten thousand holders: every pharmacy of a country.
MAX_FILES = 100_000
MAX_MANIFEST_BYTES = 24 * 2**20
PARTICIPANT_BYTES = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")


class ReportInvalid(ProofRejected):
    """The file is no signed list of a report, or one of another log."""

    code = "REPORT_INVALID"


class ReportChanged(ProofRejected):
    """A file of the report is not the one that was signed, or is missing, or was added."""

    code = "REPORT_CHANGED"


@dataclass(frozen=True, slots=True)
class FileSum:
    """Length and SHA-256 of a file."""

    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Author:
    """The participant that signs a report beside the operator."""

    participant: bytes
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is signed: the report in short, and the sums of its files by name."""

    log: bytes
    summary: Mapping[str, JSONValue]
    files: Mapping[str, FileSum]
    author: Author | None = None

    def to_bytes(self) -> bytes:
        """Return the payload of the envelope."""
        value: dict[str, JSONValue] = {
            "suite": SUITE,
            "type": "recall-report",
            "log": b64u_encode(self.log),
            "summary": dict(self.summary),
            "files": [
                {"name": name, "size": one.size, "sha256": one.sha256.hex()}
                for name, one in sorted(self.files.items())
            ],
        }
        if self.author is not None:
            value["author"] = {
                "participant": self.author.participant.hex(),
                "alg": self.author.key.alg,
                "public_key": b64u_encode(self.author.key.public_key),
            }
        return canonicalize(value)


def open_manifest(data: bytes, trust: Trust) -> Manifest:
    """Return the list that the trusted log key signed, and its author where it names one.

    Raises
    ------
    ReportInvalid, EnvelopeInvalid, SignersInvalid, SignatureInvalid, PublicKeyInvalid
    """
    envelope = _envelope(data)
    manifest = _read(envelope.payload)
    if manifest.log != trust.log:
        raise ReportInvalid(
            f"report is of another log: expected {trust.log.hex()[:16]}, "
            f"got {manifest.log.hex()[:16]}"
        )
    author = manifest.author
    keys = [] if author is None else [(author.key.alg, author.key.public_key)]
    log_key = (trust.log_key.alg, trust.log_key.public_key)
    verify_envelope(envelope, [*keys, log_key], payload_type=REPORT_TYPE)
    return manifest


def check_files(manifest: Manifest, found: Mapping[str, FileSum]) -> None:
    """Demand exactly the files that were signed.

    Raises
    ------
    ReportChanged
        Names the first file, by name, that is missing, changed or not of the report.
    """
    for name in sorted(manifest.files.keys() | found.keys()):
        signed, got = manifest.files.get(name), found.get(name)
        if signed is None:
            raise ReportChanged(f"file is not of the report: {name!r}", pointer=f"/{name}")
        if got is None:
            raise ReportChanged(f"file of the report is missing: {name!r}", pointer=f"/{name}")
        if got != signed:
            raise ReportChanged(
                f"file is not the one that was signed: {name!r}: expected {signed.size} bytes with "
                f"SHA-256 {signed.sha256.hex()[:16]}, got {got.size} with {got.sha256.hex()[:16]}",
                pointer=f"/{name}",
            )


def _envelope(data: bytes) -> Envelope:
    try:
        return envelope_from_json(parse_json(data, max_bytes=2 * MAX_MANIFEST_BYTES))
    except ItemProofError as error:
        raise ReportInvalid(f"report's signature is refused: {error}") from error


def _read(payload: bytes) -> Manifest:
    try:
        value = parse_canonical(payload, max_bytes=MAX_MANIFEST_BYTES)
        found = shapes.members(
            value,
            "",
            required=("suite", "type", "log", "summary", "files"),
            optional=("author",),
        )
        return _manifest(found)
    except ReportInvalid:
        raise
    except ItemProofError as error:
        raise ReportInvalid(f"report's list is refused: {error}", pointer=error.pointer) from error


def _manifest(found: Mapping[str, Any]) -> Manifest:
    if (found["suite"], found["type"]) != (SUITE, "recall-report"):
        raise ReportInvalid("payload is no recall report of this suite", pointer="/type")
    if not isinstance(found["summary"], dict):
        raise ReportInvalid("summary is no object", pointer="/summary")
    files = shapes.items(found["files"], "/files", most=MAX_FILES)
    named = [_file(one, f"/files/{at}") for at, one in enumerate(files)]
    names = [name for name, _ in named]
    if names != sorted(set(names)):
        raise ReportInvalid("files are not in order, each once", pointer="/files")
    log = shapes.binary(found["log"], "/log", length=shapes.HASH_BYTES)
    author = _author(found["author"]) if "author" in found else None
    return Manifest(log, found["summary"], dict(named), author)


def _file(value: JSONValue, at: str) -> tuple[str, FileSum]:
    found = shapes.members(value, at, required=("name", "size", "sha256"))
    name = shapes.text(found["name"], f"{at}/name")
    if not _NAME.fullmatch(name):
        raise ReportInvalid(f"file name is refused: {name[:80]!r}", pointer=f"{at}/name")
    size = shapes.integer(found["size"], f"{at}/size")
    return name, FileSum(size, _hex(found["sha256"], f"{at}/sha256", shapes.HASH_BYTES))


def _author(value: JSONValue) -> Author:
    at = "/author"
    found = shapes.members(value, at, required=("participant", "alg", "public_key"))
    participant = _hex(found["participant"], f"{at}/participant", PARTICIPANT_BYTES)
    alg = shapes.text(found["alg"], f"{at}/alg")
    if alg not in ALGS:
        raise ReportInvalid(f"signature scheme is unknown: {alg[:40]!r}", pointer=f"{at}/alg")
    key = PublicKey(alg, shapes.binary(found["public_key"], f"{at}/public_key"))
    return Author(participant, key)


def _hex(value: JSONValue, at: str, length: int) -> bytes:
    text = shapes.text(value, at)
    if not re.fullmatch(r"[0-9a-f]*", text) or len(text) != 2 * length:
        raise ReportInvalid(f"value at {at!r} is not {length} bytes in hex", pointer=at)
    return bytes.fromhex(text)

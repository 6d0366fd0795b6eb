"""What an evidence bundle holds beside its proofs, held against what the proofs prove.

Source: docs/auditing.md, section "the evidence bundle". A file or a line that no verified proof
speaks of is a fault, or, where no proof could speak of it, is named as the operator's word.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from traceability.errors import ItemProofError
from traceability.hashing.commitment import RecordKind
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import ERASED, BatchStatement, StatusStatement, parse_statement
from traceability.merkle.checkpoint import parse_checkpoint
from traceability.merkle.state_trees import WHOLE_BATCH, StatusLeaf
from traceability.verify.bundle import KIND_NAMES, Bundle, evidence_json
from traceability.verify.identity import record_urn
from traceability.verify.report import RecordFacts
from traceability.verify.statuses import derive_status

SUMS, INDEX, PROOFS = "SHA256SUMS", "index.csv", "proofs/"
COLUMNS = ("number", "record", "kind", "what", "leaf_index", "proof", "statuses", "status", "as_of")
FOLDERS = {kind: f"{name}s" for kind, name in KIND_NAMES.items()}
# What the index says of a record that has no proof, in the place of the proof's name.
GONE, GONE_EARLY, TOO_YOUNG = "erased", "erasure not logged yet", "not logged yet"
UNPROVEN = (GONE, GONE_EARLY, TOO_YOUNG)
CURRENT = "current"
MOST_NAMED = 1_000
_SINGLE = (
    *("README.txt", "README.zh.txt", "itemproof_verify.py", "trust.operator.json"),
    *(INDEX, SUMS),
)
_RECORD = re.compile(rf"({'|'.join(FOLDERS.values())})/([0-9]{{7,12}}\.json)")
_NAME = re.compile(r"urn:itemproof:record:([A-Za-z0-9_-]{43}):([0-9]{1,16})")
_MEMBER = re.compile(
    rf"(proofs|{'|'.join(FOLDERS.values())})/[0-9]{{7,12}}\.json"
    r"|(anchors|statuses)/[0-9]{1,16}\.json|checkpoints/[0-9]{1,16}\.txt"
)
Fault = tuple[str, str]


def is_member(name: str) -> bool:
    """Tell whether a file of this name belongs in an evidence bundle."""
    return name in _SINGLE or _MEMBER.fullmatch(name) is not None


def what_of(bundle: Bundle) -> str:
    """Return what a record is in a word: an event's type and step, an item's id, a media type."""
    header = bundle.record.fields.fields[0].value
    members = header if isinstance(header, dict) else {}
    names = ("type", "bizStep", "id", "media_type")
    return " ".join(str(members[name]) for name in names if name in members)


def record_of(name: str, kind: RecordKind) -> str:
    """Return the file in which the record of a proof lies."""
    return f"{FOLDERS[kind]}/{name.removeprefix(PROOFS)}"


def statuses_of(bundle: Bundle, entry_hash: bytes) -> list[StatusLeaf]:
    """Return the statuses that a proof holds of its record and its whole entry, in order."""
    mine = (WHOLE_BATCH, bundle.record.index)
    found = {
        part.leaf
        for run in bundle.status
        for part in run
        if part.leaf.entry_hash == entry_hash and part.leaf.record_index in mine
    }
    return sorted(found, key=lambda leaf: (leaf.entry_index, leaf.record_index, leaf.kind))


def proven_line(name: str, bundle: Bundle, entry_hash: bytes) -> tuple[str, ...]:
    """Return the index's line of a proof, without its number: what the proof says, and no more."""
    statuses = statuses_of(bundle, entry_hash)
    return (
        record_urn(entry_hash, bundle.record.index),
        KIND_NAMES[bundle.record.kind],
        what_of(bundle),
        str(bundle.entry.index),
        name,
        ";".join(leaf.kind for leaf in statuses),
        derive_status(statuses),
        str(parse_checkpoint(bundle.checkpoint).checkpoint.tree_size),
    )


def anchor_file(bundle: Bundle) -> bytes:
    """Return the file of a bundle's anchor, or nothing."""
    if bundle.anchor is None:
        return b""
    return json.dumps(evidence_json(bundle.anchor), separators=(",", ":")).encode()


@dataclass(slots=True)
class Proven:
    """What the verified proofs say of the other files; `refused` are proofs that say nothing."""

    refused: set[str] = field(default_factory=set)
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    heads: dict[str, set[bytes]] = field(default_factory=dict)
    # By leaf index of its entry: the statuses, and a proof that proves it.
    statuses: dict[int, dict[StatusLeaf, str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    not_current: list[tuple[str, str, int]] = field(default_factory=list)
    # By entry hash: how many records its statement says that it has, and which are proven.
    batches: dict[bytes, tuple[int, set[int]]] = field(default_factory=dict)
    # By entry hash in base64url: what the entries in this archive say is erased of it.
    erased: dict[str, list[StatusStatement]] = field(default_factory=dict)

    def add(self, name: str, bundle: Bundle, facts: RecordFacts) -> None:
        """Take over what a verified proof proves."""
        self.lines[name] = proven_line(name, bundle, facts.entry_hash)
        if facts.entry_hash not in self.batches:
            self.batches[facts.entry_hash] = (_record_count(bundle), set())
        self.batches[facts.entry_hash][1].add(bundle.record.index)
        size = facts.status_size
        head, anchor = bundle.checkpoint.encode(), anchor_file(bundle)
        self.heads.setdefault(f"checkpoints/{size}.txt", set()).add(_digest(head))
        if anchor:
            self.heads.setdefault(f"anchors/{size}.json", set()).add(_digest(anchor))
        for leaf in statuses_of(bundle, facts.entry_hash):
            self.statuses.setdefault(leaf.entry_index, {}).setdefault(leaf, name)
        self.counts[facts.status] += 1
        if facts.status != CURRENT and len(self.not_current) < MOST_NAMED:
            self.not_current.append((name, facts.status, size))

    def completeness(self) -> dict[str, int]:
        """Return of how many records, in how many batches, how many are proven here."""
        counts = [(count, len(found)) for count, found in self.batches.values()]
        return {
            "batches": len(counts),
            "records": sum(count for count, _ in counts),
            "proven": sum(found for _, found in counts),
        }

    def check_names(self, names: set[str]) -> Iterator[Fault]:
        """Name records without a proof, heads without one, and status entries that lack."""
        for name in sorted(names):
            found = _RECORD.fullmatch(name)
            proof = "" if found is None else PROOFS + found[2]
            line = self.lines.get(proof)
            if found is not None and proof not in self.refused:
                if line is None:
                    yield name, "belongs to no proof"
                elif f"{line[1]}s" != found[1]:
                    yield name, f"is not what {proof} proves"
        for name in sorted(self.heads.keys() - names):
            yield name, "is missing"
        for index, leaves in sorted(self.statuses.items()):
            name = f"statuses/{index}.json"
            if name not in names:
                leaf, proof = next(iter(leaves.items()))
                yield name, f"is missing: {proof} proves {leaf.kind}"

    def check_head(self, name: str, data: bytes) -> Iterator[Fault]:
        """Hold a head or an anchor against those in the proofs."""
        if _digest(data) not in self.heads.get(name, set()) and not self.refused:
            yield name, "is in no proof"

    def check_status(self, name: str, data: bytes) -> Iterator[Fault]:
        """Hold a status entry against the statuses that proofs prove of its leaf index."""
        try:
            said = parse_statement(parse_envelope(data).payload)
        except (ItemProofError, ValueError):
            said = None
        if not isinstance(said, StatusStatement):
            yield name, "is no status entry"
            return
        if said.kind == ERASED:
            self.erased.setdefault(b64u_encode(said.entry), []).append(said)
        for leaf, proof in self.statuses.get(status_index(name), {}).items():
            if not _says(said, leaf):
                yield name, f"is not the entry of which {proof} proves {leaf.kind}"

    def check_index(self, data: bytes, unproven: list[str]) -> Iterator[Fault]:
        """Hold every line of the index against its proof; note the lines that have none."""
        try:
            lines = list(csv.reader(io.StringIO(data.decode()), strict=True))
        except (UnicodeDecodeError, csv.Error):
            lines = []
        if not lines or tuple(lines[0]) != COLUMNS:
            yield INDEX, "is no index"
            return
        seen: set[str] = set()
        for line in lines[1:]:
            yield from self._check_line(line, seen, unproven)
        for name in sorted((self.lines.keys() | self.refused) - seen):
            yield INDEX, f"has no line for {name}"

    def _check_line(self, line: list[str], seen: set[str], unproven: list[str]) -> Iterator[Fault]:
        place = f"{INDEX}, number {line[0][:16]}" if line else INDEX
        if len(line) != len(COLUMNS):
            yield place, "is malformed"
            return
        number, proof = line[0], line[5]
        key = PROOFS + number + ".json"
        if key in seen:
            yield place, "is there twice"
        seen.add(key)
        if proof in UNPROVEN and key not in self.lines and key not in self.refused:
            yield from self._check_unproven(line, place)
            unproven.append(f"{place} ({proof})")
        elif key in self.lines:
            for column, said, proven in zip(COLUMNS[1:], line[1:], self.lines[key], strict=True):
                if said != proven:
                    yield place, f"says {column} {said[:80]!r}, {key} proves {proven[:80]!r}"
        elif key not in self.refused:
            yield place, "belongs to no proof"

    def _check_unproven(self, line: list[str], place: str) -> Iterator[Fault]:
        """Ask of a line without proof that it names a record, and where it lies that it is gone."""
        named = _NAME.fullmatch(line[1])
        if named is None:
            yield place, "names no record"
        elif line[5] == GONE:
            said = self.erased.get(named[1], [])
            if not any(_covers(one, int(named[2])) for one in said):
                yield place, "is erased by no entry in this archive"


def status_index(name: str) -> int:
    """Return the leaf index by which the file of a status entry is named."""
    return int(name.removeprefix("statuses/").removesuffix(".json"))


def _says(said: StatusStatement, leaf: StatusLeaf) -> bool:
    if (said.kind, said.entry) != (leaf.kind, leaf.entry_hash):
        return False
    if isinstance(said.records, int):
        return leaf.record_index == WHOLE_BATCH
    return _covers(said, leaf.record_index)


def _covers(said: StatusStatement, record_index: int) -> bool:
    """Tell whether a statement speaks of a record, or of all of a batch."""
    if isinstance(said.records, int):
        return True
    return any(first <= record_index <= last for first, last in said.records)


def _record_count(bundle: Bundle) -> int:
    """Return how many records the signed statement says that it has; a card is one."""
    said = parse_statement(bundle.entry.envelope.payload)
    return said.record_count if isinstance(said, BatchStatement) else 1


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()

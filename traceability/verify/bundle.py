"""The proof bundle: frozen values and their one written form.

Source: `docs/formats.md`, section 8. A bundle holds only what the verifier checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import Field, RecordKind
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import Envelope
from traceability.merkle.state_trees import KeyLeaf, StatusLeaf
from traceability.strict_json import JSONValue
from traceability.verify.evidence import AnchorEvidence

MEDIA_TYPE = "application/vnd.itemproof.proof+json"
SUITE = "itemproof-1"

KIND_NAMES = {
    RecordKind.EVENT: "event",
    RecordKind.ITEM: "item",
    RecordKind.PARTICIPANT: "participant",
    RecordKind.DOCUMENT: "document",
}
KINDS = {name: kind for kind, name in KIND_NAMES.items()}


@dataclass(frozen=True, slots=True)
class CompleteDisclosure:
    """Every field of a record, in order."""

    fields: tuple[Field, ...]

    def to_json(self) -> dict[str, JSONValue]:
        """Return the bundle's `fields` member."""
        return {"complete": [_field_json(field) for field in self.fields]}


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field, its leaf index in its record's tree, and its path to the field root."""

    index: int
    field: Field
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PartialDisclosure:
    """Some fields of a record, the header first; `count` is what the signer committed."""

    count: int
    shown: tuple[ShownField, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields alone."""
        return tuple(shown.field for shown in self.shown)

    def to_json(self) -> dict[str, JSONValue]:
        """Return the bundle's `fields` member."""
        return {
            "count": self.count,
            "partial": [
                {"index": s.index, "leaf": _field_json(s.field), "path": _path_json(s.path)}
                for s in self.shown
            ],
        }


Disclosure = CompleteDisclosure | PartialDisclosure


@dataclass(frozen=True, slots=True)
class RecordPart:
    """The record in its batch."""

    kind: RecordKind
    index: int
    path: tuple[bytes, ...]
    fields: Disclosure


@dataclass(frozen=True, slots=True)
class LotPart:
    """Record 0 of the same batch: the attributes of the lot."""

    path: tuple[bytes, ...]
    fields: Disclosure


@dataclass(frozen=True, slots=True)
class EntryPart:
    """The batch entry in the log."""

    envelope: Envelope
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LoggedPart:
    """An entry whose index follows from elsewhere: the state entry, the registration."""

    envelope: Envelope
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class KeyPart:
    """The signer's key in the tree of keys."""

    leaf: KeyLeaf
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StatusPart:
    """One leaf of the tree of statuses."""

    leaf: StatusLeaf
    index: int
    path: tuple[bytes, ...]


StatusRun = tuple[StatusPart, ...]


@dataclass(frozen=True, slots=True)
class SeenProof:
    """That the checkpoint which the signer had seen was anchored, and is our log's past."""

    consistency: tuple[bytes, ...]
    anchor: AnchorEvidence


@dataclass(frozen=True, slots=True)
class Bundle:
    """A proof bundle; `to_bytes` is its only valid form."""

    record: RecordPart
    entry: EntryPart
    state: LoggedPart
    key: KeyPart
    registration: LoggedPart
    status: tuple[StatusRun, ...]
    genesis: Envelope
    checkpoint: str
    card: Disclosure | None = None
    lot: LotPart | None = None
    anchor: AnchorEvidence | None = None
    seen_proof: SeenProof | None = None

    def to_json(self) -> dict[str, JSONValue]:
        """Return the bundle's members; absent parts are absent."""
        value: dict[str, JSONValue] = {
            "suite": SUITE,
            "record": {
                "kind": KIND_NAMES[self.record.kind],
                "index": self.record.index,
                "path": _path_json(self.record.path),
                "fields": self.record.fields.to_json(),
            },
            "entry": _logged_json(self.entry) | {"index": self.entry.index},
            "state": _logged_json(self.state),
            "key": _leaf_json(self.key),
            "registration": _logged_json(self.registration),
            "status": [[_leaf_json(part) for part in run] for run in self.status],
            "genesis": self.genesis.to_json(),
            "checkpoint": self.checkpoint,
        }
        if self.card is not None:
            value["card"] = {"fields": self.card.to_json()}
        if self.lot is not None:
            value["lot"] = {"path": _path_json(self.lot.path), "fields": self.lot.fields.to_json()}
        if self.anchor is not None:
            value["anchor"] = evidence_json(self.anchor)
        if self.seen_proof is not None:
            value["seen_proof"] = {
                "consistency": _path_json(self.seen_proof.consistency),
                "anchor": evidence_json(self.seen_proof.anchor),
            }
        return value

    def to_bytes(self) -> bytes:
        """Return the bundle's JCS bytes."""
        return canonicalize(self.to_json())


def evidence_json(evidence: AnchorEvidence) -> dict[str, JSONValue]:
    """Return anchor evidence as bundles and `/log/anchor/<size>` carry it."""
    return {
        "header": b64u_encode(evidence.header),
        "account": _path_json(evidence.account),
        "slots": [_path_json(nodes) for nodes in evidence.slots],
    }


def _path_json(path: Sequence[bytes]) -> list[JSONValue]:
    return [b64u_encode(part) for part in path]


def _field_json(field: Field) -> list[JSONValue]:
    return [list(field.path), b64u_encode(field.salt), field.value]


def _logged_json(part: EntryPart | LoggedPart) -> dict[str, JSONValue]:
    return {"envelope": part.envelope.to_json(), "path": _path_json(part.path)}


def _leaf_json(part: KeyPart | StatusPart) -> dict[str, JSONValue]:
    return {"leaf": part.leaf.to_json(), "index": part.index, "path": _path_json(part.path)}

"""Read a proof bundle strictly: its one written form, exact members, limits.

Source: `docs/formats.md`, sections 0 and 8.
"""

from __future__ import annotations

from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import Field
from traceability.hashing.envelope import MAX_ENTRY_BYTES, Envelope, envelope_from_json
from traceability.hashing.salts import SALT_BYTES
from traceability.merkle.state_trees import KeyLeaf, StatusLeaf
from traceability.strict_json import JSONValue
from traceability.verify import shapes
from traceability.verify.bundle import (
    KINDS,
    SUITE,
    Bundle,
    CompleteDisclosure,
    Disclosure,
    EntryPart,
    KeyPart,
    LoggedPart,
    LotPart,
    PartialDisclosure,
    RecordPart,
    SeenProof,
    ShownField,
    StatusPart,
    StatusRun,
)
from traceability.verify.evidence import MAX_NODES, AnchorEvidence
from traceability.verify.shapes import BundleLimit, BundleMembers, BundleValue

# A complete event of 65,536 short fields has about 8 MB.
MAX_BUNDLE_BYTES = 16 * 2**20
# A record may be nested 32 deep, and a bundle puts five levels around its values.
MAX_BUNDLE_DEPTH = 40
MAX_FIELDS = 65_536
MAX_FIELD_PATH = 2
# A path of 64 hashes belongs to a tree that nobody can build.
MAX_CHECKPOINT_CHARACTERS = 1_024
# One run brackets both positions, or two do.
MAX_STATUS_RUNS = 2
# A record is recalled and released a handful of times, not a thousand.
MAX_STATUS_LEAVES = 1_024


def parse_bundle(data: bytes) -> Bundle:
    """Return the bundle that the bytes are; anything but their one form is refused."""
    value = parse_canonical(data, max_bytes=MAX_BUNDLE_BYTES, max_depth=MAX_BUNDLE_DEPTH)
    found = shapes.members(
        value,
        "",
        required=(
            "suite", "record", "entry", "state", "key", "registration", "status",
            "genesis", "checkpoint",
        ),
        optional=("card", "lot", "anchor", "seen_proof"),
    )  # fmt: skip
    if found["suite"] != SUITE:
        raise BundleValue(f"suite is unknown: expected {SUITE!r}", pointer="/suite")
    if "seen_proof" in found and "anchor" not in found:
        raise BundleMembers("seen_proof stands without anchor", pointer="/seen_proof")
    return Bundle(
        record=_record(found["record"]),
        entry=_entry(found["entry"]),
        state=_logged(found["state"], "/state"),
        key=_key(found["key"]),
        registration=_logged(found["registration"], "/registration"),
        status=_status(found["status"]),
        genesis=_envelope(found["genesis"], "/genesis"),
        checkpoint=_checkpoint(found["checkpoint"]),
        card=_card(found["card"]) if "card" in found else None,
        lot=_lot(found["lot"]) if "lot" in found else None,
        anchor=parse_evidence(found["anchor"], "/anchor") if "anchor" in found else None,
        seen_proof=_seen_proof(found["seen_proof"]) if "seen_proof" in found else None,
    )


def parse_evidence(value: JSONValue, at: str = "") -> AnchorEvidence:
    """Return anchor evidence from its JSON form."""
    found = shapes.members(value, at, required=("header", "account", "slots"))
    slots = shapes.items(found["slots"], f"{at}/slots", most=2)
    if len(slots) != 2:  # noqa: PLR2004  a head is two slots
        raise BundleValue("evidence has the wrong number of slots: expected 2", pointer=at)
    return AnchorEvidence(
        header=shapes.binary(found["header"], f"{at}/header"),
        account=_nodes(found["account"], f"{at}/account"),
        slots=(_nodes(slots[0], f"{at}/slots/0"), _nodes(slots[1], f"{at}/slots/1")),
    )


def _nodes(value: JSONValue, at: str) -> tuple[bytes, ...]:
    found = shapes.items(value, at, most=MAX_NODES)
    return tuple(shapes.binary(node, f"{at}/{i}") for i, node in enumerate(found))


def _record(value: JSONValue) -> RecordPart:
    found = shapes.members(value, "/record", required=("kind", "index", "path", "fields"))
    kind = KINDS.get(shapes.text(found["kind"], "/record/kind"))
    if kind is None:
        raise BundleValue(f"record kind is none of {sorted(KINDS)}", pointer="/record/kind")
    return RecordPart(
        kind=kind,
        index=shapes.integer(found["index"], "/record/index"),
        path=shapes.digests(found["path"], "/record/path"),
        fields=_disclosure(found["fields"], "/record/fields"),
    )


def _lot(value: JSONValue) -> LotPart:
    found = shapes.members(value, "/lot", required=("path", "fields"))
    return LotPart(
        path=shapes.digests(found["path"], "/lot/path"),
        fields=_disclosure(found["fields"], "/lot/fields"),
    )


def _card(value: JSONValue) -> Disclosure:
    found = shapes.members(value, "/card", required=("fields",))
    return _disclosure(found["fields"], "/card/fields")


def _disclosure(value: JSONValue, at: str) -> Disclosure:
    if isinstance(value, dict) and "complete" in value:
        complete = shapes.members(value, at, required=("complete",))["complete"]
        leaves = shapes.items(complete, f"{at}/complete", most=MAX_FIELDS)
        fields = (_field(leaf, f"{at}/complete/{i}") for i, leaf in enumerate(leaves))
        return CompleteDisclosure(tuple(fields))
    found = shapes.members(value, at, required=("count", "partial"))
    shown = shapes.items(found["partial"], f"{at}/partial", most=MAX_FIELDS)
    return PartialDisclosure(
        count=shapes.integer(found["count"], f"{at}/count"),
        shown=tuple(_shown(leaf, f"{at}/partial/{i}") for i, leaf in enumerate(shown)),
    )


def _shown(value: JSONValue, at: str) -> ShownField:
    found = shapes.members(value, at, required=("index", "leaf", "path"))
    return ShownField(
        index=shapes.integer(found["index"], f"{at}/index"),
        field=_field(found["leaf"], f"{at}/leaf"),
        path=shapes.digests(found["path"], f"{at}/path"),
    )


def _field(value: JSONValue, at: str) -> Field:
    parts = shapes.items(value, at, most=3)
    if len(parts) != 3:  # noqa: PLR2004  path, salt, value
        raise BundleValue(f"field at {at!r} is not [path, salt, value]", pointer=at)
    path: list[str | int] = []
    for part in shapes.items(parts[0], f"{at}/0", most=MAX_FIELD_PATH):
        is_name = isinstance(part, str)
        path.append(shapes.text(part, f"{at}/0") if is_name else shapes.integer(part, f"{at}/0"))
    return Field(tuple(path), shapes.binary(parts[1], f"{at}/1", length=SALT_BYTES), parts[2])


def _envelope(value: JSONValue, at: str) -> Envelope:
    envelope = envelope_from_json(value)
    size = len(envelope.to_bytes())
    if size > MAX_ENTRY_BYTES:
        raise BundleLimit(
            f"entry at {at!r} is too long: at most {MAX_ENTRY_BYTES} bytes, got {size}", pointer=at
        )
    return envelope


def _entry(value: JSONValue) -> EntryPart:
    found = shapes.members(value, "/entry", required=("envelope", "index", "path"))
    return EntryPart(
        envelope=_envelope(found["envelope"], "/entry/envelope"),
        index=shapes.integer(found["index"], "/entry/index"),
        path=shapes.digests(found["path"], "/entry/path"),
    )


def _logged(value: JSONValue, at: str) -> LoggedPart:
    found = shapes.members(value, at, required=("envelope", "path"))
    return LoggedPart(
        envelope=_envelope(found["envelope"], f"{at}/envelope"),
        path=shapes.digests(found["path"], f"{at}/path"),
    )


def _key(value: JSONValue) -> KeyPart:
    found = shapes.members(value, "/key", required=("leaf", "index", "path"))
    return KeyPart(
        leaf=KeyLeaf.from_json(found["leaf"]),
        index=shapes.integer(found["index"], "/key/index"),
        path=shapes.digests(found["path"], "/key/path"),
    )


def _status(value: JSONValue) -> tuple[StatusRun, ...]:
    runs = []
    for r, run in enumerate(shapes.items(value, "/status", most=MAX_STATUS_RUNS)):
        leaves = shapes.items(run, f"/status/{r}", most=MAX_STATUS_LEAVES)
        runs.append(tuple(_status_part(leaf, f"/status/{r}/{i}") for i, leaf in enumerate(leaves)))
    return tuple(runs)


def _status_part(value: JSONValue, at: str) -> StatusPart:
    found = shapes.members(value, at, required=("leaf", "index", "path"))
    return StatusPart(
        leaf=StatusLeaf.from_json(found["leaf"]),
        index=shapes.integer(found["index"], f"{at}/index"),
        path=shapes.digests(found["path"], f"{at}/path"),
    )


def _checkpoint(value: JSONValue) -> str:
    note = shapes.text(value, "/checkpoint")
    if len(note) > MAX_CHECKPOINT_CHARACTERS:
        raise BundleLimit("checkpoint is too long", pointer="/checkpoint")
    return note


def _seen_proof(value: JSONValue) -> SeenProof:
    found = shapes.members(value, "/seen_proof", required=("consistency", "anchor"))
    return SeenProof(
        # A consistency path has one hash more than an inclusion path can have.
        consistency=shapes.digests(found["consistency"], "/seen_proof/consistency"),
        anchor=parse_evidence(found["anchor"], "/seen_proof/anchor"),
    )

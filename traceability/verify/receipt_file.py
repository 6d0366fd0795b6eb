"""A receipt with what it is judged by, in one file that anybody can check without the operator.

Source: `docs/formats.md`, section 7. A file is either a receipt alone or
`{"receipt", "witnesses": [{"anchor", "leaf"?: {"checkpoint", "leaf_hash", "path"}}]}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import Envelope, envelope_from_json
from traceability.hashing.statement import Receipt
from traceability.strict_json import JSONValue, parse_json
from traceability.verify import shapes
from traceability.verify.bundle import evidence_json
from traceability.verify.chain_steps import ChainView
from traceability.verify.evidence import AnchoredHead, AnchorEvidence, check_evidence
from traceability.verify.faults import BlockNotCanonical
from traceability.verify.reading import MAX_CHECKPOINT_CHARACTERS, parse_evidence
from traceability.verify.receipt import (
    Judgement,
    ProvenLeaf,
    ReceiptInvalid,
    Witness,
    judge_receipt,
    open_receipt,
)
from traceability.verify.trust import Trust

MAX_RECEIPT_FILE_BYTES = 4 * 2**20
# One or two decide; some more do no harm.
MAX_WITNESSES = 16


@dataclass(frozen=True, slots=True)
class WitnessPart:
    """Evidence of an anchored head and what it holds at the receipt's index, unchecked."""

    anchor: AnchorEvidence
    leaf: ProvenLeaf | None = None

    def to_json(self) -> dict[str, JSONValue]:
        """Return the file's form."""
        value: dict[str, JSONValue] = {"anchor": evidence_json(self.anchor)}
        if self.leaf is not None:
            value["leaf"] = {
                "checkpoint": self.leaf.checkpoint,
                "leaf_hash": b64u_encode(self.leaf.leaf_hash),
                "path": [b64u_encode(node) for node in self.leaf.inclusion_path],
            }
        return value


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A receipt's envelope and the witnesses beside it."""

    envelope: Envelope
    witnesses: tuple[WitnessPart, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the file."""
        return canonicalize(
            {
                "receipt": self.envelope.to_json(),
                "witnesses": [part.to_json() for part in self.witnesses],
            }
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A receipt, the verdict, the parts that it rests on, and how many are of unknown blocks."""

    receipt: Receipt
    judgement: Judgement
    decisive: tuple[WitnessPart, ...]
    unknown_blocks: int


def parse_receipt_file(data: bytes) -> ReceiptFile:
    """Read a receipt, alone or with witnesses; white space is of no matter.

    The answer to a submission, which has its receipt among other members, will do too.
    """
    value = parse_json(data, max_bytes=MAX_RECEIPT_FILE_BYTES)
    if not isinstance(value, dict) or "receipt" not in value:
        return ReceiptFile(_envelope(value))
    if "witnesses" not in value:
        return ReceiptFile(_envelope(value["receipt"]))
    found = shapes.members(value, "", required=("receipt", "witnesses"))
    parts = shapes.items(found["witnesses"], "/witnesses", most=MAX_WITNESSES)
    return ReceiptFile(
        _envelope(found["receipt"]),
        tuple(_part(part, f"/witnesses/{at}") for at, part in enumerate(parts)),
    )


def _envelope(value: JSONValue) -> Envelope:
    if not isinstance(value, dict) or "payload" not in value:
        raise ReceiptInvalid("file is no receipt: it has neither a payload nor a receipt")
    return envelope_from_json(value)


def _part(value: JSONValue, at: str) -> WitnessPart:
    found = shapes.members(value, at, required=("anchor",), optional=("leaf",))
    anchor = parse_evidence(found["anchor"], f"{at}/anchor")
    if "leaf" not in found:
        return WitnessPart(anchor)
    at = f"{at}/leaf"
    leaf = shapes.members(found["leaf"], at, required=("checkpoint", "leaf_hash", "path"))
    checkpoint = shapes.text(leaf["checkpoint"], f"{at}/checkpoint")
    if len(checkpoint) > MAX_CHECKPOINT_CHARACTERS:
        raise ReceiptInvalid("checkpoint is too long", pointer=f"{at}/checkpoint")
    leaf_hash = shapes.binary(leaf["leaf_hash"], f"{at}/leaf_hash", length=shapes.HASH_BYTES)
    path = shapes.digests(leaf["path"], f"{at}/path")
    return WitnessPart(anchor, ProvenLeaf(leaf_hash, path, checkpoint))


def read_head(anchor: AnchorEvidence, trust: Trust) -> AnchoredHead:
    """Return the head that evidence proves; that its block is the chain's is not decided here."""
    return check_evidence(
        anchor,
        trust.log,
        contract=trust.contract,
        code_hash=trust.code_hash,
        foreign_block_numbers=trust.block_number == "foreign",
    )


def judge_file(
    file: ReceiptFile,
    trust: Trust,
    *,
    found: Sequence[WitnessPart] = (),
    chain: ChainView | None = None,
    now: datetime,
) -> Judged:
    """Judge a receipt by its own witnesses and those that were found elsewhere.

    A witness counts only if its block is pinned by the trust file or final by `chain`.

    Raises
    ------
    ReceiptInvalid, SignersInvalid, BlockNotCanonical, WitnessInvalid
        The receipt is not of the trusted log, or a witness does not prove what it claims.
    Unavailable
        The chain cannot be asked.
    """
    receipt = open_receipt(file.envelope.to_bytes(), trust)
    parts = (*file.witnesses, *found)
    checked = [(part, _witness(part, trust, chain)) for part in parts]
    known = [(part, witness) for part, witness in checked if witness is not None]
    judgement = judge_receipt(receipt, trust, witnesses=[witness for _, witness in known], now=now)
    return Judged(
        receipt,
        judgement,
        decisive=tuple(_decisive(judgement, known)),
        unknown_blocks=len(checked) - len(known),
    )


def _decisive(
    judgement: Judgement, known: Iterable[tuple[WitnessPart, Witness]]
) -> Iterable[WitnessPart]:
    return (part for part, witness in known if witness is judgement.witness)


def _witness(part: WitnessPart, trust: Trust, chain: ChainView | None) -> Witness | None:
    head = read_head(part.anchor, trust)
    canonical = trust.block_hashes.get(head.header_number)
    if canonical is None and chain is not None:
        canonical = chain.final_block_hash(head.header_number)
    if canonical is None:
        return None
    if canonical != head.header_hash:
        raise BlockNotCanonical(
            f"witness is of a block that is not the chain's: block {head.header_number} is "
            f"{canonical.hex()[:16]}, got {head.header_hash.hex()[:16]}"
        )
    return Witness(head, part.leaf)

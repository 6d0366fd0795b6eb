"""The types of statement: what a key signs, as frozen values with one written form each.

Source: docs/formats.md, sections "statement" and "entry and log".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, TypeAlias

from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import b64u_encode, format_time
from traceability.strict_json import JSONValue

SUITE = "itemproof-1"
PARTICIPANT_BYTES = 16
ROLES = (
    "auditor",
    "carrier",
    "distributor",
    "operator",
    "producer",
    "retailer",
    "supplier",
)
CUSTODIES = ("self", "operator")
REVOCATION_REASONS = ("rotated", "compromised", "lost", "ceased")
STATUS_KINDS = ("corrected", "recalled", "recall_lifted", "erased")
# An entry is permanent, so that a reason is one of these and never free text.
STATUS_REASONS = (
    "contamination",
    "counterfeit",
    "court_order",
    "did_not_occur",
    "duplicate",
    "incorrect_data",
    "labelling",
    "mistaken",
    "other",
    "personal_data",
    "quality",
    "regulation",
    "resolved",
    "retention_ended",
    "safety",
)
ERASED = "erased"
# Why content was erased, in words of the law rather than of the goods: also permanent.
ERASURE_BASES = (
    "child_data",
    "consent_withdrawn",
    "court_order",
    "legal_obligation",
    "objection",
    "other",
    "purpose_fulfilled",
    "retention_ended",
    "service_ended",
    "trade_secret",
    "unlawful_processing",
)
REQUESTER_BYTES = 16
ALL_RECORDS = -1
# Ascending, disjoint, not adjacent; both ends are included.
Ranges: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A raw public key and its scheme."""

    alg: str
    public_key: bytes

    def to_json(self) -> dict[str, JSONValue]:
        """Return the key's JSON."""
        return {"alg": self.alg, "public_key": b64u_encode(self.public_key)}


@dataclass(frozen=True, slots=True)
class Succeeds:
    """The last good anchored head of the log that a new one succeeds."""

    log: bytes
    tree_size: int
    root_hash: bytes


@dataclass(frozen=True, slots=True)
class Genesis:
    """Entry 0: which chain, contract and opener, and the log's two keys."""

    type: ClassVar[str] = "genesis"
    chain_id: int
    contract: str
    opener: str
    log_key: PublicKey
    registrar_key: PublicKey
    succeeds: Succeeds | None = None

    def to_payload(self) -> bytes:
        """Return the JCS payload."""
        value: dict[str, JSONValue] = {
            "suite": SUITE,
            "type": self.type,
            "chain_id": self.chain_id,
            "contract": self.contract,
            "opener": self.opener,
            "log_key": self.log_key.to_json(),
            "registrar_key": self.registrar_key.to_json(),
        }
        if self.succeeds is not None:
            value["succeeds"] = {
                "log": b64u_encode(self.succeeds.log),
                "tree_size": self.succeeds.tree_size,
                "root_hash": b64u_encode(self.succeeds.root_hash),
            }
        return canonicalize(value)


@dataclass(frozen=True, slots=True)
class Header:
    """What every statement but genesis says: its log, its key, its place in the key's chain."""

    log: bytes
    key: bytes
    sequence: int
    previous: bytes
    claimed_time: datetime


@dataclass(frozen=True, slots=True)
class _Signed:
    """A statement with a header."""

    type: ClassVar[str]
    header: Header

    def _own(self) -> dict[str, JSONValue]:
        raise AssertionError("every statement has its own members")

    def to_json(self) -> dict[str, JSONValue]:
        """Return the payload's JSON."""
        return {
            "suite": SUITE,
            "type": self.type,
            "log": b64u_encode(self.header.log),
            "key": b64u_encode(self.header.key),
            "sequence": self.header.sequence,
            "previous": b64u_encode(self.header.previous),
            "claimed_time": format_time(self.header.claimed_time),
            **self._own(),
        }

    def to_payload(self) -> bytes:
        """Return the JCS payload."""
        return canonicalize(self.to_json())


@dataclass(frozen=True, slots=True)
class KeyRegister(_Signed):
    """A new key: whose, for what, and who holds it."""

    type: ClassVar[str] = "key"
    alg: str
    public_key: bytes
    participant: bytes
    custody: str
    roles: tuple[str, ...]
    prefixes: tuple[str, ...]
    card: bytes

    def _own(self) -> dict[str, JSONValue]:
        return {
            "action": "register",
            "alg": self.alg,
            "public_key": b64u_encode(self.public_key),
            "participant": b64u_encode(self.participant),
            "custody": self.custody,
            "scopes": {"roles": list(self.roles), "prefixes": list(self.prefixes)},
            "card": b64u_encode(self.card),
        }


@dataclass(frozen=True, slots=True)
class KeyRevoke(_Signed):
    """The end of a key."""

    type: ClassVar[str] = "key"
    target: bytes
    until_reason: str
    suspect_from: int | None = None

    def _own(self) -> dict[str, JSONValue]:
        own: dict[str, JSONValue] = {
            "action": "revoke",
            "target": b64u_encode(self.target),
            "until_reason": self.until_reason,
        }
        return own if self.suspect_from is None else own | {"suspect_from": self.suspect_from}


@dataclass(frozen=True, slots=True)
class Seen:
    """The head that a signer had seen."""

    tree_size: int
    root_hash: bytes


@dataclass(frozen=True, slots=True)
class BatchStatement(_Signed):
    """A batch of records."""

    type: ClassVar[str] = "batch"
    participant: bytes
    seen: Seen
    record_count: int
    batch_root: bytes

    def _own(self) -> dict[str, JSONValue]:
        return {
            "participant": b64u_encode(self.participant),
            "seen": {
                "tree_size": self.seen.tree_size,
                "root_hash": b64u_encode(self.seen.root_hash),
            },
            "record_count": self.record_count,
            "batch_root": b64u_encode(self.batch_root),
        }


@dataclass(frozen=True, slots=True)
class Replacement:
    """The record that replaces a corrected one."""

    entry: bytes
    record: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """Who asked that content be erased, on what legal basis, and which fields; None: all.

    `requester` is the random id under which the operator keeps the request on file. `fields`
    are leaf indexes of one record; leaf 0, the header, is never erased.
    """

    requester: bytes
    basis: str
    fields: Ranges | None = None

    def to_json(self) -> dict[str, JSONValue]:
        """Return the erasure's JSON."""
        value: dict[str, JSONValue] = {
            "requester": b64u_encode(self.requester),
            "basis": self.basis,
        }
        if self.fields is not None:
            value["fields"] = [[first, last] for first, last in self.fields]
        return value


@dataclass(frozen=True, slots=True)
class StatusStatement(_Signed):
    """A status of records of one batch: ranges [first, last], or −1 for all.

    `entry` is the leaf hash of the batch's entry; of an erased card, of a key's registration.
    """

    type: ClassVar[str] = "status"
    entry: bytes
    records: Ranges | int
    kind: str
    reason: str
    replacement: Replacement | None = None
    erasure: Erasure | None = None

    def _own(self) -> dict[str, JSONValue]:
        own: dict[str, JSONValue] = {
            "entry": b64u_encode(self.entry),
            "records": self.records
            if isinstance(self.records, int)
            else [[first, last] for first, last in self.records],
            "kind": self.kind,
            "reason": self.reason,
        }
        if self.replacement is not None:
            own["replacement"] = {
                "entry": b64u_encode(self.replacement.entry),
                "record": self.replacement.record,
            }
        if self.erasure is not None:
            own["erasure"] = self.erasure.to_json()
        return own


@dataclass(frozen=True, slots=True)
class ScoreStatement(_Signed):
    """A score: hashes of policy and integer statistics, size of the input, code version."""

    type: ClassVar[str] = "score"
    policy: bytes
    input_size: int
    statistics: bytes
    code_version: str

    def _own(self) -> dict[str, JSONValue]:
        return {
            "policy": b64u_encode(self.policy),
            "input_size": self.input_size,
            "statistics": b64u_encode(self.statistics),
            "code_version": self.code_version,
        }


@dataclass(frozen=True, slots=True)
class StateStatement(_Signed):
    """The trees of keys and statuses over entries 0 … index − 1."""

    type: ClassVar[str] = "state"
    index: int
    previous_state: bytes
    keys_size: int
    keys_root: bytes
    status_size: int
    status_root: bytes

    def _own(self) -> dict[str, JSONValue]:
        return {
            "index": self.index,
            "previous_state": b64u_encode(self.previous_state),
            "keys_size": self.keys_size,
            "keys_root": b64u_encode(self.keys_root),
            "status_size": self.status_size,
            "status_root": b64u_encode(self.status_root),
        }


SignedStatement: TypeAlias = (
    KeyRegister | KeyRevoke | BatchStatement | StatusStatement | ScoreStatement | StateStatement
)
Statement: TypeAlias = Genesis | SignedStatement

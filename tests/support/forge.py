"""A ledger in memory, honest by default and hostile on request, that emits proof bundles.

Fixed seeds give fixed bytes; nothing is shared with the ledger that the product runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from eth_hash.auto import keccak

from tests.support import ethereum
from traceability.hashing.commitment import Commitment, Field, RecordKind, commit, salted_fields
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import (
    BatchStatement,
    Erasure,
    Genesis,
    Header,
    KeyRegister,
    KeyRevoke,
    PublicKey,
    Seen,
    Statement,
    StateStatement,
    StatusStatement,
    entry_leaf_hash,
    log_id,
)
from traceability.merkle.checkpoint import Checkpoint, origin_for, sign_checkpoint
from traceability.merkle.proofs import consistency_path, inclusion_path, nodes_of
from traceability.merkle.state_trees import KeyLeaf, SortedTree, StatusLeaf
from traceability.merkle.tree import root_hash
from traceability.strict_json import JSONValue
from traceability.verify.building import disclose, key_part, status_runs
from traceability.verify.bundle import (
    Bundle,
    CompleteDisclosure,
    EntryPart,
    LoggedPart,
    LotPart,
    RecordPart,
    SeenProof,
)
from traceability.verify.evidence import AnchorEvidence
from traceability.verify.trust import Trust

CHAIN_ID = 31337
OPENER = "0x" + "0e" * 20
HOST = "ledger.example"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
# One block every twelve seconds from here on.
FIRST_BLOCK, FIRST_TIME, BLOCK_SECONDS = 1_000, int(START.timestamp()) + 60, 12
GTIN, LOT, PREFIX = "09506000134352", "L1", "9506000"


def seeded(*labels: object) -> bytes:
    return sha256("/".join(map(str, labels)).encode()).digest()


def signing_key(name: str) -> SigningKey:
    return SigningKey.from_seed(seeded("key", name))


@dataclass(frozen=True, slots=True)
class Record:
    """A record before it is signed."""

    kind: RecordKind
    fields: tuple[Field, ...]

    @property
    def commitment(self) -> Commitment:
        return commit(self.kind, self.fields)


def item(serial: str, *, gtin: str = GTIN, lot: str = LOT) -> Record:
    uri = f"https://id.gs1.org/01/{gtin}/10/{lot}/21/{serial}"
    salt = seeded("salt", gtin, lot, serial)[:16]
    return Record(RecordKind.ITEM, (Field((), salt, {"kind": "item", "id": uri}),))


def event(body: dict[str, JSONValue]) -> Record:
    payload: dict[str, JSONValue] = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-01-05T08:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "shipping",
    }
    merged: dict[str, JSONValue] = {
        name: value for name, value in (payload | body).items() if value is not None
    }
    secret = seeded("secret", sorted(merged))
    return Record(RecordKind.EVENT, tuple(salted_fields(RecordKind.EVENT, merged, secret)))


def document(body: dict[str, JSONValue], *, media_type: str) -> Record:
    fields = salted_fields(
        RecordKind.DOCUMENT, body, seeded("document", media_type), media_type=media_type
    )
    return Record(RecordKind.DOCUMENT, tuple(fields))


def lot_document(*, gtin: str = GTIN, lot: str = LOT) -> Record:
    body: dict[str, JSONValue] = {
        "gtin": gtin,
        "lot": lot,
        "quantity": 3,
        "name": {"zh": "铜芯电缆盘", "en": "Copper cable drum"},
    }
    return document(body, media_type="application/vnd.itemproof.lot+json")


def card(name: str) -> Record:
    body: dict[str, JSONValue] = {"name": name, "gln": "9506000134352"}
    fields = salted_fields(RecordKind.PARTICIPANT, body, seeded("card", name))
    return Record(RecordKind.PARTICIPANT, tuple(fields))


@dataclass(frozen=True, slots=True)
class Member:
    """A participant with one key."""

    name: str
    key: SecretKey
    participant: bytes
    card: Record
    registered_at: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A logged batch."""

    index: int
    envelope: Envelope
    records: tuple[Record, ...]
    member: Member
    statement: BatchStatement


@dataclass(slots=True)
class Forge:
    """The ledger; methods append entries, `bundle` proves a record at the newest state."""

    contract: str = ethereum.CONTRACT
    chain_id: int = CHAIN_ID
    entries: list[Envelope] = field(default_factory=list)
    keys: dict[bytes, KeyLeaf] = field(default_factory=dict)
    statuses: list[StatusLeaf] = field(default_factory=list)
    anchored: dict[int, ethereum.State] = field(default_factory=dict)
    log: bytes = b""
    log_key: SigningKey = field(default_factory=lambda: signing_key("log"))
    registrar: SigningKey = field(default_factory=lambda: signing_key("registrar"))
    _previous: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    _previous_state: bytes = ZERO_HASH

    def __post_init__(self) -> None:
        genesis = Genesis(
            chain_id=self.chain_id,
            contract=self.contract,
            opener=OPENER,
            log_key=_public(self.log_key),
            registrar_key=_public(self.registrar),
        )
        self.append(genesis, self.log_key, self.registrar)
        self.log = log_id(
            chain_id=self.chain_id,
            contract=self.contract,
            opener=OPENER,
            genesis_leaf_hash=entry_leaf_hash(self.entries[0]),
        )

    # Appending.

    def append(self, statement: Statement, *keys: SecretKey) -> int:
        return self.append_raw(sign_envelope(STATEMENT_TYPE, statement.to_payload(), keys))

    def append_raw(self, envelope: Envelope) -> int:
        self.entries.append(envelope)
        return len(self.entries) - 1

    def header(self, key: SecretKey, /, **changes: object) -> Header:
        sequence, previous = self._previous.get(key.key_id, (0, ZERO_HASH))
        claimed = START + timedelta(seconds=len(self.entries))
        header = Header(self.log, key.key_id, sequence, previous, claimed)
        return replace(header, **changes)  # type: ignore[arg-type]  # names are the fields

    def _logged(self, key: SecretKey, index: int) -> int:
        sequence, _ = self._previous.get(key.key_id, (0, ZERO_HASH))
        self._previous[key.key_id] = (sequence + 1, entry_leaf_hash(self.entries[index]))
        return index

    def register(
        self,
        name: str,
        *,
        roles: tuple[str, ...] = ("producer",),
        prefixes: tuple[str, ...] = (PREFIX,),
        custody: str = "self",
        key: SecretKey | None = None,
        signers: Sequence[SecretKey] | None = None,
        **changes: object,
    ) -> Member:
        new = key or signing_key(name)
        member = Member(name, new, seeded("participant", name)[:16], card(name), len(self.entries))
        statement = KeyRegister(
            header=self.header(self.registrar),
            alg=new.alg,
            public_key=new.public_key,
            participant=member.participant,
            custody=custody,
            roles=roles,
            prefixes=prefixes,
            card=member.card.commitment.leaf_hash(),
        )
        statement = replace(statement, **changes)  # type: ignore[arg-type]  # as above
        by = signers if signers is not None else (self.registrar, new)
        self._logged(self.registrar, self.append(statement, *by))
        self.keys[new.key_id] = KeyLeaf(new.key_id, member.registered_at, None, None)
        return member

    def revoke(self, member: Member, *, suspect_from: int | None = None) -> int:
        statement = KeyRevoke(
            header=self.header(member.key),
            target=member.key.key_id,
            until_reason="rotated",
            suspect_from=suspect_from,
        )
        index = self._logged(member.key, self.append(statement, member.key))
        leaf = self.keys[member.key.key_id]
        self.keys[member.key.key_id] = replace(leaf, until=index, suspect_from=suspect_from)
        return index

    def batch(
        self,
        member: Member,
        records: Sequence[Record],
        *,
        seen_size: int | None = None,
        signers: Sequence[SecretKey] | None = None,
        **changes: object,
    ) -> Batch:
        size = len(self.entries) if seen_size is None else seen_size
        statement = BatchStatement(
            header=self.header(member.key),
            participant=member.participant,
            seen=Seen(size, self.root(size)),
            record_count=len(records),
            batch_root=root_hash([record.commitment.leaf_hash() for record in records]),
        )
        statement = replace(statement, **changes)  # type: ignore[arg-type]  # as above
        by = signers if signers is not None else (member.key,)
        index = self._logged(member.key, self.append(statement, *by))
        return Batch(index, self.entries[index], tuple(records), member, statement)

    def status(self, batch: Batch, kind: str, *, records: tuple[int, ...] | None = None) -> int:
        statement = StatusStatement(
            self.header(batch.member.key),
            entry_hash := entry_leaf_hash(batch.envelope),
            records=-1 if records is None else tuple((i, i) for i in records),
            kind=kind,
            reason="quality",
            erasure=Erasure(bytes(16), "other") if kind == "erased" else None,
        )
        index = self._logged(batch.member.key, self.append(statement, batch.member.key))
        self.statuses += [StatusLeaf(entry_hash, i, kind, index) for i in records or (-1,)]
        return index

    def state(self, *, signers: Sequence[SecretKey] | None = None, **changes: object) -> int:
        keys, statuses = self.key_tree(), self.status_tree()
        statement = StateStatement(
            header=self.header(self.log_key),
            index=len(self.entries),
            previous_state=self._previous_state,
            keys_size=keys.size,
            keys_root=keys.root_hash,
            status_size=statuses.size,
            status_root=statuses.root_hash,
        )
        statement = replace(statement, **changes)  # type: ignore[arg-type]  # as above
        by = signers if signers is not None else (self.log_key,)
        index = self._logged(self.log_key, self.append(statement, *by))
        self._previous_state = entry_leaf_hash(self.entries[index])
        return index

    def anchor(self) -> int:
        """Anchor the log as it is; return its size."""
        size, block = len(self.entries), FIRST_BLOCK + 10 * len(self.anchored)
        previous = max((s.head.block_number for s in self.anchored.values()), default=0)
        time = FIRST_TIME + BLOCK_SECONDS * (block - FIRST_BLOCK)
        head = ethereum.Head(self.root(size), size, block, time, previous)
        self.anchored[size] = ethereum.State(self.log, head, self.contract, neighbours=3)
        return size

    # Reading.

    def hashes(self) -> list[bytes]:
        return [entry_leaf_hash(envelope) for envelope in self.entries]

    def root(self, size: int | None = None) -> bytes:
        return root_hash(self.hashes()[:size])

    def path(self, index: int, *, size: int | None = None) -> tuple[bytes, ...]:
        hashes = self.hashes()[:size]
        return tuple(inclusion_path(index, tree_size=len(hashes), node=nodes_of(hashes)))

    def consistency(self, from_size: int, *, size: int | None = None) -> tuple[bytes, ...]:
        hashes = self.hashes()[:size]
        path = consistency_path(from_size, tree_size=len(hashes), node=nodes_of(hashes))
        return tuple(path)

    def key_tree(self) -> SortedTree[KeyLeaf]:
        return SortedTree(sorted(self.keys.values(), key=KeyLeaf.sort_key))

    def status_tree(self) -> SortedTree[StatusLeaf]:
        return SortedTree(sorted(self.statuses, key=StatusLeaf.sort_key))

    def checkpoint(self, *, size: int | None = None, key: SigningKey | None = None) -> str:
        size = len(self.entries) if size is None else size
        head = Checkpoint(self.origin, size, self.root(size))
        return sign_checkpoint(head, key or self.log_key)

    @property
    def origin(self) -> str:
        return origin_for(HOST, self.log)

    def evidence(self, size: int) -> AnchorEvidence:
        found = self.anchored[size].evidence()
        return AnchorEvidence(found.header, found.account, found.slots)

    def trust(self, **changes: object) -> Trust:
        blocks = {
            state.head.block_number: keccak(state.evidence().header)
            for state in self.anchored.values()
        }
        trust = Trust(
            chain_id=self.chain_id,
            contract=self.contract,
            code_hash=ethereum.CODE_HASH,
            log=self.log,
            log_key=_public(self.log_key),
            origin=self.origin,
            block_hashes=blocks,
        )
        return replace(trust, **changes)  # type: ignore[arg-type]  # as above

    def bundle(
        self,
        batch: Batch,
        record_index: int,
        *,
        show: Sequence[int] | None = None,
        with_card: bool = False,
        with_lot: bool = False,
        with_seen: bool = False,
    ) -> Bundle:
        """Prove a record; the newest entry must be a state entry."""
        record, size = batch.records[record_index], len(self.entries)
        leaves = [one.commitment.leaf_hash() for one in batch.records]

        def in_batch(index: int) -> tuple[bytes, ...]:
            return tuple(inclusion_path(index, tree_size=len(leaves), node=nodes_of(leaves)))

        complete = CompleteDisclosure(record.fields)
        fields = complete if show is None else disclose(record.fields, show)
        key_id = batch.member.key.key_id
        seen = batch.statement.seen.tree_size
        lot = LotPart(in_batch(0), CompleteDisclosure(batch.records[0].fields))
        seen_proof = None
        if with_seen:
            seen_proof = SeenProof(self.consistency(seen), self.evidence(seen))
        return Bundle(
            record=RecordPart(record.kind, record_index, in_batch(record_index), fields),
            entry=EntryPart(batch.envelope, batch.index, self.path(batch.index)),
            state=LoggedPart(self.entries[size - 1], self.path(size - 1)),
            key=key_part(self.key_tree(), key_id),
            registration=LoggedPart(
                self.entries[batch.member.registered_at], self.path(batch.member.registered_at)
            ),
            status=status_runs(self.status_tree(), entry_leaf_hash(batch.envelope), record_index),
            genesis=self.entries[0],
            checkpoint=self.checkpoint(),
            card=CompleteDisclosure(batch.member.card.fields) if with_card else None,
            lot=lot if with_lot else None,
            anchor=self.evidence(size) if size in self.anchored else None,
            seen_proof=seen_proof,
        )


def _public(key: SecretKey) -> PublicKey:
    return PublicKey(key.alg, key.public_key)

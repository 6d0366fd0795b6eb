"""The pieces that an audit is done in, and what doing one needs and yields.

A piece reads one range of one snapshot and holds no more than that range; what depends on what
went before is left to whoever collects the results, in order (`audit.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import Genesis, KeyRegister, Statement, parse_statement
from traceability.ledger.audit.difference import Finding
from traceability.ledger.audit.signed import CheckedEntry
from traceability.store.repositories import Repositories
from traceability.store.repositories.auditing import AuditRepository
from traceability.store.repositories.tree import CheckpointRow

# Entries of a piece: eight tiles.
ENTRIES = 2_048
# Items of a piece of a large batch, and records of other pieces: multiples of a tile's width.
RECORDS, SMALL = 16_384, 4_096
# Small batches of a piece.
BATCHES = 2_048


class RowsUnit(NamedTuple):
    """The indexes of one table, and rows that it has twice."""

    table: str


class TypesUnit(NamedTuple):
    """The storage classes of one table's values."""

    table: str


class EntriesUnit(NamedTuple):
    """Entries `first` … `last` − 1 of the log."""

    first: int
    last: int


class BatchesUnit(NamedTuple):
    """Every batch numbered `first` … `last`, with all that belongs to them."""

    first: int
    last: int


class ChunkUnit(NamedTuple):
    """Records `first` … `last` − 1 of a large batch that has `of`."""

    batch: int
    first: int
    last: int
    of: int


class SerialsUnit(NamedTuple):
    """The serials of a GTIN of which several batches have items."""

    gtin: str


class StraysUnit(NamedTuple):
    """One query for rows that belong to nothing."""

    number: int


Unit: TypeAlias = (
    RowsUnit | TypesUnit | EntriesUnit | BatchesUnit | ChunkUnit | SerialsUnit | StraysUnit
)


class ChunkHashes(NamedTuple):
    """What a chunk of a batch adds to its tree: roots of groups of 256, and what is left over."""

    groups: list[bytes]
    tail: list[bytes]
    leaves: int


class LogPart(NamedTuple):
    """Entries checked by themselves, and the checkpoints of sizes within them."""

    entries: list[CheckedEntry]
    checkpoints: list[CheckpointRow]


class Result(NamedTuple):
    """What doing a piece has found."""

    differences: Sequence[Finding]
    records: int = 0
    batches: int = 0
    value: LogPart | ChunkHashes | None = None


@dataclass
class Context:
    """What a process needs for any piece: its view of the snapshot.

    `duplicate_key` is None where the node's secret is not at hand.
    """

    repositories: Repositories
    duplicate_key: bytes | None = None

    @property
    def rows(self) -> AuditRepository:
        """What the audit reads by ranges."""
        return self.repositories.auditing

    @cached_property
    def has_erasures(self) -> bool:
        """Whether anything is erased."""
        return self.rows.has_erasures()

    @cached_property
    def _keys(self) -> dict[bytes, tuple[str, bytes]]:
        """Every key that the log speaks of, by its id, which is its hash."""
        found = {}
        for _, envelope in self.rows.envelopes_of_type("genesis", "key"):
            match read_statement(envelope):
                case Genesis(log_key=log_key, registrar_key=registrar):
                    for key in (log_key, registrar):
                        found[key_id(key.alg, key.public_key)] = (key.alg, key.public_key)
                case KeyRegister(alg=alg, public_key=public):
                    found[key_id(alg, public)] = (alg, public)
        return found

    def key_of(self, wanted: bytes) -> tuple[str, bytes] | None:
        """Return the key with an id; whether it may sign is told by the replay."""
        return self._keys.get(wanted)

    @cached_property
    def _registrations(self) -> dict[bytes, KeyRegister]:
        """The first registration of each key."""
        found: dict[bytes, KeyRegister] = {}
        for _, envelope in self.rows.envelopes_of_type("key"):
            statement = read_statement(envelope)
            if isinstance(statement, KeyRegister):
                found.setdefault(key_id(statement.alg, statement.public_key), statement)
        return found

    def registration_of(self, wanted: bytes) -> KeyRegister | None:
        """Return what a key was registered for."""
        return self._registrations.get(wanted)

    @cached_property
    def genesis(self) -> Genesis | None:
        """The log's first entry, if it is one."""
        row = self.repositories.entries.by_leaf_index(0)
        found = None if row is None else read_statement(row.envelope)
        return found if isinstance(found, Genesis) else None


def read_statement(envelope: bytes) -> Statement | None:
    """Return what an entry says; None where it says nothing that can be read."""
    try:
        return parse_statement(parse_envelope(envelope).payload)
    except ItemProofError:
        return None

"""Ending a key: an entry by the registrar, or by the key itself.

What the key signed before stands. `suspect_from` makes verifiers warn of entries from that index
on; it lies within the log, since nothing can be suspect that is not there.
"""

from __future__ import annotations

from typing import NamedTuple

from traceability.errors import InvalidInput
from traceability.hashing.envelope import Envelope, parse_envelope, verify_envelope
from traceability.hashing.statement import Header, KeyRevoke
from traceability.ledger.capture import check_chain
from traceability.ledger.chains import append_envelope, append_signed
from traceability.ledger.checks import live_key
from traceability.ledger.clock import Clock
from traceability.ledger.faults import KeyRevoked, KeyUnknown, SequenceConflict, WrongLog
from traceability.ledger.identity import Identity
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import EntryRow
from traceability.store.store import Store


class SuspectFromInvalid(InvalidInput):
    """Only entries that the log has can be suspect."""

    code = "SUSPECT_FROM_INVALID"


class RevocationInvalid(InvalidInput):
    """The envelope holds no revocation of its own author's key."""

    code = "REVOCATION_INVALID"


class Revoked(NamedTuple):
    """The entry that ended a key; `repeated` says that it was there before."""

    arrival: int
    leaf_hash: bytes
    repeated: bool = False


class Revoker:
    """Takes revocations in."""

    def __init__(self, store: Store, identity: Identity, *, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock

    def by_registrar(self, key_id: bytes, *, reason: str, suspect_from: int | None) -> Revoked:
        """Revoke a key with the registrar's signature.

        Raises
        ------
        KeyUnknown, KeyRevoked, SuspectFromInvalid
        """
        registrar = self._identity.registrar_key

        def build(header: Header) -> KeyRevoke:
            return KeyRevoke(
                header=header, target=key_id, until_reason=reason, suspect_from=suspect_from
            )

        with self._store.unit_of_work() as work:
            keys = work.repositories.keys
            keys.lock([registrar.key_id, key_id])
            _check_live(work.repositories, key_id)
            _check_suspect_from(work.repositories, suspect_from)
            appended = append_signed(
                work.repositories,
                build,
                log=self._identity.log,
                author=registrar,
                now=self._clock(),
            )
            keys.revoke(key_id, arrival=appended.arrival, suspect_from=suspect_from)
            work.commit()
        return Revoked(appended.arrival, appended.leaf_hash)

    def signed(self, envelope: Envelope, statement: KeyRevoke) -> Revoked:
        """Take a revocation that the key itself has signed; the same again is the same answer.

        Raises
        ------
        WrongLog, RevocationInvalid, KeyUnknown, KeyRevoked, SequenceConflict, SequenceGap,
        SuspectFromInvalid, SignersInvalid, SignatureInvalid
        """
        header = statement.header
        if header.log != self._identity.log:
            raise WrongLog(
                f"statement is for another log: expected {self._identity.log.hex()[:16]}, "
                f"got {header.log.hex()[:16]}"
            )
        if statement.target != header.key:
            raise RevocationInvalid("revocation is of another key than signs it")
        with self._store.unit_of_work() as work:
            revoked = self._append(work.repositories, envelope, statement)
            work.commit()
        return revoked

    def _append(
        self, repositories: Repositories, envelope: Envelope, statement: KeyRevoke
    ) -> Revoked:
        header = statement.header
        repositories.keys.lock([header.key])
        row = repositories.keys.get(header.key)
        if row is None:
            raise KeyUnknown(f"key {header.key.hex()[:16]} is not registered")
        verify_envelope(envelope, [(row.alg, row.public_key)])
        known = repositories.entries.by_sequence(header.key, header.sequence)
        if known is not None:
            return _same(known, envelope)
        live_key(repositories, header.key)
        check_chain(repositories, header)
        _check_suspect_from(repositories, statement.suspect_from)
        appended = append_envelope(repositories, envelope, statement=statement, now=self._clock())
        repositories.keys.revoke(
            header.key, arrival=appended.arrival, suspect_from=statement.suspect_from
        )
        return Revoked(appended.arrival, appended.leaf_hash)


def _same(known: EntryRow, envelope: Envelope) -> Revoked:
    if parse_envelope(known.envelope).payload != envelope.payload:
        raise SequenceConflict(
            f"key has already signed another statement with sequence {known.sequence}",
            expected=known.leaf_hash.hex()[:16],
            got="another statement",
        )
    return Revoked(known.arrival, known.leaf_hash, repeated=True)


def _check_live(repositories: Repositories, key_id: bytes) -> None:
    row = repositories.keys.get(key_id)
    if row is None:
        raise KeyUnknown(f"key {key_id.hex()[:16]} is not registered")
    if row.revoked_arrival is not None:
        raise KeyRevoked(f"key {key_id.hex()[:16]} was revoked before")


def _check_suspect_from(repositories: Repositories, suspect_from: int | None) -> None:
    size = repositories.entries.count_sequenced()
    if suspect_from is not None and suspect_from > size:
        raise SuspectFromInvalid(
            f"suspect from is not within the log: expected 0 to {size}, got {suspect_from}",
            expected=f"0 to {size}",
            got=str(suspect_from),
        )

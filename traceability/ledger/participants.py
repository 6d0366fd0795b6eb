"""Registering participants and their keys: each registration is an entry of the log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from traceability.codes.keys import check_element
from traceability.errors import Unavailable
from traceability.hashing.canonical import canonicalize
from traceability.hashing.commitment import RecordKind, commit, salted_fields
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.salts import SECRET_BYTES
from traceability.hashing.signatures import SecretKey, check_public_key
from traceability.hashing.statement import Header, KeyRegister
from traceability.ledger.chains import Appended, append_signed, has_arrived
from traceability.ledger.clock import Clock
from traceability.ledger.faults import GlnTaken, KeyAlreadyRegistered, KeyUnknown
from traceability.ledger.identity import Identity
from traceability.ledger.keyring import Keyring
from traceability.ledger.revoking import Revoked, Revoker
from traceability.store.repositories import Repositories
from traceability.store.repositories.keys import KeyRow
from traceability.store.repositories.participants import CardRow, ParticipantRow
from traceability.store.store import Store
from traceability.strict_json import JSONValue

PARTICIPANT_ID_BYTES = 16
# A key that was chosen may be rotated away before it is locked, and the next one too.
ROTATIONS_MEANWHILE = 5


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of an organisation; its members become the fields of its card."""

    name: str
    gln: str | None = None
    attributes: tuple[tuple[str, JSONValue], ...] = ()

    def to_json(self) -> dict[str, JSONValue]:
        """Return the card's payload."""
        members: dict[str, JSONValue] = {**dict(self.attributes), "name": self.name}
        return members | ({"gln": self.gln} if self.gln else {})


@dataclass(frozen=True, slots=True)
class Scopes:
    """What a key may say: its roles, and the GS1 prefixes under which it issues codes."""

    roles: tuple[str, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _NewKey:
    """A key about to be registered, and what its registration will say."""

    key: SecretKey
    participant: bytes
    custody: str
    scopes: Scopes
    card: bytes

    def registration(self, header: Header) -> KeyRegister:
        return KeyRegister(
            header=header,
            alg=self.key.alg,
            public_key=self.key.public_key,
            participant=self.participant,
            custody=self.custody,
            roles=tuple(sorted(set(self.scopes.roles))),
            prefixes=tuple(sorted(set(self.scopes.prefixes))),
            card=self.card,
        )


class Registrar:
    """Registers and revokes keys with the registrar's signature."""

    def __init__(self, store: Store, identity: Identity, *, keyring: Keyring, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._keyring = keyring
        self._clock = clock
        self.revoker = Revoker(store, identity, clock=clock)

    def add_participant(
        self,
        card: Card,
        scopes: Scopes,
        *,
        key: SecretKey | None = None,
        remember_as: str | None = None,
    ) -> ParticipantRow:
        """Register an organisation with a first key.

        Without `key` one is made and held here: custody `operator`. With one, the participant
        holds it and has just signed with it: custody `self`. `remember_as` names a value of
        `meta` that holds its id from then on.

        Raises
        ------
        GlnTaken, KeyAlreadyRegistered
        """
        if card.gln is not None:
            check_element("414", card.gln)
        custody = "operator" if key is None else "self"
        held = SigningKey.generate()
        signing: SecretKey = held if key is None else key
        row = ParticipantRow(secrets.token_bytes(PARTICIPANT_ID_BYTES), card.gln, card.name)
        appended = None
        try:
            with self._store.unit_of_work() as work:
                # One registration at a time, so that no other takes the GLN in between.
                work.repositories.keys.lock([self._identity.registrar_key.key_id])
                require_free(work.repositories, card.gln)
                work.repositories.participants.put(row)
                number = self._keep_card(work.repositories, row.participant, card)
                new = _NewKey(signing, row.participant, custody, scopes, number)
                appended = self._register(work.repositories, new)
                if remember_as is not None:
                    work.repositories.meta.put(remember_as, row.participant)
                if custody == "operator":
                    # Not earlier: a refused registration leaves no key behind. Not later: a
                    # registered key must never be lost.
                    self._keyring.add(held)
                work.commit()
        except Unavailable:
            # Kept after all? Who repeats this would register the organisation twice.
            if appended is None or not has_arrived(self._store, appended.leaf_hash):
                raise
        return row

    def _keep_card(self, repositories: Repositories, participant: bytes, card: Card) -> bytes:
        payload = card.to_json()
        secret = secrets.token_bytes(SECRET_BYTES)
        fields = salted_fields(RecordKind.PARTICIPANT, payload, secret)
        number = commit(RecordKind.PARTICIPANT, fields).leaf_hash()
        repositories.participants.add_card(
            CardRow(number, participant, canonicalize(payload), secret)
        )
        return number

    def _register(self, repositories: Repositories, new: _NewKey) -> Appended:
        key = new.key
        check_public_key(key.alg, key.public_key)
        registrar = self._identity.registrar_key
        repositories.keys.lock([registrar.key_id, key.key_id])
        if repositories.keys.get(key.key_id) is not None:
            raise KeyAlreadyRegistered(f"key {key.key_id.hex()[:16]} was registered before")
        made: list[KeyRegister] = []

        def build(header: Header) -> KeyRegister:
            made.append(new.registration(header))
            return made[0]

        appended = append_signed(
            repositories,
            build,
            log=self._identity.log,
            author=registrar,
            now=self._clock(),
            cosigners=[key],
        )
        # The row that capture locks must be there before the key's first statement.
        repositories.keys.start_chain(key.key_id, ZERO_HASH)
        keep_registration(repositories, key.key_id, made[0], arrival=appended.arrival)
        return appended

    def add_like(self, row: KeyRow) -> bytes:
        """Register a new key with the scopes of another, held here as that is; return its id."""
        signing = SigningKey.generate()
        new = _NewKey(
            signing,
            row.participant,
            "operator",
            Scopes(row.roles, row.prefixes),
            row.card,
        )
        appended = None
        try:
            with self._store.unit_of_work() as work:
                appended = self._register(work.repositories, new)
                # As above: not earlier, and not later.
                self._keyring.add(signing)
                work.commit()
        except Unavailable:
            if appended is None or not has_arrived(self._store, appended.leaf_hash):
                raise
        return signing.key_id

    def revoke(self, key_id: bytes, *, reason: str, suspect_from: int | None = None) -> Revoked:
        """Revoke a key: it signs nothing after this entry; what it signed before stands."""
        return self.revoker.by_registrar(key_id, reason=reason, suspect_from=suspect_from)


def require_free(repositories: Repositories, gln: str | None) -> None:
    """Demand that a GLN belongs to nobody yet.

    Raises
    ------
    GlnTaken
    """
    if gln is not None and repositories.participants.by_gln(gln) is not None:
        raise GlnTaken(f"GLN {gln} belongs to a participant already", got=gln)


def keep_registration(
    repositories: Repositories, key_id: bytes, statement: KeyRegister, *, arrival: int
) -> None:
    """Keep what a registration says of a key."""
    repositories.keys.register(
        key_id=key_id,
        alg=statement.alg,
        public_key=statement.public_key,
        participant=statement.participant,
        custody=statement.custody,
        roles=statement.roles,
        prefixes=statement.prefixes,
        card=statement.card,
        arrival=arrival,
    )


def held_key(repositories: Repositories, keyring: Keyring, participant: bytes) -> SigningKey:
    """Return a live key of a participant that this node holds, locked until the transaction ends.

    The newest that is in the log: one that was registered just now can sign nothing yet.

    Raises
    ------
    KeyUnknown
        The participant has none: its batches must come signed.
    """
    for _ in range(ROTATIONS_MEANWHILE):
        rows = [
            row
            for row in repositories.keys.of_participant(participant)
            if row.revoked_arrival is None and keyring.holds(row.key_id)
        ]
        if not rows:
            break
        chosen = max(rows, key=KeyRow.preference).key_id
        repositories.keys.lock([chosen])
        # Whoever held the lock may have revoked it.
        row = repositories.keys.get(chosen)
        if row is not None and row.revoked_arrival is None:
            return keyring.held(chosen)
    raise KeyUnknown("participant has no live key held by this node: send a signed batch")

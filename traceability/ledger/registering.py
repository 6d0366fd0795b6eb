"""Registering keys that others hold, by drafts that their holders co-sign.

A draft is nothing but its bytes: the node keeps no list of them. It knows its own by a MAC under
the ledger's duplicate key, and takes one only while the registrar's chain stands where the draft
says: if anything was registered or revoked since, another is to be drawn up.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import NamedTuple

from traceability.client.key_drafts import KeyDraft, KeyDraftInvalid, NewCard
from traceability.codes.keys import check_element
from traceability.errors import Conflict
from traceability.hashing.canonical import canonicalize
from traceability.hashing.ed25519 import key_id as key_id_of
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import (
    STATEMENT_TYPE,
    Envelope,
    Signature,
    parse_envelope,
    sign_envelope,
    verify_envelope,
)
from traceability.hashing.salts import SECRET_BYTES
from traceability.hashing.signatures import check_public_key
from traceability.hashing.statement import Header, KeyRegister, sound_payload
from traceability.ledger.chains import append_envelope, chain_of
from traceability.ledger.clock import Clock
from traceability.ledger.faults import KeyAlreadyRegistered, ParticipantUnknown
from traceability.ledger.identity import Identity
from traceability.ledger.participants import (
    PARTICIPANT_ID_BYTES,
    Card,
    Scopes,
    keep_registration,
    require_free,
)
from traceability.store.repositories import Repositories
from traceability.store.repositories.keys import KeyRow
from traceability.store.repositories.participants import CardRow, ParticipantRow
from traceability.store.store import Store

MAC_LABEL = b"itemproof/key-draft/1\n"


class KeyDraftStale(Conflict):
    """The registrar has signed something else since the draft was drawn up."""

    code = "KEY_DRAFT_STALE"


class KeyDraftUnsigned(KeyDraftInvalid):
    """The holder of the new key has not signed the draft."""

    code = "KEY_DRAFT_UNSIGNED"


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A key to register: for a participant that is known, or for a new one with this card.

    Without scopes it gets those of the participant's newest live key.
    """

    alg: str
    public_key: bytes
    participant: bytes | None = None
    card: Card | None = None
    scopes: Scopes | None = None


class Registered(NamedTuple):
    """The entry that registered a key; `repeated` says that it was there before."""

    participant: bytes
    key_id: bytes
    arrival: int
    leaf_hash: bytes
    repeated: bool = False


class Registering:
    """Draws drafts up, and takes them in once they are co-signed."""

    def __init__(self, store: Store, identity: Identity, *, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock

    def draft(self, request: KeyRequest) -> KeyDraft:
        """Return the registration that the registrar would sign next; nothing is kept.

        Raises
        ------
        PublicKeyInvalid, KeyAlreadyRegistered, ParticipantUnknown, GlnTaken, StatementInvalid
        """
        check_public_key(request.alg, request.public_key)
        with self._store.reading() as repositories:
            known = repositories.keys.get(key_id_of(request.alg, request.public_key))
            if known is not None:
                raise KeyAlreadyRegistered(f"key {known.key_id.hex()[:16]} was registered before")
            statement, card = self._statement(repositories, request)
        draft = KeyDraft(sound_payload(statement), statement, card, b"")
        return KeyDraft(draft.payload, statement, card, self._mac(draft))

    def _statement(
        self, repositories: Repositories, request: KeyRequest
    ) -> tuple[KeyRegister, NewCard | None]:
        if request.participant is None:
            card = self._new_card(repositories, request)
            participant, number = secrets.token_bytes(PARTICIPANT_ID_BYTES), card.leaf_hash()
            scopes = request.scopes or Scopes((), ())
        else:
            card = None
            participant = request.participant
            newest = _newest(repositories, participant)
            number = newest.card
            scopes = request.scopes or Scopes(newest.roles, newest.prefixes)
        registrar = self._identity.registrar_key.key_id
        chain = chain_of(repositories, registrar)
        statement = KeyRegister(
            header=Header(
                self._identity.log, registrar, chain.next_sequence, chain.previous, self._clock()
            ),
            alg=request.alg,
            public_key=request.public_key,
            participant=participant,
            custody="self",
            roles=tuple(sorted(set(scopes.roles))),
            prefixes=tuple(sorted(set(scopes.prefixes))),
            card=number,
        )
        return statement, card

    def _new_card(self, repositories: Repositories, request: KeyRequest) -> NewCard:
        card = request.card
        if card is None:
            raise ParticipantUnknown("draft names nobody: expected a participant or a card")
        if card.gln is not None:
            check_element("414", card.gln)
        require_free(repositories, card.gln)
        return NewCard(card.to_json(), secrets.token_bytes(SECRET_BYTES))

    def _mac(self, draft: KeyDraft) -> bytes:
        message = MAC_LABEL + draft.authenticated()
        return hmac.new(self._identity.duplicate_key, message, hashlib.sha256).digest()

    def register(self, draft: KeyDraft) -> Registered:
        """Sign a co-signed draft as the registrar and append it; the same again is the same answer.

        Raises
        ------
        KeyDraftInvalid, KeyDraftUnsigned, KeyDraftStale, KeyAlreadyRegistered, GlnTaken
        """
        if not hmac.compare_digest(draft.mac, self._mac(draft)):
            raise KeyDraftInvalid("draft was not drawn up by this node, or was changed since")
        if draft.signature is None:
            raise KeyDraftUnsigned("draft is not signed by the key that it registers")
        envelope = self._signed(draft, draft.signature)
        with self._store.unit_of_work() as work:
            found = self._append(work.repositories, draft, envelope)
            work.commit()
        return found

    def _signed(self, draft: KeyDraft, signature: Signature) -> Envelope:
        registrar, statement = self._identity.registrar_key, draft.statement
        own = sign_envelope(STATEMENT_TYPE, draft.payload, [registrar]).signatures
        envelope = Envelope(STATEMENT_TYPE, draft.payload, (*own, signature))
        signers = [
            (registrar.alg, registrar.public_key),
            (statement.alg, statement.public_key),
        ]
        verify_envelope(envelope, signers)
        return envelope

    def _append(
        self, repositories: Repositories, draft: KeyDraft, envelope: Envelope
    ) -> Registered:
        statement, header = draft.statement, draft.statement.header
        new = key_id_of(statement.alg, statement.public_key)
        repositories.keys.lock([header.key, new])
        known = repositories.entries.by_sequence(header.key, header.sequence)
        if known is not None and parse_envelope(known.envelope).payload == draft.payload:
            return Registered(
                statement.participant, new, known.arrival, known.leaf_hash, repeated=True
            )
        if repositories.keys.get(new) is not None:
            raise KeyAlreadyRegistered(f"key {new.hex()[:16]} was registered before")
        chain = chain_of(repositories, header.key)
        if (header.sequence, header.previous) != (chain.next_sequence, chain.previous):
            raise KeyDraftStale(
                f"registrar has signed something else since: expected sequence "
                f"{chain.next_sequence}, got {header.sequence}",
                expected=str(chain.next_sequence),
                got=str(header.sequence),
            )
        if draft.card is not None:
            _keep_participant(repositories, statement, draft.card)
        appended = append_envelope(repositories, envelope, statement=statement, now=self._clock())
        repositories.keys.start_chain(new, ZERO_HASH)
        keep_registration(repositories, new, statement, arrival=appended.arrival)
        return Registered(statement.participant, new, appended.arrival, appended.leaf_hash)


def _newest(repositories: Repositories, participant: bytes) -> KeyRow:
    rows = repositories.keys.of_participant(participant)
    live = [row for row in rows if row.revoked_arrival is None] or rows
    if not live:
        raise ParticipantUnknown(f"participant {participant.hex()} is unknown")
    return max(live, key=KeyRow.preference)


def _keep_participant(repositories: Repositories, statement: KeyRegister, card: NewCard) -> None:
    gln, name = card.payload.get("gln"), card.payload.get("name")
    if not isinstance(name, str) or not (gln is None or isinstance(gln, str)):
        raise KeyDraftInvalid("draft's card has no name")
    require_free(repositories, gln)
    repositories.participants.put(ParticipantRow(statement.participant, gln, name))
    repositories.participants.add_card(
        CardRow(statement.card, statement.participant, canonicalize(card.payload), card.secret)
    )

"""Replacing keys that this node holds, while submissions go on.

Steps, each durable before the next: (1) the new key's file; (2) its registration, with the scopes
and the card of the old one; (3) the registration's place in the log, from which on the new key
signs; (4) the old key's revocation. A crash after (2) leaves both live, and the next rotation
finishes: two live keys of equal scopes, held here, are what an interrupted rotation leaves.
"""

from __future__ import annotations

from typing import NamedTuple

from traceability.ledger.faults import KeyUnknown
from traceability.ledger.keyring import Keyring
from traceability.ledger.participants import Registrar
from traceability.ledger.sequencer import Sequencer
from traceability.store.repositories.keys import KeyRow
from traceability.store.store import Store


class Rotated(NamedTuple):
    """A key that took the place of others; `finished` if an earlier rotation had begun it."""

    participant: bytes
    key_id: bytes
    revoked: tuple[bytes, ...]
    finished: bool


class Rotation:
    """Registers new keys and revokes those that they replace, one rotation at a time."""

    def __init__(
        self, store: Store, registrar: Registrar, *, keyring: Keyring, sequencer: Sequencer
    ) -> None:
        self._store = store
        self._registrar = registrar
        self._keyring = keyring
        self._sequencer = sequencer

    def rotate(self, participant: bytes) -> list[Rotated]:
        """Replace every live key of a participant that this node holds.

        Raises
        ------
        KeyUnknown
            This node holds none.
        """
        with self._store.lock("key-rotation"):
            rows = self._held(participant)
            if not rows:
                raise KeyUnknown(
                    "participant has no live key held by this node: its holder makes another, "
                    "which is registered by a draft"
                )
            groups: dict[tuple[object, ...], list[KeyRow]] = {}
            for row in rows:
                groups.setdefault((row.roles, row.prefixes, row.card), []).append(row)
            return [self._rotate(group) for group in groups.values()]

    def rotate_all(self) -> list[Rotated]:
        """Replace every live key that this node holds."""
        with self._store.reading() as repositories:
            participants = {row.participant for row in repositories.keys.all()}
        found = sorted(one for one in participants if self._held(one))
        return [rotated for one in found for rotated in self.rotate(one)]

    def _held(self, participant: bytes) -> list[KeyRow]:
        with self._store.reading() as repositories:
            rows = repositories.keys.of_participant(participant)
        return [
            row
            for row in rows
            if row.revoked_arrival is None
            and row.custody == "operator"
            and self._keyring.holds(row.key_id)
        ]

    def _rotate(self, group: list[KeyRow]) -> Rotated:
        """Replace keys of equal scopes, the oldest first, by one."""
        finished = len(group) > 1
        replaced = group[:-1] if finished else group
        new = group[-1].key_id if finished else self._registrar.add_like(group[0])
        # Not before the new one can sign: until then the old ones do.
        self._sequencer.run(close=True)
        for row in replaced:
            self._registrar.revoke(row.key_id, reason="rotated")
        self._sequencer.run(close=True)
        revoked = tuple(row.key_id for row in replaced)
        return Rotated(group[0].participant, new, revoked, finished)

"""Registered keys, and where each key's chain of statements stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from traceability.store.bulk import driver_cursor, fetch, select_among
from traceability.store.tables import key_chains, keys


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A registered key; arrival numbers decide at capture, leaf indexes once sequenced."""

    key_id: bytes
    alg: str
    public_key: bytes
    participant: bytes
    custody: str
    roles: tuple[str, ...]
    prefixes: tuple[str, ...]
    card: bytes
    registered_arrival: int
    revoked_arrival: int | None
    registered_at: int | None
    until: int | None
    suspect_from: int | None

    def preference(self) -> tuple[bool, int]:
        """Return what is greatest of the key to sign with: the newest that is in the log."""
        return self.registered_at is not None, self.registered_arrival


@dataclass(frozen=True, slots=True)
class KeyChain:
    """What a key's next statement must carry."""

    next_sequence: int
    previous: bytes


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _key(row: Row[tuple[object, ...]]) -> KeyRow:
    found = dict(row._mapping)
    found["roles"] = _split(found["roles"])
    found["prefixes"] = _split(found["prefixes"])
    return KeyRow(**found)


def _key_of(row: Sequence[Any]) -> KeyRow:
    """Return a key of a row in the order of the columns."""
    values = list(row)
    values[_ROLES], values[_PREFIXES] = _split(values[_ROLES]), _split(values[_PREFIXES])
    return KeyRow(*values)


_COLUMNS = tuple(field.name for field in fields(KeyRow))
_ROLES, _PREFIXES = _COLUMNS.index("roles"), _COLUMNS.index("prefixes")
_LIVE = """
SELECT participant, key_id, registered_at IS NOT NULL, registered_arrival FROM keys
WHERE revoked_arrival IS NULL AND participant"""
_KEYS = f"SELECT {', '.join(_COLUMNS)} FROM keys WHERE"  # noqa: S608 # names are ours
_CHAINED = f"""
SELECT next_sequence, previous, {", ".join(f"keys.{column}" for column in _COLUMNS)}
FROM keys JOIN key_chains ON key_chains.key_id = keys.key_id WHERE keys.key_id"""  # noqa: S608 # names are ours
# In the order of the ids, so that two writers cannot wait for each other.
_LOCK_CHAINS = "SELECT key_id FROM key_chains WHERE key_id = ANY(%b) ORDER BY key_id FOR UPDATE"
_SET_CHAINS = """
UPDATE key_chains SET next_sequence = new.next_sequence, previous = new.previous
FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[]) AS new (next_sequence, previous, key_id)
WHERE key_chains.key_id = new.key_id"""
_SET_CHAIN_IN_SQLITE = "UPDATE key_chains SET next_sequence = ?, previous = ? WHERE key_id = ?"


class KeyRepository:
    """SQL over `keys` and `key_chains`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, key_ids: Iterable[bytes]) -> None:
        """Lock the chains of these keys, in key-id order, until the transaction ends.

        On SQLite the unit of work already holds the only write lock.
        """
        if self._connection.dialect.name == "postgresql":
            fetch(self._connection, _LOCK_CHAINS, (list(set(key_ids)),))

    def chained(self, key_ids: Collection[bytes]) -> dict[bytes, tuple[KeyRow, KeyChain]]:
        """Return those of these keys that are registered, and what their next statements carry."""
        rows = select_among(self._connection, _CHAINED, key_ids)
        found = [(_key_of(rest), KeyChain(number, previous)) for number, previous, *rest in rows]
        return {key.key_id: (key, chain) for key, chain in found}

    def set_chains(self, chains: Mapping[bytes, KeyChain]) -> None:
        """Move the chains of keys, which the caller has locked."""
        rows = [(chain.next_sequence, chain.previous, key) for key, chain in chains.items()]
        with driver_cursor(self._connection) as cursor:
            if self._connection.dialect.name == "postgresql":
                cursor.execute(_SET_CHAINS, [list(column) for column in zip(*rows, strict=True)])
            else:
                cursor.executemany(_SET_CHAIN_IN_SQLITE, rows)

    def several(self, key_ids: Collection[bytes]) -> dict[bytes, KeyRow]:
        """Return those of these keys that are registered."""
        rows = [_key_of(row) for row in select_among(self._connection, f"{_KEYS} key_id", key_ids)]
        return {row.key_id: row for row in rows}

    def live_of(self, participants: Collection[bytes]) -> dict[bytes, list[bytes]]:
        """Return the ids of these participants' keys that are not revoked.

        The newest first, those that are not in the log yet last.
        """
        found: dict[bytes, list[bytes]] = {}
        rows = select_among(self._connection, _LIVE, participants)
        for participant, key_id, *_ in sorted(
            rows, key=lambda row: (bool(row[2]), row[3]), reverse=True
        ):
            found.setdefault(participant, []).append(key_id)
        return found

    def chain(self, key_id: bytes) -> KeyChain | None:
        """Return what the key's next statement must carry; None for an unknown key."""
        row = self._connection.execute(
            select(key_chains.c.next_sequence, key_chains.c.previous).where(
                key_chains.c.key_id == key_id
            )
        ).one_or_none()
        return None if row is None else KeyChain(row[0], row[1])

    def start_chain(self, key_id: bytes, previous: bytes) -> None:
        """Begin a key's chain at sequence 0."""
        self._connection.execute(
            insert(key_chains).values(key_id=key_id, next_sequence=0, previous=previous)
        )

    def advance_chain(self, key_id: bytes, leaf_hash: bytes) -> None:
        """Move a key's chain past the entry with this leaf hash."""
        self._connection.execute(
            update(key_chains)
            .where(key_chains.c.key_id == key_id)
            .values(next_sequence=key_chains.c.next_sequence + 1, previous=leaf_hash)
        )

    def register(
        self,
        *,
        key_id: bytes,
        alg: str,
        public_key: bytes,
        participant: bytes,
        custody: str,
        roles: Iterable[str],
        prefixes: Iterable[str],
        card: bytes,
        arrival: int,
    ) -> None:
        """Keep a registered key."""
        self._connection.execute(
            insert(keys).values(
                key_id=key_id,
                alg=alg,
                public_key=public_key,
                participant=participant,
                custody=custody,
                roles=",".join(roles),
                prefixes=",".join(prefixes),
                card=card,
                registered_arrival=arrival,
            )
        )

    def revoke(self, key_id: bytes, *, arrival: int, suspect_from: int | None) -> None:
        """Mark a key revoked by the entry with this arrival number."""
        self._connection.execute(
            update(keys)
            .where(keys.c.key_id == key_id)
            .values(revoked_arrival=arrival, suspect_from=suspect_from)
        )

    def get(self, key_id: bytes) -> KeyRow | None:
        """Return a registered key."""
        row = self._connection.execute(select(keys).where(keys.c.key_id == key_id)).one_or_none()
        return None if row is None else _key(row)

    def of_participant(self, participant: bytes) -> list[KeyRow]:
        """Return a participant's keys in the order they were registered."""
        rows = self._connection.execute(
            select(keys)
            .where(keys.c.participant == participant)
            .order_by(keys.c.registered_arrival)
        )
        return [_key(row) for row in rows]

    def all(self) -> list[KeyRow]:
        """Return every key, in the order they were registered."""
        rows = self._connection.execute(select(keys).order_by(keys.c.registered_arrival))
        return [_key(row) for row in rows]

    def place(self, arrival: int, leaf_index: int) -> None:
        """Note the leaf index of the registration or revocation that arrived so."""
        self._connection.execute(
            update(keys)
            .where(keys.c.registered_arrival == arrival)
            .values(registered_at=leaf_index)
        )
        self._connection.execute(
            update(keys).where(keys.c.revoked_arrival == arrival).values(until=leaf_index)
        )

    def changed_since(self, first: int, last: int) -> list[KeyRow]:
        """Return keys registered or revoked by entries `first` … `last` − 1."""
        rows = self._connection.execute(
            select(keys).where(
                or_(
                    keys.c.registered_at.between(first, last - 1),
                    keys.c.until.between(first, last - 1),
                )
            )
        )
        return [_key(row) for row in rows]

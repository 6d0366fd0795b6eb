"""Keys, statuses, participants and cards: what the entries say, against the tables."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.errors import ItemProofError
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import RecordKind, commit, salted_fields
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.entries import Replay
from traceability.store.repositories import Repositories
from traceability.store.repositories.keys import KeyRow
from traceability.store.repositories.strays import strays


def check_keys(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Compare every registered key with its registration and revocation."""
    for key_id, statement in replay.registrations.items():
        leaf = replay.key_leaves[key_id]
        row = repositories.keys.get(key_id)
        if row is None:
            yield Difference("keys", shown(key_id), "key_id", "a registered key", "nothing")
            continue
        expected = {
            "alg": statement.alg,
            "public_key": statement.public_key,
            "participant": statement.participant,
            "custody": statement.custody,
            "roles": statement.roles,
            "prefixes": statement.prefixes,
            "card": statement.card,
            "registered_at": leaf.registered_at,
            "until": leaf.until,
            "suspect_from": leaf.suspect_from,
        }
        for name, value in expected.items():
            yield from compare(
                "keys", shown(key_id), column=name, expected=value, found=getattr(row, name)
            )
    yield from _unregistered(repositories.keys.all(), replay)


def _unregistered(rows: list[KeyRow], replay: Replay) -> Iterator[Difference]:
    for row in rows:
        if row.registered_at is not None and row.key_id not in replay.registrations:
            yield Difference("keys", shown(row.key_id), "key_id", "no such key", "a key")


def check_statuses(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Compare the statuses with the status entries."""
    size = len(replay.leaf_hashes)
    stored = {
        (row.entry_hash, row.record_index, row.kind, row.entry_index)
        for row in repositories.statuses.between(0, size)
    }
    expected = {
        (leaf.entry_hash, leaf.record_index, leaf.kind, leaf.entry_index)
        for leaf in replay.statuses.values()
    }
    for entry_hash, record_index, kind, _ in sorted(expected - stored):
        yield Difference("statuses", f"{shown(entry_hash)}, {record_index}", "kind", kind, "none")
    for entry_hash, record_index, kind, _ in stored - expected:
        yield Difference("statuses", f"{shown(entry_hash)}, {record_index}", "kind", "none", kind)


def check_strays(repositories: Repositories) -> Iterator[Difference]:
    """Name every row that nothing in the log accounts for."""
    for stray in strays(repositories.connection):
        key = ", ".join(map(shown, stray.key))
        yield Difference(stray.table, key, "", stray.missing, "an invented row")


def check_cards(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Recompute every card that a registration names, and what is read from it."""
    cards = {row.card: row for row in repositories.participants.all_cards()}
    for statement in replay.registrations.values():
        row = cards.get(statement.card)
        key = shown(statement.card)
        if row is None or row.payload is None or row.secret is None:
            yield Difference("cards", key, "payload", "content, or an erasure entry", "nothing")
            continue
        try:
            value = parse_canonical(row.payload)
            fields = salted_fields(RecordKind.PARTICIPANT, value, row.secret)
            computed = commit(RecordKind.PARTICIPANT, fields).leaf_hash()
        except ItemProofError as error:
            yield Difference("cards", key, "payload", "a canonical card", str(error)[:64])
            continue
        yield from compare("cards", key, column="payload", expected=statement.card, found=computed)
        yield from _check_participant(repositories, statement.participant, value)


def _check_participant(
    repositories: Repositories, participant: bytes, card: object
) -> Iterator[Difference]:
    row = repositories.participants.get(participant)
    if row is None or not isinstance(card, dict):
        yield Difference("participants", participant.hex(), "participant", "one", "none")
        return
    key = participant.hex()
    yield from compare("participants", key, column="gln", expected=card.get("gln"), found=row.gln)
    yield from compare(
        "participants", key, column="name", expected=card.get("name"), found=row.name
    )

"""Keys, chains, participants, cards and the ledger's own names, against what the entries say."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.errors import ItemProofError
from traceability.hashing.canonical import parse_canonical
from traceability.hashing.commitment import RecordKind, commit, salted_fields
from traceability.hashing.ed25519 import key_id
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import Genesis, KeyRegister
from traceability.ledger.audit.difference import Difference, compare, shown
from traceability.ledger.audit.entries import Replay
from traceability.ledger.audit.signed import check_entry
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import EntryRow
from traceability.store.repositories.participants import CardRow


def check_keys(repositories: Repositories, replay: Replay, size: int) -> Iterator[Difference]:
    """Compare every key with its registration and revocation, placed below `size` or not yet."""
    rows = {row.key_id: row for row in repositories.keys.all()}
    for key, statement in replay.registrations.items():
        row = rows.pop(key, None)
        if row is None:
            yield Difference("keys", shown(key), "key_id", "a registered key", "nothing")
            continue
        for name, value in _expected_key(replay, key, statement, size).items():
            found = getattr(row, name)
            yield from compare("keys", shown(key), column=name, expected=value, found=found)
    for key in rows:
        yield Difference("keys", shown(key), "key_id", "no such key", "a key")


def _expected_key(
    replay: Replay, key: bytes, statement: KeyRegister, size: int
) -> dict[str, object]:
    leaf = replay.key_leaves[key]
    return {
        "alg": statement.alg,
        "public_key": statement.public_key,
        "participant": statement.participant,
        "custody": statement.custody,
        "roles": statement.roles,
        "prefixes": statement.prefixes,
        "card": statement.card,
        "registered_arrival": replay.registered_by[key],
        "revoked_arrival": replay.revoked_by.get(key),
        "registered_at": leaf.registered_at if leaf.registered_at < size else None,
        "until": leaf.until if leaf.until is not None and leaf.until < size else None,
        "suspect_from": leaf.suspect_from,
    }


def check_chains(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Compare where each key's chain stands with its last statement."""
    own = () if replay.genesis is None else (replay.genesis.log_key, replay.genesis.registrar_key)
    started = {key_id(key.alg, key.public_key) for key in own} | replay.registrations.keys()
    for key, number, previous in repositories.auditing.chains():
        name = shown(key)
        if key not in started:
            yield Difference("key_chains", name, "key_id", "no such key", "a chain")
            continue
        started.remove(key)
        expected, before = replay.chains.get(key, (0, ZERO_HASH))
        yield from compare(
            "key_chains", name, column="next_sequence", expected=expected, found=number
        )
        yield from compare("key_chains", name, column="previous", expected=before, found=previous)
    for key in sorted(started):
        yield Difference("key_chains", shown(key), "key_id", "a chain", "nothing")


def check_cards(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Recompute every card that a registration names, and what is read from the last of each."""
    cards = {row.card: row for row in repositories.participants.all_cards()}
    last = {one.participant: one.card for one in replay.registrations.values()}
    read: dict[bytes, object] = {}
    for statement in replay.registrations.values():
        row, key = cards.get(statement.card), shown(statement.card)
        if statement.card in replay.erased_cards:
            is_last = last[statement.participant] == statement.card
            yield from _check_erased(repositories, statement, row, is_last=is_last)
            continue
        if row is None or row.payload is None or row.secret is None:
            column = "secret" if row is not None and row.payload is not None else "payload"
            yield Difference("cards", key, column, "content, or an erasure entry", "nothing")
            continue
        expected, found = statement.participant, row.participant
        yield from compare("cards", key, column="participant", expected=expected, found=found)
        if statement.card not in read:
            yield from _check_card(row, read)
        if last[statement.participant] == statement.card and statement.card in read:
            card = read[statement.card]
            yield from _check_participant(repositories, statement.participant, card)
    named = {statement.card for statement in replay.registrations.values()}
    for card in cards.keys() - named:
        yield Difference("cards", shown(card), "card", "a registered key's card", "another")


def _check_erased(
    repositories: Repositories, statement: KeyRegister, row: CardRow | None, *, is_last: bool
) -> Iterator[Difference]:
    """Check that of an erased card is left whose it was, and nothing of what was read from it."""
    key, owner = shown(statement.card), statement.participant
    if row is None:
        yield Difference("cards", key, "card", "what is left of an erased card", "nothing")
    else:
        found = row.participant
        yield from compare("cards", key, column="participant", expected=owner, found=found)
        if row.payload is not None or row.secret is not None:
            yield Difference("cards", key, "payload", "nothing: it is erased", "content")
    if is_last:
        name: dict[str, object] = {"gln": None, "name": statement.participant.hex()}
        yield from _check_participant(repositories, statement.participant, name)


def _check_card(row: CardRow, read: dict[bytes, object]) -> Iterator[Difference]:
    """Recompute a card from its payload, and note what it says."""
    key = shown(row.card)
    try:
        value = parse_canonical(row.payload or b"")
        fields = salted_fields(RecordKind.PARTICIPANT, value, row.secret or b"")
        computed = commit(RecordKind.PARTICIPANT, fields).leaf_hash()
    except ItemProofError as error:
        yield Difference("cards", key, "payload", "a canonical card", str(error)[:64])
        return
    yield from compare("cards", key, column="payload", expected=row.card, found=computed)
    if computed == row.card:
        read[row.card] = value


def _check_participant(
    repositories: Repositories, participant: bytes, card: object
) -> Iterator[Difference]:
    row = repositories.participants.get(participant)
    key = participant.hex()
    if row is None or not isinstance(card, dict):
        yield Difference("participants", key, "participant", "one", "none")
        return
    for name in ("gln", "name"):
        expected, found = card.get(name), getattr(row, name)
        yield from compare("participants", key, column=name, expected=expected, found=found)


def check_conflicts(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Check what is kept as evidence of keys that have signed two statements of one number."""
    for number, key, sequence, envelope in repositories.auditing.conflicts():
        row = EntryRow(number, None, ZERO_HASH, "", key, sequence, envelope, 0, None)
        checked = check_entry(row, replay.public_key)
        name, statement = str(number), checked.statement
        if statement is None or isinstance(statement, Genesis):
            expected = "a signed statement"
            yield Difference("conflicting_entries", name, "envelope", expected, "none")
            continue
        table, header = "conflicting_entries", statement.header
        yield from compare(table, name, column="key_id", expected=header.key, found=key)
        yield from compare(table, name, column="sequence", expected=header.sequence, found=sequence)
        kept = repositories.entries.by_sequence(header.key, header.sequence)
        if kept is None or parse_envelope(envelope).payload == _payload(kept.envelope):
            expected = "another statement than the log's"
            yield Difference(table, name, "envelope", expected, "the same, or none in the log")


def _payload(envelope: bytes) -> bytes:
    try:
        return parse_envelope(envelope).payload
    except ItemProofError:
        return b""


def check_names(repositories: Repositories, replay: Replay) -> Iterator[Difference]:
    """Compare the names of the ledger with its genesis entry and its newest signed head."""
    genesis = replay.genesis
    if genesis is None:
        return
    expected = {
        "chain_id": str(genesis.chain_id).encode(),
        "contract": genesis.contract.encode(),
        "opener": genesis.opener.encode(),
        "genesis": replay.genesis_hash,
        "log": replay.log_id(),
        "opened": b"1",
    }
    newest = repositories.tree.latest_checkpoint()
    if newest is not None:
        expected["origin"] = newest.text.split("\n", 1)[0].encode()
    for name, value in expected.items():
        found = repositories.meta.get(name)
        yield from compare("meta", name, column="value", expected=value, found=found)

"""Keys, chains, cards and names that say together what no registration says."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attack.edits import Forgery, Rows, changed, with_members
from traceability.hashing.commitment import RecordKind, commit_record
from traceability.hashing.ed25519 import key_id
from traceability.strict_json import parse_json

NOBODY = b"\x01" * 32


def false_keys(rows: Rows) -> Iterator[Forgery]:
    """Yield every forgery of this kind."""
    revoked = rows.one("keys", lambda row: row["until"] is not None)
    other = rows.one("keys", lambda row: row["participant"] != revoked["participant"])
    yield Forgery(
        "a revoked key lives",
        "keys.until",
        (changed("keys", revoked, revoked_arrival=None, until=None, suspect_from=None),),
    )
    yield Forgery(
        "a key may sign more",
        "keys.roles",
        (changed("keys", other, roles=revoked["roles"] + ",auditor", prefixes="952,953"),),
    )
    yield Forgery(
        "a key is another firm's",
        "keys.participant",
        (changed("keys", other, participant=revoked["participant"], card=revoked["card"]),),
    )
    public = bytes(32)
    chain = rows.one("key_chains", lambda row: row["key_id"] == other["key_id"])
    named = key_id(other["alg"], public)
    yield Forgery(
        "a key is another, and signs on in its place",
        "keys.key_id",
        (
            changed("keys", other, public_key=public, key_id=named),
            changed("key_chains", chain, key_id=named),
        ),
    )
    yield from _chains(rows)
    yield from _cards(rows)


def _chains(rows: Rows) -> Iterator[Forgery]:
    chain = rows.one("key_chains", lambda row: row["next_sequence"] > 1)
    before = rows.one(
        "entries",
        lambda row: (
            (row["key_id"], row["sequence"]) == (chain["key_id"], chain["next_sequence"] - 2)
        ),
    )
    yield Forgery(
        "a key has signed one statement less",
        "key_chains.next_sequence",
        (
            changed(
                "key_chains",
                chain,
                next_sequence=chain["next_sequence"] - 1,
                previous=before["leaf_hash"],
            ),
        ),
    )
    evidence = rows.one("conflicting_entries")
    yield Forgery(
        "evidence against a key is against another",
        "conflicting_entries.key_id",
        (changed("conflicting_entries", evidence, key_id=NOBODY, sequence=0),),
    )


def _cards(rows: Rows) -> Iterator[Forgery]:
    card = rows.one("cards", lambda row: row["payload"] is not None)
    payload = with_members(card, name="another")
    row = card | {"kind": int(RecordKind.PARTICIPANT), "media_type": None}
    fields = commit_record(RecordKind.PARTICIPANT, parse_json(payload), row["secret"])
    firm = rows.one("participants", lambda row: row["participant"] == card["participant"])
    named = (
        changed("cards", card, payload=payload),
        changed("participants", firm, name="another"),
    )
    yield Forgery("a firm has another name", "cards.payload", named)
    number = fields.leaf_hash()
    keys = rows.all("keys", lambda row: row["card"] == card["card"])
    hashed = (
        changed("cards", card, payload=payload, card=number),
        changed("participants", firm, name="another"),
        *[changed("keys", key, card=number) for key in keys],
    )
    yield Forgery("a firm has another name; its card's hash fits", "keys.card", hashed)
    other = rows.one("participants", lambda row: row["gln"] not in (None, firm["gln"]))
    names = {name: (firm[name], other[name]) for name in ("gln", "name")}
    yield Forgery(
        "two firms exchange name and number",
        "participants.gln",
        (
            changed("participants", firm, **{name: two[1] for name, two in names.items()}),
            changed("participants", other, **{name: two[0] for name, two in names.items()}),
        ),
    )

"""A mirror of a long log in seconds: real first entries, then batches with made-up signatures.

Copying, rebuilding and starting hash every entry and read what it says; they do not verify the
signatures of participants, which `audit` does. So what is made up here changes no figure.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from random import Random

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from traceability.hashing.encoding import b64u_encode
from traceability.ledger.mirror.folder import LEVEL_SHIFT, LOW_BITS, MirrorFolder
from traceability.ledger.node import SERVED_HEADS, Node
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.ledger.trust import trust_of
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.merkle.growing import GrowingTree
from traceability.merkle.tiles import TILE_WIDTH, entry_bundle, tile_path
from traceability.merkle.tree import leaf_hash
from traceability.verify.trust import Trust

SEED = 20260501
GROUP = 1 << 16
_ENTRY = (
    "INSERT INTO entries (leaf_index, leaf_hash, type, envelope, received, anchored_by) "
    "VALUES (?, ?, 'score', zeroblob(100), 0, 0)"
)
_TILE = "INSERT OR REPLACE INTO log_tiles (tile, hashes) VALUES (?, ?)"
_HEAD = (
    "INSERT INTO checkpoints (tree_size, root_hash, note, ends_with_state, signed) "
    "VALUES (?, ?, ?, 0, ?)"
)
_STATUS = (
    "INSERT INTO statuses (entry_hash, record_index, kind, arrival, entry_index) "
    "VALUES (?, ?, 'recalled', ?, ?)"
)
_KEY = (
    "INSERT INTO keys (key_id, alg, public_key, participant, custody, roles, prefixes, card, "
    "registered_arrival, registered_at) VALUES (?, 'ed25519', ?, ?, 'own', '[]', '[]', ?, 0, ?)"
)
RECORDS = 1_000
DIGEST = "A" * 43


def make_log(folder: Path, entries: int) -> tuple[MirrorFolder, Trust]:
    """Open a ledger in `folder/data`, and write a mirror of it with so many entries."""
    mirror = MirrorFolder(folder / "mirror")
    with open_node(Settings(), folder / "data") as node:
        default_participant(node)
        node.sequencer.run()
        _write(mirror, node, _entries(node), entries)
        trust = trust_of(node.store, node.identity)
    mirror.write("trust.json", json.dumps(trust.to_json()).encode())
    return mirror, trust


def _entries(node: Node) -> Iterator[bytes]:
    """Yield the log's own entries, then batches of one participant without an end."""
    with node.store.reading() as repositories:
        own = [row.envelope for row in repositories.entries.between(0, 1_000)]
        participant = repositories.participants.all()[0].participant
        key = repositories.keys.of_participant(participant)[0]
    return chain(own, _batches(b64u_encode(node.identity.log), key.key_id, participant))


def _batches(log: str, key: bytes, participant: bytes) -> Iterator[bytes]:
    chosen = Random(SEED)  # noqa: S311 # bytes that nobody has to guess
    front = (
        f'{{"batch_root":"{DIGEST}","claimed_time":"2026-05-01T08:00:00.000Z",'
        f'"key":"{b64u_encode(key)}","log":"{log}","participant":"{b64u_encode(participant)}",'
    )
    seen = f'"record_count":1,"seen":{{"root_hash":"{DIGEST}","tree_size":1}}'
    back = '"suite":"itemproof-1","type":"batch"}'
    signer = f'"signatures":[{{"keyid":"{b64u_encode(key)}","sig":"'
    sequence = 0
    while True:
        previous = b64u_encode(chosen.randbytes(32))
        payload = f'{front}"previous":"{previous}",{seen},"sequence":{sequence},{back}'
        signature = base64.b64encode(chosen.randbytes(64)).decode()
        yield (
            f'{{"payload":"{base64.b64encode(payload.encode()).decode()}",'
            f'"payloadType":"application/vnd.itemproof.statement+json",{signer}{signature}"}}]}}'
        ).encode()
        sequence += 1


def _write(mirror: MirrorFolder, node: Node, source: Iterator[bytes], size: int) -> None:
    tree = GrowingTree(0, lambda _keys: {})
    for first in range(0, size, TILE_WIDTH):
        entries = list(islice(source, min(TILE_WIDTH, size - first)))
        name = tile_path("entries", first // TILE_WIDTH, len(entries))
        mirror.write(name, entry_bundle(entries), durable=False)
        _write_tiles(mirror, tree.append([leaf_hash(entry) for entry in entries]))
    _write_tiles(mirror, tree.edge)
    head = Checkpoint(node.identity.origin, size, tree.root())
    text = sign_checkpoint(head, node.identity.log_key)
    mirror.write("checkpoint", text.encode())


def _write_tiles(mirror: MirrorFolder, tiles: dict[int, bytes]) -> None:
    for key, data in tiles.items():
        name = tile_path(key >> LEVEL_SHIFT, key & LOW_BITS, len(data) // 32)
        mirror.write(name, data, durable=False)


def lengthen(data: Path, size: int) -> None:
    """Put rows of made-up entries behind a closed ledger's own, with their tiles and head."""
    with open_node(Settings(), data, need="existing") as node:
        identity = node.identity
        with node.store.reading() as repositories:
            first = repositories.entries.count_sequenced()
            hashes = repositories.entries.leaf_hashes(0, first)
    tree = GrowingTree(0, lambda _keys: {})
    tree.append(hashes)
    connection = sqlite3.connect(data / "ledger.sqlite", isolation_level=None)
    for pragma in ("synchronous = OFF", "cache_size = -1000000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    for start in range(first, size, GROUP):
        added = [
            leaf_hash(number.to_bytes(8, "big"))
            for number in range(start, min(start + GROUP, size))
        ]
        connection.executemany(_ENTRY, ((start + at, found) for at, found in enumerate(added)))
        connection.executemany(_TILE, tree.append(added).items())
    connection.executemany(_TILE, tree.edge.items())
    head = Checkpoint(identity.origin, size, tree.root())
    text = sign_checkpoint(head, identity.log_key)
    connection.execute(_HEAD, (size, tree.root(), text, 0))
    connection.execute("COMMIT")
    connection.close()
    SecondPlace(data / SERVED_HEADS).append(ServedHead(size, tree.root()))


def status_entry(number: int) -> bytes:
    """Return the hash of the batch's entry of which a made-up status is."""
    return sha256(number.to_bytes(8, "big")).digest()


def status_index(number: int) -> int:
    """Return the record's index of which a made-up status is."""
    return number % RECORDS


def add_statuses(database: Path, first: int, end: int) -> None:
    """Put statuses `first` … `end` − 1 into a closed store, each of the entry of its number."""
    _insert(
        database,
        _STATUS,
        ((status_entry(at), status_index(at), at, at) for at in range(first, end)),
    )


def add_keys(database: Path, count: int, *, below: int) -> None:
    """Put so many keys into a closed store, registered by entries below an index."""
    chosen = Random(SEED)  # noqa: S311 # bytes that nobody has to guess
    draw = chosen.randbytes
    rows = (
        (draw(32), draw(32), draw(16), draw(32), chosen.randrange(1, below)) for _ in range(count)
    )
    _insert(database, _KEY, rows)


def _insert(database: Path, statement: str, rows: Iterator[tuple[object, ...]]) -> None:
    connection = sqlite3.connect(database)
    connection.executemany(statement, rows)
    connection.commit()
    connection.close()

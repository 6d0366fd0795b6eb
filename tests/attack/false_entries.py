"""Lies that rewrite nothing: false entries, logged and anchored as if they were true.

The contract cannot see them, since every head extends the one before. Whoever replays the log
does, and what the log key has signed is the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlalchemy import delete

from tests.attack.old_ledger import item
from tests.attack.operator import World
from tests.support.ledger import document, event
from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import ZERO_HASH
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.statement import Header, KeyRegister
from traceability.ledger.chains import append_envelope, chain_of
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.node import Node
from traceability.ledger.state import StateCache
from traceability.ledger.statuses import Declaration
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.merkle.tiles import entry_bundle
from traceability.merkle.tree import leaf_hash, root_hash
from traceability.store.tables import metadata
from traceability.verify.verifier import verify_bundle

FALSE_ITEM = item(700)
Falsehood = Callable[[World, Node], None]


def wrong_state_root(world: World, node: Node) -> None:
    """Sign a state without a recall that is in the log."""
    entry = world.ledger.receipts[0].entry_leaf_hash
    said = Declaration(entry, -1, "recalled", "quality")
    node.statuses.declare([said], participant=world.ledger.participant)
    node.sequencer.run()
    statuses = metadata.tables["statuses"]
    with node.store.engine.begin() as connection:
        connection.execute(delete(statuses).where(statuses.c.entry_hash == entry))
    node.states = StateCache()
    node.sequencer = node._sequencer()
    node.sequencer.run(close=True)


def key_without_registrar(world: World, node: Node) -> None:
    """Register a key that the registrar has not signed, and sign a batch with it."""
    key, registrar = SigningKey.generate(), node.identity.registrar_key
    participant = world.ledger.participant
    with node.store.unit_of_work() as work:
        (true,) = work.repositories.keys.of_participant(participant)
        work.repositories.keys.lock([registrar.key_id])
        chain = chain_of(work.repositories, registrar.key_id)
        header = Header(
            world.ledger.trust.log, registrar.key_id, chain.next_sequence, chain.previous,
            node.clock(),
        )  # fmt: skip
        statement = KeyRegister(
            header=header, alg="ed25519", public_key=key.public_key, participant=participant,
            custody="operator", roles=true.roles, prefixes=true.prefixes, card=true.card,
        )  # fmt: skip
        # The operator has the log key, and the new one of course.
        signers = [node.identity.log_key, key]
        envelope = sign_envelope(STATEMENT_TYPE, statement.to_payload(), signers)
        made = append_envelope(work.repositories, envelope, statement=statement, now=node.clock())
        work.repositories.keys.start_chain(key.key_id, ZERO_HASH)
        work.repositories.keys.register(
            key_id=key.key_id, alg=statement.alg, public_key=key.public_key,
            participant=participant, custody=statement.custody, roles=true.roles,
            prefixes=true.prefixes, card=true.card, arrival=made.arrival,
        )  # fmt: skip
        work.commit()
    node.keyring.add(key)
    node.sequencer.run(close=True)
    found = node.submission.submit(document(event(700)), participant=participant)
    if found.batch is None:
        raise AssertionError("a document was not accepted")
    node.sequencer.run(close=True)


def proof_of(world: World, node: Node, code: str) -> Iterator[str]:
    """Verify the newest proof of an item, as its readers do, demanding a final anchor."""
    trust = replace(world.ledger.trust, block_hashes={})
    with world.client() as client:
        report = verify_bundle(node.prove(code).to_bytes(), trust, chain=client, code=code)
    if report.failed:
        yield f"step {report.failed.step} {report.failed.code}"


# A log as plain files, which no database keeps from lying.


def logged_again(folder: MirrorFolder, node: Node, index: int) -> None:
    """Log an entry once more at the end, under a head by the log key."""
    head = node.standing().checkpoint
    if head is None:
        raise AssertionError("no head")
    with node.store.reading() as repositories:
        entries = repositories.entries.envelopes(0, head.tree_size)
    entries.append(entries[index])
    hashes = [leaf_hash(entry) for entry in entries]
    new = Checkpoint(node.identity.origin, len(entries), root_hash(hashes))
    tile = f"000.p/{len(entries)}"
    folder.write(f"tile/0/{tile}", b"".join(hashes))
    folder.write(f"tile/entries/{tile}", entry_bundle(entries))
    folder.write("checkpoint", sign_checkpoint(new, node.identity.log_key).encode())


def refusal(act: Callable[[], object]) -> str:
    """Return the code by which something is refused, or that it is not."""
    try:
        act()
    except ItemProofError as fault:
        return fault.code
    return "not refused"

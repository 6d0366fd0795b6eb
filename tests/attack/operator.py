"""An operator who has everything but the participants' keys, and what others keep of the truth.

The operator's other histories are not patched together: the ledger is put back to before what it
rues, and the program itself, its gate removed, logs another story there. So tiles, leaf indexes,
checkpoints, second place, state entries and receipts all agree with each other.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import delete

from tests.attack.old_ledger import FINALITY, OldLedger, item, keyring_of
from tests.integration.cli.test_commands import Program
from tests.support.anvil import Anvil
from tests.support.backups import restored, sqlite_url_of
from tests.support.ledger import add_participant
from tests.support.postgres import PostgresServer
from tests.support.rebuilt import mirrored
from traceability.chain.client import ChainClient
from traceability.chain.values import AnchorCall
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize
from traceability.hashing.statement import Seen
from traceability.ledger.audit.audit import audit
from traceability.ledger.checks import KnownHeads, check_seen
from traceability.ledger.gate import RESTORED
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.mirror.fork import check_fork, parse_fork
from traceability.ledger.node import Node
from traceability.ledger.opening import load_identity
from traceability.ledger.statuses import Declaration
from traceability.ledger.tree_reading import log_nodes
from traceability.merkle.proofs import consistency_path
from traceability.store.store import Store
from traceability.store.tables import metadata
from traceability.verify.bundle import Bundle
from traceability.verify.report import Report
from traceability.verify.verifier import verify_bundle

ITEM = item(0)


@dataclass(slots=True)
class World:
    """A ledger with its true history, and what its readers have: mirror, proof, a head seen."""

    ledger: OldLedger
    postgres: PostgresServer | None
    stack: ExitStack
    revoked: bytes
    backup: Path
    before: int
    bundle: Bundle
    seen: Seen
    # The chain as it was when the backup was made.
    snapshot: str
    branches: int = 0

    @classmethod
    def begin(
        cls,
        home: Path,
        chain: Anvil,
        postgres: PostgresServer | None,
        stack: ExitStack,
        *,
        documents: int = 2,
    ) -> World:
        """Live a true history: anchored, then a revocation, a recall, more, anchored again."""
        home.mkdir(parents=True, exist_ok=True)
        ledger = OldLedger(home, chain, postgres, stack)
        with ledger.opened() as node:
            stranger = add_participant(node)
            for _ in range(documents):
                ledger.submit(node)
            ledger.anchor(node)
            with node.store.reading() as repositories:
                (key,) = repositories.keys.of_participant(stranger)
        backup = home / "before"
        before = ledger.back_up(backup)
        with chain.client() as client:
            snapshot = client.ask("evm_snapshot")
        with ledger.opened() as node:
            true_history(ledger, node, key.key_id)
            ledger.anchor(node)
            bundle = node.prove(ITEM)
            head = node.standing().checkpoint
        if head is None:
            raise AssertionError("no head")
        ledger.copy()
        seen = Seen(head.tree_size, head.root_hash)
        return cls(ledger, postgres, stack, key.key_id, backup, before, bundle, seen, snapshot)

    @property
    def first(self) -> int:
        """The first document that the operator rues, by its number."""
        return self.ledger.documents - 2

    @property
    def second(self) -> int:
        """The second one."""
        return self.ledger.documents - 1

    @contextmanager
    def place(self) -> Iterator[tuple[Path, str]]:
        """Put the ledger as it was before into another place, without the mark of that."""
        self.branches += 1
        folder = self.ledger.home / f"branch-{self.branches}"
        url = sqlite_url_of(folder)
        with ExitStack() as stack:
            if self.postgres is not None:
                url = stack.enter_context(self.postgres.database())
            restored(self.backup, folder, url)
            (folder / RESTORED).unlink()
            yield folder, url

    @contextmanager
    def instead(self) -> Iterator[Node]:
        """Open the ledger as it was before, and its chain too: what follows can be anchored."""
        with self.ledger.chain.client() as client:
            client.ask("evm_revert", self.snapshot)
            self.snapshot = client.ask("evm_snapshot")
        with self.place() as (self.ledger.folder, self.ledger.url), self.ledger.opened() as node:
            yield node

    @contextmanager
    def branch(self) -> Iterator[Node]:
        """Open the ledger as it was before, with nothing that would stop it."""
        with ExitStack() as stack:
            folder, url = stack.enter_context(self.place())
            store = stack.enter_context(Store.open(url, folder))
            keyring = keyring_of(folder)
            identity = load_identity(store, keyring)
            if identity is None:
                raise AssertionError("no ledger was restored")
            clock = self.ledger.clock
            yield Node(store, identity, data_dir=folder, keyring=keyring, clock=clock)

    def mirror(self, name: str) -> MirrorFolder:
        """Return a copy of the mirror that an auditor has made of the true history."""
        copy = self.ledger.home / "mirrors" / name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.ledger.mirror.path, copy)
        return MirrorFolder(copy)

    @contextmanager
    def client(self) -> Iterator[ChainClient]:
        """Ask the chain, as anybody can."""
        contract = self.ledger.trust.contract
        chain = self.ledger.chain
        with ChainClient(
            [chain.url], contract=contract, chain_id=chain.chain_id, finality=FINALITY
        ) as client:
            yield client

    def third_party(self) -> tuple[Program, Path]:
        """Return the program in a folder of its own, and a trust file that pins no block."""
        folder = self.ledger.home / "third"
        folder.mkdir(exist_ok=True)
        trust = folder / "my-trust.json"
        own = replace(self.ledger.trust, block_hashes={}, endpoints=(self.ledger.chain.url,))
        trust.write_bytes(canonicalize(own.to_json()))
        return Program(folder / "data"), trust


def true_history(ledger: OldLedger, node: Node, key_id: bytes) -> None:
    """Log what the operator rues: documents, a revocation, a recall."""
    ledger.submit(node)
    revoke(node, key_id)
    recall(ledger, node)
    ledger.submit(node)


def revoke(node: Node, key_id: bytes) -> None:
    """Revoke a key."""
    node.registrar.revoke(key_id, reason="lost")
    node.sequencer.run(close=True)


def recall(ledger: OldLedger, node: Node) -> None:
    """Recall every record of the first document."""
    entry = ledger.receipts[0].entry_leaf_hash
    said = Declaration(entry, -1, "recalled", "quality")
    node.statuses.declare([said], participant=ledger.participant)
    node.sequencer.run(close=True)


# Whoever may catch an operator. Each returns the names by which it does, or nothing.


def contract(world: World, node: Node) -> Iterator[str]:
    """Offer the other history's head to the contract, with the best proof there is."""
    head = node.standing().checkpoint
    with world.client() as client:
        newest = client.head(node.identity.log)
        if head is None or head.tree_size < newest.tree_size:
            yield "shorter than the contract's head"
            return
        with node.store.reading() as repositories:
            nodes = log_nodes(repositories, head.tree_size)
            proof = consistency_path(newest.tree_size, tree_size=head.tree_size, node=nodes)
        call = AnchorCall(
            node.identity.log, newest.tree_size, head.tree_size, head.root_hash, tuple(proof)
        )
        try:
            client.check_anchor(call, sender=newest.publisher)
        except ItemProofError as fault:
            yield f"{fault.code}: {str(fault).partition(': ')[2].partition('(')[0]}"


def audits(world: World, node: Node) -> Iterator[str]:
    """Audit the operator's own database, with the chain."""
    with world.client() as client:
        head = client.head(node.identity.log)

    report = audit(
        node.store,
        second_place=node.second_place,
        chain_head=lambda: (head.tree_size, head.root_hash),
    )
    for one in report.differences:
        yield f"{one.table} {one.column}"


def mirrors(world: World, node: Node, name: str) -> Iterator[str]:
    """Follow the other history with the mirror of the true one; check the proof elsewhere."""
    folder = world.mirror(name)
    try:
        mirrored(node, folder, world.ledger.trust)
    except ItemProofError as fault:
        yield fault.code
    for file in sorted(folder.path.glob("forks/*.json")):
        # Nothing but the file and a trust file of one's own.
        check_fork(parse_fork(file.read_bytes()), replace(world.ledger.trust, block_hashes={}))
        yield "fork proven to a third party"


def verified(world: World, bundle: Bundle) -> Report:
    """Verify a bundle against the chain, demanding a final anchor."""
    trust = replace(world.ledger.trust, block_hashes={})
    with world.client() as client:
        return verify_bundle(bundle.to_bytes(), trust, chain=client, code=ITEM)


def verifies(world: World, node: Node) -> Iterator[str]:
    """Prove the item in the other history, with the true history's anchor and with none."""
    with node.store.engine.begin() as connection:
        # Else the newest anchored head is proven, which both histories share.
        connection.execute(delete(metadata.tables["anchors"]))
    found = node.prove(ITEM)
    for anchor in (world.bundle.anchor, None):
        report = verified(world, replace(found, anchor=anchor, seen_proof=None))
        if report.exit_status:
            first = next(step for step in report.steps if step.result != "passed")
            yield f"step {first.step} {first.code}"


def remembers(world: World, node: Node) -> Iterator[str]:
    """Let a participant hand in what it signs next, having seen the true history's head."""
    with node.store.reading() as repositories:
        (key,) = repositories.keys.of_participant(world.ledger.participant)
        try:
            check_seen(KnownHeads(repositories), key, world.seen)
        except ItemProofError as fault:
            yield fault.code


def third_partys_audit(world: World, mirror: MirrorFolder) -> list[str]:
    """Audit a mirror as somebody who has the program, a trust file and an endpoint."""
    program, trust = world.third_party()
    chain = ("--rpc", world.ledger.chain.url)
    status, answer = program("audit", "--mirror", str(mirror.path), "--trust", str(trust), *chain)
    names = [f"{one['table']} {one['column']}" for one in answer["differences"]]
    return [f"exit {status}", *dict.fromkeys(names)]

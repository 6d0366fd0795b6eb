"""A ledger that lives through simulated days, is backed up, lost, restored and rebuilt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.support.anvil import Anvil, free_port
from tests.support.backups import backed_up, restored, sqlite_url_of
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.mirrored import trusted
from tests.support.postgres import PostgresServer
from tests.support.rebuilt import mirrored
from traceability.chain.accounts import load_account
from traceability.chain.anchoring import Anchorer, AnchorPolicy
from traceability.chain.client import ChainClient
from traceability.chain.planning import LogIdentity
from traceability.chain.registry import artifact
from traceability.chain.values import Finality
from traceability.hashing.statement import Receipt, parse_receipt
from traceability.key_files.passphrases import OWN_FILE, PassphraseSource
from traceability.ledger.clock import system_clock
from traceability.ledger.keyring import Keyring
from traceability.ledger.mirror.copying import Copied
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.node import Node
from traceability.ledger.opening import load_identity
from traceability.ledger.rebuild import Rebuilt, rebuild
from traceability.ledger.receipts import receipt_for
from traceability.ledger.second_place import SecondPlace
from traceability.store.anchor_store import StoredAnchors
from traceability.store.store import Store
from traceability.verify.trust import Trust

FINALITY = Finality.parse("depth:1")
FINAL_SECONDS = 60.0
# How long a question to a chain that is down may take.
SECONDS = 2.0
SERVED = "served-heads.txt"


class Witness(StrEnum):
    """Who knows better than the backup."""

    BOTH = "the second place and the chain"
    SECOND_PLACE = "the second place alone"
    CHAIN = "the chain alone"


@dataclass(slots=True)
class SimulatedClock:
    """The clock of the ledger and of its chain; it can be moved on, never back."""

    chain: Anvil
    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self.ahead

    def move(self, by: timedelta) -> None:
        """Let time pass, here and on the chain."""
        self.ahead += by
        with self.chain.client() as client:
            client.ask("evm_increaseTime", int(by.total_seconds()))
            client.mine(1)


@dataclass(slots=True)
class OldLedger:
    """One ledger wherever it lies now, what it has promised, and its mirror."""

    home: Path
    chain: Anvil
    postgres: PostgresServer | None
    stack: ExitStack
    clock: SimulatedClock = field(init=False)
    mirror: MirrorFolder = field(init=False)
    trust: Trust = field(init=False)
    folder: Path = field(init=False)
    url: str = field(init=False)
    participant: bytes = b""
    places: int = 0
    documents: int = 0
    receipts: list[Receipt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = SimulatedClock(self.chain)
        self.mirror = MirrorFolder(self.home / "mirror")
        self.move()
        settings = Settings(
            database_url=self.url,
            rpc_urls=(self.chain.url,),
            publisher_key_file=self._publisher(),
            finality="depth:1",
        )
        with open_node(settings, self.folder) as node:
            self.trust = trusted(node)
            self.participant = add_participant(node)

    def _publisher(self) -> Path:
        path = self.home / "publisher.key"
        path.write_text(f"0x{bytes(self.chain.new_account().key).hex()}\n")
        path.chmod(0o600)
        return path

    def move(self) -> None:
        """Go to a new folder and a new, empty database; the old ones are left behind."""
        self.places += 1
        self.folder = self.home / f"data-{self.places}"
        self.folder.mkdir(parents=True)
        self.url = sqlite_url_of(self.folder)
        if self.postgres is not None:
            self.url = self.stack.enter_context(self.postgres.database())

    @contextmanager
    def opened(self, *, chain: bool = True, answers: bool = True) -> Iterator[Node]:
        """Open the node; without a chain, or with one that does not answer, if so asked."""
        with ExitStack() as stack:
            store = stack.enter_context(Store.open(self.url, self.folder))
            keyring = keyring_of(self.folder)
            identity = load_identity(store, keyring)
            if identity is None:
                raise AssertionError("no ledger was restored")
            if not chain:
                yield Node(store, identity, data_dir=self.folder, keyring=keyring, clock=self.clock)
                return
            client = stack.enter_context(self._client(identity.genesis.contract, answers))
            anchorer = Anchorer(
                client,
                StoredAnchors(store),
                log=LogIdentity(identity.log, identity.origin, identity.genesis.log_key.public_key),
                account=load_account(self.home / "publisher.key"),
                code_hash=artifact().code_hash,
                policy=AnchorPolicy(mines=True),
                now=self.clock,
            )
            yield Node(
                store,
                identity,
                data_dir=self.folder,
                keyring=keyring,
                anchorer=anchorer,
                chain=client,
                clock=self.clock,
            )

    def _client(self, contract: str, answers: bool) -> ChainClient:
        url = self.chain.url if answers else f"http://127.0.0.1:{free_port()}"
        return ChainClient(
            [url],
            contract=contract,
            chain_id=self.chain.chain_id,
            finality=FINALITY,
            timeout_seconds=SECONDS,
        )

    def submit(self, node: Node) -> None:
        """Capture one more document of two events, log it, and keep the receipt."""
        number, self.documents = self.documents, self.documents + 1
        result = node.submission.submit(
            document(event(2 * number), event(2 * number + 1)), participant=self.participant
        )
        if result.batch is None:
            raise AssertionError(f"document {number} was not accepted")
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            sealed = receipt_for(repositories, result.batch.entry_hash, identity=node.identity)
        self.receipts.append(parse_receipt(sealed.payload))

    def anchor(self, node: Node) -> None:
        """Anchor everything, until it is final."""
        node.anchor_and_wait(timeout_seconds=FINAL_SECONDS)

    def back_up(self, file: Path) -> int:
        """Back the ledger up, verified; return its size."""
        with self.opened(chain=False) as node:
            return backed_up(node, file).tree_size

    def copy(self) -> Copied:
        """Bring the mirror up to the ledger: refused, with proof, if that has forked."""
        with self.opened(chain=False) as node:
            return mirrored(node, self.mirror, self.trust)

    def lose(self, *, keeps_second_place: bool) -> None:
        """Lose folder and database; the second place may lie elsewhere, and be kept."""
        before = self.folder
        self.move()
        if keeps_second_place:
            shutil.copy(before / SERVED, self.folder / SERVED)
        shutil.rmtree(before)

    def restore(self, file: Path) -> int:
        """Restore a backup; return its size."""
        return restored(file, self.folder, self.url).tree_size

    def rebuild(self) -> Rebuilt:
        """Bring back from the mirror what the backup does not hold."""
        with Store.open(self.url, self.folder) as store:
            return rebuild(
                store,
                keyring_of(self.folder),
                self.mirror,
                self.trust,
                second_place=SecondPlace(self.folder / SERVED),
                clock=self.clock,
            )


def keyring_of(folder: Path) -> Keyring:
    """Return the keys of a data folder, opened as `open_node` opens them."""
    configured = Path(os.environ["ITEMPROOF_KEY_PASSPHRASE_FILE"])
    keys = folder / "keys"
    return Keyring(keys, PassphraseSource(keys / OWN_FILE, configured=configured))


def item(number: int) -> str:
    """Return the code that an event observes."""
    return f"https://id.gs1.org/01/{GTIN}/21/S{number}"

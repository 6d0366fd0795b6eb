"""A node: one ledger with its parts wired, for one process.

A process that serves and one that runs a single command use the same node; the locks of the
store keep them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from traceability.chain.anchoring import Anchorer
from traceability.chain.client import ChainClient
from traceability.chain.costs import Estimate
from traceability.errors import Unavailable
from traceability.ledger.audiences import audience_selection
from traceability.ledger.bundles import BundleBuilder, RecordAddress, RecordErased, show_all
from traceability.ledger.capture import Capture
from traceability.ledger.chains import has_arrived
from traceability.ledger.clock import Clock, system_clock
from traceability.ledger.corrections import Corrections
from traceability.ledger.disclosure import Audience
from traceability.ledger.erasure_list import list_beside
from traceability.ledger.erasures import Erasures
from traceability.ledger.gate import ChainHead, Gate, KnownHead
from traceability.ledger.identity import Identity
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.keyring import Keyring
from traceability.ledger.lookup import find_record
from traceability.ledger.mint import Lot, prepare_lot
from traceability.ledger.participants import Registrar, held_key
from traceability.ledger.partners import OPERATOR, Asker
from traceability.ledger.prepared import Progress, no_progress
from traceability.ledger.registering import Registering
from traceability.ledger.rotation import Rotation
from traceability.ledger.second_place import SecondPlace
from traceability.ledger.sequencer import Sequencer
from traceability.ledger.state import StateCache
from traceability.ledger.statuses import Statuses
from traceability.ledger.submission import Submission
from traceability.ledger.tree_reading import UpperLevelsCache
from traceability.ledger.trust import write_trust
from traceability.lineage.snapshot.keeping import Memory
from traceability.store.repositories.anchors import AttemptRow
from traceability.store.repositories.erased_codes import code_key
from traceability.store.repositories.tree import CheckpointRow
from traceability.store.store import Store
from traceability.verify.bundle import Bundle

# How long a command waits for finality; a public chain takes about a quarter of an hour.
FINAL_SECONDS = 1800.0
SERVED_HEADS = "served-heads.txt"


class ChainNotConfigured(Unavailable):
    """No chain to anchor in is configured for this process."""

    code = "CHAIN_NOT_CONFIGURED"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where things stand: the newest head, and the newest anchor."""

    checkpoint: CheckpointRow | None
    anchor: AttemptRow | None
    waiting: int


def anchored_head(chain: ChainClient, log: bytes) -> KnownHead | None:
    """Return a log's head in the contract; None where the contract does not know the log."""
    head = chain.head(log)
    if head.tree_size == 0:
        return None
    return KnownHead("what was anchored", head.tree_size, head.root_hash)


class Node:
    """One open ledger.

    Parameters
    ----------
    ask_chain
        Asks the contract for its head, where the node itself has no chain.
    served_heads
        The second place; default: a file in the data folder.
    """

    # The lineage in memory, while this process serves and keeps one.
    memory: Memory | None = None

    def __init__(
        self,
        store: Store,
        identity: Identity,
        *,
        data_dir: Path,
        keyring: Keyring,
        anchorer: Anchorer | None = None,
        chain: ChainClient | None = None,
        ask_chain: ChainHead | None = None,
        served_heads: Path | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self.store = store
        self.identity = identity
        self.data_dir = data_dir
        self.keyring = keyring
        self.anchorer = anchorer
        self.chain = chain
        self.clock = clock
        self.states = StateCache()
        self.upper = UpperLevelsCache()
        self.second_place = SecondPlace(served_heads or data_dir / SERVED_HEADS)
        if ask_chain is None and chain is not None:
            ask_chain = partial(anchored_head, chain, identity.log)
        self.gate = Gate(store, self.second_place, chain_head=ask_chain)
        store.gate, store.code_key = self.gate.check, code_key(identity.duplicate_key)
        self.capture = Capture(store, identity, clock=clock, keyring=keyring)
        self.registrar = Registrar(store, identity, keyring=keyring, clock=clock)
        self.registering = Registering(store, identity, clock=clock)
        self.statuses = Statuses(store, identity, keyring=keyring, clock=clock)
        self.submission = Submission(
            store, self.capture, keyring=keyring, duplicate_key=identity.duplicate_key
        )
        self.corrections = Corrections(store, self.statuses, keyring=keyring)
        self.erasures = Erasures(
            store, self.statuses, list_file=list_beside(self.second_place.path)
        )
        self.sequencer = self._sequencer()
        self.rotation = Rotation(store, self.registrar, keyring=keyring, sequencer=self.sequencer)

    def _sequencer(self) -> Sequencer:
        return Sequencer(
            self.store,
            self.identity,
            second_place=self.second_place,
            states=self.states,
            clock=self.clock,
            settle=self._settle,
        )

    def _settle(self, close: bool) -> None:
        """Append statuses that are due, and finish what an erasure has left undone."""
        self.corrections.settle(close)
        if close:
            self.erasures.finish_if_possible()

    def mint(
        self, lot: Lot, *, participant: bytes, progress: Progress = no_progress
    ) -> CapturedBatch:
        """Issue a lot in the name of a participant whose key this node holds.

        A commit that failed may have been made: then the lot is issued, and that is the answer.
        """
        batch = prepare_lot(lot, progress=progress)
        captured = None
        try:
            with self.store.unit_of_work() as work:
                key = held_key(work.repositories, self.keyring, participant)
                captured = self.capture.held(
                    work.repositories, key, participant=participant, batch=batch
                )
                work.commit()
        except Unavailable:
            # A lot that is issued twice has twice its items: who repeats this would do that.
            if captured is None or not has_arrived(self.store, captured.entry_hash):
                raise
        return captured

    def anchor_step(self) -> bool:
        """Close the log with a state entry and take its head one step towards finality.

        Tells whether anything moved.
        """
        anchorer = self._anchorer()
        self.sequencer.run(close=True)
        with self.store.lock("anchorer"):
            moved = anchorer.step()
        self.write_trust()
        return bool(moved)

    def anchor_and_wait(self, *, timeout_seconds: float = FINAL_SECONDS) -> None:
        """Anchor everything that has arrived, and wait until its block is final."""
        anchorer = self._anchorer()
        self.sequencer.run(close=True)
        with self.store.lock("anchorer"):
            anchorer.run_until_final(timeout_seconds=timeout_seconds)
        self.write_trust()

    def anchor_estimate(self) -> Estimate | None:
        """Return what anchoring everything that has arrived would cost; None if nothing is new."""
        anchorer = self._anchorer()
        self.sequencer.run(close=True)
        return anchorer.estimate()

    def _anchorer(self) -> Anchorer:
        if self.anchorer is None:
            raise ChainNotConfigured("no chain is configured: nothing can be anchored")
        return self.anchorer

    def write_trust(self) -> None:
        """Bring the folder's trust file up to date with the final blocks."""
        write_trust(self.store, self.identity, self.trust_file)

    @property
    def trust_file(self) -> Path:
        """The operator's own trust file."""
        return self.data_dir / "trust.json"

    def standing(self) -> Standing:
        """Return the newest head and anchor, and how many entries wait for a place."""
        with self.store.reading() as repositories:
            return Standing(
                repositories.tree.latest_checkpoint(),
                repositories.anchors.latest(),
                len(repositories.entries.unsequenced(1000)),
            )

    def prove(
        self, code: str, *, audience: Audience = "auditor", asker: Asker = OPERATOR
    ) -> Bundle:
        """Return the proof bundle of the record that answers for a code.

        Raises
        ------
        CodeUnknown, RecordErased
        NotAPartner
            The asker may not see what partners see of it.
        """
        with self.store.reading() as repositories:
            found = find_record(repositories, code, asker=asker)
            if found.is_erased:
                raise RecordErased("record of this code was erased")
            builder = BundleBuilder(
                repositories, self.identity, states=self.states, upper=self.upper
            )
            chosen = audience_selection(
                repositories, found.address, audience=audience, code=code, asker=asker
            )
            return builder.build(found.address, select=chosen)

    def prove_record(self, address: RecordAddress) -> Bundle:
        """Return the complete proof bundle of a record."""
        with self.store.reading() as repositories:
            builder = BundleBuilder(
                repositories, self.identity, states=self.states, upper=self.upper
            )
            return builder.build(address, select=show_all)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

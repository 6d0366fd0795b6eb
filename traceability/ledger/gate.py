"""The start-up gate: a store that is older than what was served or anchored is not written.

A copy that was restored does not know what came after it. Were it to go on, the log would fork:
another entry at an index that others hold a proof for. So before the first write of a process the
store is set beside the second place and, where one answers, the chain. Reading goes on.

A restored store is written only once the chain has answered: its second place may be as old as it
is, and then nothing here knows what came after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traceability.errors import ItemProofError, Unavailable
from traceability.ledger.second_place import SecondPlace
from traceability.ledger.tree_reading import log_nodes
from traceability.merkle.proofs import root_from_nodes
from traceability.store.repositories import Repositories
from traceability.store.store import Store

logger = logging.getLogger(__name__)

# In the data folder from a restore until the chain has answered.
RESTORED = "restored"
# So soon a chain that did not answer is asked again.
AGAIN_SECONDS = 10.0
REMEDY = "nothing is written until `itemproof rebuild MIRROR` has brought them back"


@dataclass(frozen=True, slots=True)
class KnownHead:
    """A head that the log is known to have reached, and by what it is known."""

    place: str
    tree_size: int
    root_hash: bytes


# None: the contract does not know the log. A chain that does not answer either is an obstacle to
# restored stores only.
ChainHead = Callable[[], KnownHead | None]


class StoreBehind(Unavailable):
    """The store is older than what was served or anchored; rebuild it from a mirror.

    Parameters
    ----------
    first, last
        Leaf indexes of the entries that are missing.
    """

    code = "STORE_BEHIND"

    def __init__(self, places: str, *, first: int, last: int) -> None:
        super().__init__(
            f"store is older than {places}: entries {first} to {last} are missing "
            f"({last - first + 1}); {REMEDY}",
            expected=str(last + 1),
            got=str(first),
        )
        self.first = first
        self.last = last


class StoreUnfinished(Unavailable):
    """Entries have their places and no signed head: a rebuild was interrupted."""

    code = "STORE_UNFINISHED"


class StoreForked(Unavailable):
    """The store holds another history than was served or anchored."""

    code = "STORE_FORKED"


class StoreUnconfirmed(Unavailable):
    """The store was restored, and the chain could not be asked yet whether it is the newest."""

    code = "STORE_UNCONFIRMED"


def mark_restored(data_dir: Path) -> Path:
    """Have nothing written to a folder's store before the chain has answered; return the mark."""
    mark = data_dir / RESTORED
    mark.write_text("Nothing is written before the chain has been asked.\n", encoding="utf-8")
    return mark


class Gate:
    """Judges a store once, when it is first asked; the verdict stands for the process.

    While a restored store waits for the chain, it is judged again now and then.

    Parameters
    ----------
    chain_head
        Asks the contract for the log's head; None where no chain is configured.
    """

    def __init__(
        self,
        store: Store,
        second_place: SecondPlace,
        *,
        chain_head: ChainHead | None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._second_place = second_place
        self._chain_head = chain_head
        self._monotonic = monotonic
        self._mark = store.data_dir / RESTORED
        self._is_open = False
        self._fault: ItemProofError | None = None
        self._judged = 0.0

    def check(self) -> None:
        """Let pass, or say what is missing.

        Raises
        ------
        StoreBehind, StoreForked, StoreUnfinished, StoreUnconfirmed
        """
        if self._is_open:
            return
        # Threads may judge side by side: each acts on the verdict that it has seen itself.
        fault = self._fault
        if fault is None or self._is_due():
            fault = self._fault = self._judge()
            self._judged = self._monotonic()
            if fault is None:
                self._is_open = True
                return
            logger.error("gate.closed code=%s %s", fault.code, fault.fault)
        raise fault

    def fault(self) -> ItemProofError | None:
        """Return why nothing may be written; None where it may."""
        try:
            self.check()
        except ItemProofError as error:
            return error
        return None

    def _is_due(self) -> bool:
        waits = isinstance(self._fault, StoreUnconfirmed)
        return waits and self._monotonic() - self._judged >= AGAIN_SECONDS

    def _judge(self) -> ItemProofError | None:
        anchored, silence = self._anchored()
        known = [head for head in (self._served(), anchored) if head is not None]
        with self._store.reading() as repositories:
            fault = judge(repositories, known)
        if fault is not None or not self._mark.exists():
            return fault
        if self._chain_head is not None and anchored is None:
            why = "LOG_NOT_OPENED" if silence is None else silence.code
            return StoreUnconfirmed(
                "store was restored, and the chain has not said yet whether it is the newest: "
                f"nothing is written until it does ({why})"
            )
        self._mark.unlink(missing_ok=True)
        return None

    def _served(self) -> KnownHead | None:
        head = self._second_place.latest()
        return (
            None if head is None else KnownHead("what was served", head.tree_size, head.root_hash)
        )

    def _anchored(self) -> tuple[KnownHead | None, ItemProofError | None]:
        """Return the contract's head, or why there is none to be had."""
        if self._chain_head is None:
            return None, None
        try:
            return self._chain_head(), None
        except ItemProofError as error:
            # The anchorer sets the chain's head beside the store again before it sends.
            logger.warning("gate.chain_unasked code=%s %s", error.code, error.fault)
            return None, error


def judge(repositories: Repositories, known: list[KnownHead]) -> ItemProofError | None:
    """Return why a store may not be written, beside the heads that its log has reached."""
    latest = repositories.tree.latest_checkpoint()
    size = 0 if latest is None else latest.tree_size
    # The first entry opens the log on the chain before it has its place here.
    genesis = repositories.meta.get("genesis")
    known = [head for head in known if (head.tree_size, head.root_hash) != (1, genesis)]
    newer = [head for head in known if head.tree_size > size]
    for head in known:
        if head in newer:
            continue
        found = root_from_nodes(head.tree_size, log_nodes(repositories, head.tree_size))
        if found != head.root_hash:
            return StoreForked(
                f"store holds another history than {head.place}: at size {head.tree_size} "
                f"expected root {head.root_hash.hex()[:16]}, got {found.hex()[:16]}",
                expected=head.root_hash.hex(),
                got=found.hex(),
            )
    placed = repositories.entries.count_sequenced()
    if newer:
        places = " and ".join(head.place for head in newer)
        last = max(head.tree_size for head in newer) - 1
        return StoreBehind(places, first=size, last=last)
    if placed > size:
        return StoreUnfinished(
            f"entries {size} to {placed - 1} have no signed head: run `itemproof rebuild` again"
        )
    return None

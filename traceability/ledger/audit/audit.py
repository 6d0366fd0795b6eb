"""The audit: everything is recomputed from stored bytes and compared with the log.

In order: (0) the type of every stored value; where one is wrong, the rest cannot be read and is
not checked; (1) entries, (2) tiles and heads, (3) batches, (4) keys, statuses and cards,
(5) rows that belong to nothing, (6) anchors, (7) the contract's own head, where the chain can be
reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from traceability.ledger.audit.batches import check_batch
from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.entries import Replay
from traceability.ledger.audit.heads import check_anchors, check_chain, check_heads, check_tiles
from traceability.ledger.audit.registry import (
    check_cards,
    check_keys,
    check_statuses,
    check_strays,
)
from traceability.ledger.audit.types import check_types
from traceability.ledger.second_place import SecondPlace
from traceability.store.repositories import Repositories
from traceability.store.store import Store

# Differences listed in full; more are only counted, so that a wrecked store ends the report.
MAX_LISTED = 1000


class ChainHead(Protocol):
    """The head that the contract holds, as asked of the chain."""

    def __call__(self) -> tuple[int, bytes]:
        """Return (tree size, root hash)."""


Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was checked, and what differed; `total` counts beyond those listed.

    `expected` counts what differs as the caller said that it would.
    """

    checked: dict[str, int]
    differences: tuple[Difference, ...]
    total: int
    expected: int = 0

    @property
    def ok(self) -> bool:
        """Tell whether nothing differed."""
        return self.total == 0


def audit(
    store: Store,
    *,
    second_place: SecondPlace,
    chain_head: ChainHead | None = None,
    code_hash: bytes | None = None,
    expects: Callable[[Difference], bool] = lambda _found: False,
    progress: Progress = lambda _part, _done, _total: None,
) -> AuditReport:
    """Check everything; `chain_head` None leaves the contract itself unasked.

    What `expects` is true of is counted apart, and no fault.
    """
    checked: dict[str, int] = {}
    listed: list[Difference] = []
    total = expected = 0
    with store.reading() as repositories:
        run = _Run(repositories, second_place, chain_head, code_hash, checked, progress)
        for difference in run.all():
            if expects(difference):
                expected += 1
                continue
            total += 1
            if len(listed) < MAX_LISTED:
                listed.append(difference)
    return AuditReport(checked, tuple(listed), total, expected)


@dataclass(slots=True)
class _Run:
    """One audit on one snapshot."""

    repositories: Repositories
    second_place: SecondPlace
    chain_head: ChainHead | None
    code_hash: bytes | None
    checked: dict[str, int]
    progress: Progress

    def all(self) -> Iterator[Difference]:
        """Yield every difference, part by part."""
        mistyped = list(check_types(self.repositories))
        if mistyped:
            self.checked["records"] = 0
            yield from mistyped
            return
        replay = Replay()
        yield from self._entries(replay)
        yield from check_tiles(self.repositories, replay.leaf_hashes)
        yield from check_heads(self.repositories, replay, self.second_place)
        yield from self._batches(replay)
        yield from check_keys(self.repositories, replay)
        yield from check_statuses(self.repositories, replay)
        yield from check_cards(self.repositories, replay)
        yield from check_strays(self.repositories)
        yield from check_anchors(self.repositories, replay, self.code_hash)
        if self.chain_head is not None:
            yield from check_chain(self.chain_head(), replay.leaf_hashes)

    def _entries(self, replay: Replay) -> Iterator[Difference]:
        size = self.repositories.entries.count_sequenced()
        for row in self.repositories.entries.between(0, size):
            yield from replay.follow(row)
            self.progress("entries", len(replay.leaf_hashes), size)
        if len(replay.leaf_hashes) != size:
            yield Difference("entries", "", "leaf_index", str(size), str(len(replay.leaf_hashes)))
        self.checked["entries"] = len(replay.leaf_hashes)

    def _batches(self, replay: Replay) -> Iterator[Difference]:
        rows = {row.arrival: row for row in self.repositories.batches.all()}
        records = 0
        for done, (arrival, statement) in enumerate(replay.batches.values(), 1):
            row = rows.pop(arrival, None)
            if row is None:
                yield Difference("batches", "", "arrival", str(arrival), "nothing")
                continue
            yield from check_batch(self.repositories, row, statement=statement)
            records += statement.record_count
            self.progress("batches", done, len(replay.batches))
        self.checked["batches"] = len(replay.batches)
        self.checked["records"] = records
        for arrival, row in rows.items():
            entry = self.repositories.entries.by_arrival(arrival)
            if entry is None or entry.leaf_index is not None:
                yield Difference("batches", str(row.batch), "arrival", "a batch entry", "none")

"""The audit: everything is recomputed from stored bytes and compared with the log.

In order: (0) the type of every stored value; where one is wrong, the rest cannot be read and is
not checked; (1) the log: entries, statuses, tiles and heads; (2) batches: records, items, events,
trees; (3) serials; (4) rows that belong to nothing; (5) what has arrived and is not logged yet;
(6) keys, chains, participants, cards and names; (7) the second place, anchors and the contract.

(0) to (4) are done in pieces (`units.py`), whose results are taken up in order; nothing is held
of a piece afterwards, so that memory grows neither with records nor with entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from traceability.ledger.audit.batches import BatchTree, batch_units, columns, statement_of
from traceability.ledger.audit.difference import Difference
from traceability.ledger.audit.entries import Replay
from traceability.ledger.audit.heads import check_anchors, check_contract, check_served
from traceability.ledger.audit.log import LogReplay, find_batch_in
from traceability.ledger.audit.pending import check_pending
from traceability.ledger.audit.registry import (
    check_cards,
    check_chains,
    check_conflicts,
    check_keys,
    check_names,
)
from traceability.ledger.audit.units import (
    ENTRIES,
    ChunkHashes,
    ChunkUnit,
    Context,
    EntriesUnit,
    LogPart,
    Result,
    SerialsUnit,
    StraysUnit,
    TypesUnit,
    Unit,
)
from traceability.ledger.audit.working import perform
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.store.repositories import Repositories
from traceability.store.repositories.strays import KINDS
from traceability.store.store import Store
from traceability.store.tables import metadata

# Differences listed in full; more are only counted, so that a wrecked store ends the report.
MAX_LISTED = 1000


class ChainHead(Protocol):
    """The head that the contract holds, as asked of the chain."""

    def __call__(self) -> tuple[int, bytes]:
        """Return (tree size, root hash)."""


Progress = Callable[[str, int, int], None]
# Does pieces and yields their results in the same order.
Do = Callable[[Iterable[Unit]], Iterator[tuple[Unit, Result]]]


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
    duplicate_key: bytes | None = None,
    expects: Callable[[Difference], bool] = lambda _found: False,
    progress: Progress = lambda _part, _done, _total: None,
) -> AuditReport:
    """Check everything.

    Parameters
    ----------
    chain_head, code_hash
        None leaves the contract itself unasked, or the anchors' evidence unchecked.
    duplicate_key
        The node's secret, under which repeated events are known; None leaves that unchecked.
    expects
        What this is true of is counted apart, and no fault.
    """
    # Asked before the snapshot is taken, so that a node at work has at least what they say.
    outside = Outside(second_place.latest(), None if chain_head is None else chain_head())
    checked: dict[str, int] = {}
    listed: list[Difference] = []
    total = expected = 0
    with store.reading() as repositories:
        context = Context(repositories, duplicate_key)
        do = _alone(context)
        run = _Run(context, do, outside, code_hash, checked, progress)
        for difference in run.all():
            if expects(difference):
                expected += 1
                continue
            total += 1
            if len(listed) < MAX_LISTED:
                listed.append(difference)
    return AuditReport(checked, tuple(listed), total, expected)


def _alone(context: Context) -> Do:
    """Do every piece here, when its result is asked for."""

    def do(units: Iterable[Unit]) -> Iterator[tuple[Unit, Result]]:
        for unit in units:
            yield unit, perform(context, unit)

    return do


@dataclass(frozen=True, slots=True)
class Outside:
    """The last head that was served, and the contract's own, if they are known."""

    served: ServedHead | None
    contract: tuple[int, bytes] | None

    def sizes(self) -> set[int]:
        """Return the sizes that they speak of."""
        served = set() if self.served is None else {self.served.tree_size}
        return served if self.contract is None else served | {self.contract[0]}


@dataclass(slots=True)
class _Run:
    """One audit on one snapshot."""

    context: Context
    do: Do
    outside: Outside
    code_hash: bytes | None
    checked: dict[str, int]
    progress: Progress
    tree: BatchTree | None = field(default=None)

    @property
    def repositories(self) -> Repositories:
        """The snapshot."""
        return self.context.repositories

    def all(self) -> Iterator[Difference]:
        """Yield every difference, part by part."""
        mistyped = list(self._types())
        if mistyped:
            self.checked["records"] = 0
            yield from mistyped
            return
        log = self._log()
        yield from self._entries(log)
        yield from self._batches()
        yield from self._serials()
        yield from self._strays()
        yield from check_served(log, self.outside.served)
        yield from check_anchors(log, self.code_hash)
        yield from check_contract(log, self.outside.contract)
        yield from self._tables(log)

    def _types(self) -> Iterator[Difference]:
        names = [table.name for table in metadata.sorted_tables]
        for _, result in self.do(map(TypesUnit, names)):
            yield from result.differences

    def _log(self) -> LogReplay:
        repositories = self.repositories
        marks = self.context.rows.anchored_sizes() | self.outside.sizes()
        return LogReplay(repositories, Replay(find_batch_in(repositories)), marks)

    def _entries(self, log: LogReplay) -> Iterator[Difference]:
        size = self.repositories.entries.count_sequenced()
        units = (
            EntriesUnit(first, min(first + ENTRIES, size)) for first in range(0, size, ENTRIES)
        )
        for _, result in self.do(units):
            yield from result.differences
            if isinstance(result.value, LogPart):
                yield from log.take(result.value)
            self.progress("entries", log.replay.size, size)
        yield from log.finish()
        self.checked["entries"] = size

    def _batches(self) -> Iterator[Difference]:
        total = self.repositories.batches.count_records()
        self.checked["batches"] = self.checked["records"] = 0
        for unit, result in self.do(batch_units(self.context.rows, 0)):
            yield from result.differences
            if isinstance(unit, ChunkUnit) and isinstance(result.value, ChunkHashes):
                yield from self._chunk(unit, result.value)
            self.checked["batches"] += result.batches
            self.checked["records"] += result.records
            self.progress("records", self.checked["records"], total)

    def _chunk(self, unit: ChunkUnit, hashes: ChunkHashes) -> Iterator[Difference]:
        """Put a large batch together from its chunks, which come in order."""
        rows, batch = self.context.rows, unit.batch
        if self.tree is None or self.tree.batch != batch:
            statement = statement_of(rows, batch)
            if statement is None:
                raise AssertionError("only a batch whose entry was read is checked in chunks")
            self.tree = BatchTree(batch, statement, rows.runs(batch, batch).get(batch))
        self.tree.add(hashes)
        if unit.last == unit.of:
            for found in rows.batches(batch, batch):
                yield from columns(found.row, self.tree.statement)
            yield from self.tree.differences(rows.batch_tiles(batch, batch).get(batch, {}))
            self.checked["batches"] += 1

    def _serials(self) -> Iterator[Difference]:
        gtins = self.context.rows.gtins_of_several_runs()
        for done, (_, result) in enumerate(self.do(map(SerialsUnit, gtins)), 1):
            yield from result.differences
            self.progress("serials", done, len(gtins))

    def _strays(self) -> Iterator[Difference]:
        for _, result in self.do(map(StraysUnit, range(KINDS))):
            yield from result.differences

    def _tables(self, log: LogReplay) -> Iterator[Difference]:
        """Check what is small, against the log and what waits to be put into it."""
        repositories, replay, size = self.repositories, log.replay, log.replay.size
        yield from check_pending(repositories, replay)
        yield from check_keys(repositories, replay, size)
        yield from check_chains(repositories, replay)
        yield from check_cards(repositories, replay)
        yield from check_conflicts(repositories, replay)
        yield from check_names(repositories, replay)

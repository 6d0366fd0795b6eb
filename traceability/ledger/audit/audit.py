"""The audit: everything is recomputed from stored bytes and compared with the log.

In order: (0) the schema, its indexes, and rows that are there twice; then that every table is
there, and every value of its column's type and size: one that is not is named, and so is what
cannot be read because of it; where a table or a place in the log is lost so, nothing else is
checked; (1) the log: entries, statuses, tiles and heads; (2) batches: records, items, events,
trees; (3) serials; (4) rows that belong to nothing; (5) what has arrived and is not logged yet;
(6) keys, chains, participants, cards and names; (7) the second place, anchors and the contract.

(0) to (4) are done in pieces (`units.py`), whose results are taken up in order; nothing is held
of a piece afterwards, so that memory grows neither with records nor with entries.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Protocol

from traceability.ledger.audit.anchored import check_kept
from traceability.ledger.audit.batches import BatchTree, batch_units, columns, statement_of
from traceability.ledger.audit.corrections import CanSign, check_corrections
from traceability.ledger.audit.difference import UNREADABLE, Difference, Finding, Unchecked
from traceability.ledger.audit.entries import Replay
from traceability.ledger.audit.heads import check_anchors, check_contract, check_served
from traceability.ledger.audit.log import LogReplay, find_batch_in
from traceability.ledger.audit.pending import check_pending
from traceability.ledger.audit.progress import Progress as Done
from traceability.ledger.audit.progress import ProgressFile
from traceability.ledger.audit.registry import (
    check_cards,
    check_chains,
    check_conflicts,
    check_keys,
    check_names,
)
from traceability.ledger.audit.report import AuditReport, Head
from traceability.ledger.audit.schema import check_schema, unreadable
from traceability.ledger.audit.units import (
    ENTRIES,
    BatchesUnit,
    ChunkHashes,
    ChunkUnit,
    Context,
    EntriesUnit,
    LogPart,
    Result,
    RowsUnit,
    SerialsUnit,
    StraysUnit,
    TypesUnit,
    Unit,
)
from traceability.ledger.audit.unreadable import (
    dropped_tables,
    ends_audit,
    going_on,
    high_places,
    naming_unreadable,
)
from traceability.ledger.audit.workers import working
from traceability.ledger.audit.working import perform
from traceability.ledger.second_place import SecondPlace, ServedHead
from traceability.store.engine import little_cache
from traceability.store.faults import StoreFault, StoreUnavailable, translated
from traceability.store.repositories import Repositories
from traceability.store.repositories.strays import KINDS
from traceability.store.snapshots import shared_reading
from traceability.store.store import Store
from traceability.store.tables import metadata

__all__ = ["AuditReport", "ChainHead", "Head", "audit"]

# Differences listed in full; more are only counted, so that a wrecked store ends the report.
MAX_LISTED = 1000


class ChainHead(Protocol):
    """The head that the contract holds, as asked of the chain."""

    def __call__(self) -> tuple[int, bytes]:
        """Return (tree size, root hash)."""


Progress = Callable[[str, int, int], None]
# Does pieces and yields their results in the same order.
Do = Callable[[Iterable[Unit]], Iterator[tuple[Unit, Result]]]


def audit(
    store: Store,
    *,
    second_place: SecondPlace,
    chain_head: ChainHead | None = None,
    code_hash: bytes | None = None,
    duplicate_key: bytes | None = None,
    can_sign: CanSign | None = None,
    jobs: int = 1,
    progress_file: Path | None = None,
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
    can_sign
        Tells which keys the node has files of; None takes all that the operator has to be there.
    jobs
        Processes that do the pieces; with 1, all is done here.
    progress_file
        Where what was done is kept every few seconds, and gone on from; None keeps nothing.
    expects
        What this is true of is counted apart, and no fault.
    """
    # Asked before the snapshot is taken, so that a node at work has at least what they say.
    outside = Outside(second_place.latest(), None if chain_head is None else chain_head())
    kept = ProgressFile(progress_file)
    with _snapshot(store, duplicate_key, jobs) as (context, do):
        done = kept.load(_log_id(context))
        before = [*done.differences, *done.unchecked]
        run = _Run(context, do, outside, code_hash, can_sign, progress, done, kept)
        for found in naming_unreadable(run.all(), context.repositories):
            if isinstance(found, Difference) and expects(found):
                done.expected += 1
            elif not before or found.to_json() not in before:
                # Otherwise met again after an interruption.
                done.take(found, most=MAX_LISTED)
    kept.remove()
    seconds = done.seconds + time.monotonic() - run.started
    return AuditReport(
        done.checked,
        tuple(done.found()),
        done.total,
        done.expected,
        tuple(done.left_open()),
        head=run.head,
        seconds=seconds,
    )


def _log_id(context: Context) -> str:
    found = context.repositories.meta.get("log")
    return "" if found is None else found.hex()


@contextmanager
def _snapshot(store: Store, duplicate_key: bytes | None, jobs: int) -> Iterator[tuple[Context, Do]]:
    """Read one state of the store, here and in as many processes as there are jobs."""
    if jobs == 1:
        with store.reading() as repositories, little_cache(repositories.connection):
            context = Context(repositories, duplicate_key)
            yield context, _alone(context)
        return
    url = store.engine.url.render_as_string(hide_password=False)
    with (
        working(url, duplicate_key, jobs=jobs) as workers,
        shared_reading(store.engine, workers.join) as repositories,
    ):
        yield Context(repositories, duplicate_key), workers.do


def _head(log: LogReplay) -> Head | None:
    genesis, size = log.replay.genesis, log.replay.size
    if genesis is None:
        return None
    return Head(log.replay.log_id(), genesis.chain_id, genesis.contract, size, log.root(size))


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
    can_sign: CanSign | None
    progress: Progress
    done: Done
    kept: ProgressFile
    tree: BatchTree | None = None
    head: Head | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def checked(self) -> dict[str, int]:
        """How many of what were checked."""
        return self.done.checked

    @property
    def repositories(self) -> Repositories:
        """The snapshot."""
        return self.context.repositories

    def all(self) -> Iterator[Finding]:
        """Yield every difference, part by part."""
        first: Finding | None = None
        try:
            with translated():
                for found in chain(check_schema(self.repositories), self._rows()):
                    first = first or found
                    yield found
                yield from self._contents()
        except (StoreFault, StoreUnavailable) as error:
            if first is None:
                raise
            self.checked.setdefault("records", 0)
            yield unreadable(first, error)

    def _contents(self) -> Iterator[Finding]:
        """Yield what differs in the rows."""
        mistyped = list(self._types())
        yield from mistyped
        if any(ends_audit(found) for found in mistyped):
            self.checked["records"] = 0
            yield Unchecked("entries", "", "", UNREADABLE, mistyped[0].table)
            return
        log = self._log()
        if self.done.log is not None:
            log.go_on(self.done.log)
        yield from self._going_on("entries", self._entries(log))
        if "entries" not in self.checked:
            return  # What comes next asks the log.
        yield from self._going_on("batches", self._batches())
        yield from self._going_on("items", self._serials())
        yield from self._strays()
        yield from check_served(log, self.outside.served)
        yield from self._going_on("anchors", check_anchors(log, self.code_hash))
        yield from self._going_on("anchors", check_kept(log, self.outside.contract))
        self.checked["checkpoints"], self.checked["anchors"] = self.context.rows.count_kept()
        yield from check_contract(log, self.outside.contract)
        yield from self._tables(log)

    def _going_on(self, table: str, findings: Iterator[Finding]) -> Iterator[Finding]:
        return going_on(table, findings, self.repositories)

    def _rows(self) -> Iterator[Finding]:
        names = [table.name for table in metadata.sorted_tables]
        for _, result in self.do(map(RowsUnit, names)):
            yield from result.differences

    def _types(self) -> Iterator[Finding]:
        dropped = list(dropped_tables(self.repositories))
        if dropped:
            yield from dropped
            return
        names = [table.name for table in metadata.sorted_tables]
        for _, result in self.do(map(TypesUnit, names)):
            yield from result.differences
        yield from high_places(self.repositories)

    def _log(self) -> LogReplay:
        repositories = self.repositories
        marks = self.context.rows.anchored_sizes() | self.outside.sizes()
        return LogReplay(repositories, Replay(find_batch_in(repositories)), marks)

    def _entries(self, log: LogReplay) -> Iterator[Finding]:
        size = self.repositories.entries.count_sequenced()
        units = (
            EntriesUnit(first, min(first + ENTRIES, size))
            for first in range(log.replay.size, size, ENTRIES)
        )
        for _, result in self.do(units):
            yield from result.differences
            if isinstance(result.value, LogPart):
                yield from log.take(result.value)
            self.progress("entries", log.replay.size, size)
            if self.kept.is_due():
                self.done.log = log.to_json()
                self._save()
        self.done.log = log.to_json()
        yield from log.finish()
        self.checked["entries"] = size
        self.head = _head(log)

    def _save(self) -> None:
        """Keep what was done; every difference that was yielded has been listed by now."""
        now = time.monotonic()
        self.done.seconds += now - self.started
        self.started = now
        self.kept.save(self.done)

    def _batches(self) -> Iterator[Finding]:
        total, done = self._total(), self.done
        for name in ("batches", "records"):
            self.checked.setdefault(name, 0)
        within = (0, 0)
        if done.tree is not None:
            within = (done.tree["batch"], done.tree["count"])
            self.tree = self._tree(done.tree["batch"])
            self.tree.go_on(done.tree)
        for unit, result in self.do(batch_units(self.context.rows, done.after, done=within)):
            yield from result.differences
            if isinstance(unit, ChunkUnit) and isinstance(result.value, ChunkHashes):
                yield from self._chunk(unit, result.value)
            elif isinstance(unit, BatchesUnit):
                done.after = unit.last
            self.checked["batches"] += result.batches
            self.checked["records"] += result.records
            self.progress("records", self.checked["records"], total)
            if self.kept.is_due():
                done.tree = None if self.tree is None else self.tree.to_json()
                self._save()

    def _total(self) -> int:
        """Return how many records there are, for the progress; 0 where a count is beyond all."""
        try:
            with translated():
                return self.repositories.batches.count_records()
        except (StoreFault, StoreUnavailable):
            return 0

    def _tree(self, batch: int) -> BatchTree:
        rows = self.context.rows
        statement = statement_of(rows, batch)
        if statement is None:
            raise AssertionError("only a batch whose entry was read is checked in chunks")
        return BatchTree(batch, statement, rows.runs(batch, batch).get(batch))

    def _chunk(self, unit: ChunkUnit, hashes: ChunkHashes) -> Iterator[Finding]:
        """Put a large batch together from its chunks, which come in order."""
        rows, batch = self.context.rows, unit.batch
        if self.tree is None:
            self.tree = self._tree(batch)
        self.tree.add(hashes)
        if unit.last == unit.of:
            for found in rows.batches(batch, batch):
                yield from columns(found.row, self.tree.statement)
            yield from self.tree.differences(rows.batch_tiles(batch, batch).get(batch, {}))
            self.checked["batches"] += 1
            self.done.after, self.tree = batch, None

    def _serials(self) -> Iterator[Finding]:
        gtins = self.context.rows.gtins_of_several_runs()
        for done, (_, result) in enumerate(self.do(map(SerialsUnit, gtins)), 1):
            yield from result.differences
            self.progress("serials", done, len(gtins))

    def _strays(self) -> Iterator[Finding]:
        for _, result in self.do(map(StraysUnit, range(KINDS))):
            yield from result.differences

    def _tables(self, log: LogReplay) -> Iterator[Finding]:
        """Check what is small, against the log and what waits to be put into it."""
        repositories, replay, size = self.repositories, log.replay, log.replay.size
        for table, found in (
            ("corrections", check_corrections(repositories, self.can_sign)),
            ("entries", check_pending(repositories, replay)),
            ("keys", check_keys(repositories, replay, size)),
            ("key_chains", check_chains(repositories, replay)),
            ("cards", check_cards(repositories, replay)),
            ("conflicting_entries", check_conflicts(repositories, replay)),
            ("meta", check_names(repositories, replay)),
        ):
            yield from self._going_on(table, found)

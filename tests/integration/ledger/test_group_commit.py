"""What comes at once is kept in one transaction, and each is told only what became of its own.

Every way in which the commit of a group fails, and every way in which one submission of it is
not as the others, on both databases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.support.ledger import add_participant, batch_of_document, event
from tests.support.suppliers import Supplier
from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SigningKey
from traceability.ledger.audit.audit import audit
from traceability.ledger.faults import EventDuplicate, SequenceGap
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.prepared import PreparedBatch
from traceability.store.faults import StoreFault, StoreUnavailable
from traceability.store.repositories.entries import EntryRepository
from traceability.store.unit_of_work import UnitOfWork

WAIT = 60.0
FIRMS = 4

Call = Callable[[], CapturedBatch | None]


@dataclass
class Commits:
    """The first commit waits until it is let go; the second may fail; all are counted."""

    persisted: bool | None = None
    count: int = 0
    begun: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, commit: Callable[[UnitOfWork], None]) -> Callable[[UnitOfWork], None]:
        def counted(work: UnitOfWork) -> None:
            self.count += 1
            number = self.count
            if number == 1:
                self.begun.set()
                assert self.go.wait(WAIT)
            fails = number == 2 and self.persisted is not None
            if not fails or self.persisted:
                commit(work)
            if fails:
                raise StoreUnavailable("injected fault")

        return counted


@dataclass
class Told:
    """What became of each call, by its number."""

    kept: dict[int, CapturedBatch | None] = field(default_factory=dict)
    errors: dict[int, ItemProofError] = field(default_factory=dict)

    def call(self, number: int, call: Call) -> None:
        try:
            self.kept[number] = call()
        except ItemProofError as error:
            self.errors[number] = error


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, commits: Commits) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", commits(UnitOfWork.commit))
        yield


def together(
    node: Node, monkeypatch: pytest.MonkeyPatch, commits: Commits, calls: Sequence[Call]
) -> Told:
    """Make the calls while an earlier submission is committed: they are one group."""
    told = Told()
    opener = batch_of_document(0)
    participant = add_participant(node)
    threads = [
        threading.Thread(target=told.call, args=(-1, lambda: own(node, opener, participant))),
        *(threading.Thread(target=told.call, args=call) for call in enumerate(calls)),
    ]
    with watched(monkeypatch, commits):
        threads[0].start()
        assert commits.begun.wait(WAIT)
        for number, thread in enumerate(threads[1:], 1):
            thread.start()
            while node.capture.waiting < number:
                thread.join(0.001)
        commits.go.set()
        for thread in threads:
            thread.join(WAIT)
    assert told.kept.pop(-1) is not None
    return told


def own(node: Node, batch: PreparedBatch, participant: bytes) -> CapturedBatch | None:
    return node.capture.own(batch, participant=participant)


def suppliers(node: Node) -> list[Supplier]:
    found = []
    for _ in range(FIRMS):
        key = SigningKey.generate()
        found.append(Supplier(node, key, add_participant(node, key=key)))
    return found


def submission(supplier: Supplier, number: int, *, gap: int = 0) -> Call:
    """Return a supplier's next submission; with a gap, it leaves out statements before it."""
    batch = supplier.batch(event(number))
    statement = supplier.statement(batch)
    header = replace(statement.header, sequence=statement.header.sequence + gap)
    statement = replace(statement, header=header)
    envelope = supplier.sign(statement)
    return lambda: supplier.node.capture.signed(envelope, statement, batch=batch)


def logged(node: Node) -> int:
    """Put in order, demand that all agrees, and return how many batches there are."""
    node.sequencer.run(close=True)
    assert audit(node.store, second_place=node.second_place).ok
    with node.store.reading() as repositories:
        return len(list(repositories.batches.all()))


class TestOneGroup:
    def test_is_kept_by_one_commit(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        commits = Commits()
        calls = [submission(one, number) for number, one in enumerate(suppliers(node))]
        told = together(node, monkeypatch, commits, calls)
        assert commits.count == 2
        assert not told.errors
        assert len({one.arrival for one in told.kept.values() if one is not None}) == FIRMS
        assert logged(node) == FIRMS + 1

    def test_continues_a_key_that_signs_several_of_it(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        participant = add_participant(node)
        commits = Commits()
        calls: list[Call] = [
            lambda number=number: own(node, batch_of_document(number), participant)  # type: ignore[misc]  # a default binds it
            for number in range(FIRMS)
        ]
        told = together(node, monkeypatch, commits, calls)
        assert (commits.count, told.errors) == (2, {})
        with node.store.reading() as repositories:
            arrivals = sorted(one.arrival for one in told.kept.values() if one is not None)
            rows = [repositories.entries.by_arrival(arrival) for arrival in arrivals]
        assert [row.sequence for row in rows if row is not None] == [0, 1, 2, 3]
        assert logged(node) == FIRMS + 1


@pytest.mark.parametrize("persisted", [False, True])
def test_a_failed_commit_of_a_group_loses_and_doubles_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    calls = [submission(one, number) for number, one in enumerate(suppliers(node))]
    told = together(node, monkeypatch, Commits(persisted=persisted), calls)
    assert {str(error) for error in told.errors.values()} == {"injected fault"}
    assert sorted(told.errors) == list(range(FIRMS))
    again = [call() for call in calls]
    assert [one.repeated for one in again if one is not None] == [persisted] * FIRMS
    assert logged(node) == FIRMS + 1


class TestOneBadSubmission:
    def test_with_a_wrong_signature_harms_no_other(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, *good = suppliers(node)
        bad.key = SigningKey.generate()
        batch = bad.batch(event(9))
        statement = good[0].statement(batch)
        envelope = bad.sign(statement)
        calls: list[Call] = [lambda: node.capture.signed(envelope, statement, batch=batch)]
        calls += [submission(one, number) for number, one in enumerate(good)]
        told = together(node, monkeypatch, Commits(), calls)
        assert [error.code for error in told.errors.values()] == ["SIGNERS_INVALID"]
        assert sorted(told.kept) == [1, 2, 3]
        assert logged(node) == FIRMS

    def test_with_a_gap_before_it_harms_no_other(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, *good = suppliers(node)
        calls = [submission(bad, 9, gap=1)]
        calls += [submission(one, number) for number, one in enumerate(good)]
        told = together(node, monkeypatch, Commits(), calls)
        assert isinstance(told.errors.pop(0), SequenceGap)
        assert not told.errors
        assert logged(node) == FIRMS

    def test_that_says_what_another_firm_says_is_kept_too(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = [submission(one, 9) for one in suppliers(node)]
        told = together(node, monkeypatch, Commits(), calls)
        assert not told.errors
        assert logged(node) == FIRMS + 1

    def test_that_repeats_an_event_of_its_own_firm_is_refused_alone(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, *good = suppliers(node)
        submission(bad, 9)()
        calls = [submission(bad, 9), *(submission(one, at) for at, one in enumerate(good))]
        told = together(node, monkeypatch, Commits(), calls)
        assert isinstance(told.errors.pop(0), EventDuplicate)
        assert not told.errors
        assert logged(node) == FIRMS + 1

    def test_that_the_store_refuses_leaves_each_to_be_kept_alone(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = [submission(one, number) for number, one in enumerate(suppliers(node))]
        add_many = EntryRepository.add_many

        def refusing(self: EntryRepository, rows: Sequence[object]) -> Sequence[int]:
            if len(rows) > 1:
                raise StoreFault("store refused a statement: fault")
            return add_many(self, rows)  # type: ignore[arg-type]  # passed on as it came

        monkeypatch.setattr(EntryRepository, "add_many", refusing)
        told = together(node, monkeypatch, Commits(), calls)
        assert not told.errors
        assert logged(node) == FIRMS + 1


def test_a_batch_of_the_nodes_own_that_is_not_plain_is_left_to_its_caller(node: Node) -> None:
    assert own(node, batch_of_document(1), add_participant(node)) is not None
    assert own(node, batch_of_document(2), bytes(16)) is None
    assert logged(node) == 1

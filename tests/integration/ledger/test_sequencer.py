"""Order, tiles, heads and state entries; and every durable write failed twice.

"not persisted": the write fails and nothing is kept. "persisted but reported failed": it is kept
and the caller is told that it failed. After either, the next run ends in the same log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.ledger import add_participant, batch_of_document, document, event, opened_node
from traceability.ledger import sequencer
from traceability.ledger.audit.audit import audit
from traceability.ledger.gate import StoreBehind
from traceability.ledger.node import Node
from traceability.ledger.second_place import SecondPlace, SecondPlaceDamaged, ServedHead
from traceability.ledger.sequencer import (
    GATHER_AT_MOST_SECONDS,
    GATHER_SECONDS,
    MANY,
    LogDamaged,
)
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.merkle.tree import root_hash
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork


def submit(node: Node, participant: bytes, number: int) -> int:
    result = node.submission.submit(document(event(number)), participant=participant)
    assert result.batch is not None
    return result.batch.arrival


def submit_and_close(node: Node, participant: bytes) -> None:
    submit(node, participant, 1)
    node.sequencer.run(close=True)


def leaf_hashes(node: Node) -> list[bytes]:
    with node.store.reading() as repositories:
        return repositories.entries.leaf_hashes(0, 10_000)


class TestPace:
    def test_entries_gather_longer_where_many_come(self, node: Node) -> None:
        participant = add_participant(node)
        for number in range(MANY):
            assert node.capture.own(batch_of_document(number), participant=participant)
        node.sequencer.run()
        assert GATHER_SECONDS < node.sequencer.gather_seconds <= GATHER_AT_MOST_SECONDS

    def test_who_submits_alone_does_not_wait_longer(self, node: Node) -> None:
        submit(node, add_participant(node), 1)
        node.sequencer.run()
        assert node.sequencer.gather_seconds == GATHER_SECONDS

    def test_more_than_one_group_takes_is_put_in_order_by_one_run(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        participant = add_participant(node)
        size = node.sequencer.run().tree_size
        for number in range(4):
            submit(node, participant, number)
        monkeypatch.setattr(sequencer, "GROUP_LIMIT", 2)
        assert node.sequencer.run().tree_size == size + 4


class TestOrder:
    def test_follows_arrival(self, node: Node) -> None:
        participant = add_participant(node)
        arrivals = [submit(node, participant, number) for number in range(5)]
        node.sequencer.run()
        with node.store.reading() as repositories:
            rows = [repositories.entries.by_arrival(arrival) for arrival in arrivals]
        indexes = [row.leaf_index for row in rows if row is not None]
        assert indexes == sorted(indexes)
        assert None not in indexes

    def test_head_is_the_root_over_all_entries_and_is_signed(self, node: Node) -> None:
        participant = add_participant(node)
        for number in range(300):
            submit(node, participant, number)
        head = node.sequencer.run(close=True)
        assert head.root_hash == root_hash(leaf_hashes(node))
        note = verify_checkpoint(
            head.text,
            origin=node.identity.origin,
            public_key=node.identity.log_key.public_key,
        )
        assert (note.tree_size, note.root_hash) == (head.tree_size, head.root_hash)

    def test_a_run_with_nothing_new_adds_nothing(self, node: Node) -> None:
        add_participant(node)
        head = node.sequencer.run(close=True)
        assert node.sequencer.run(close=True) == head
        assert head.ends_with_state

    def test_genesis_alone_needs_no_state_entry(self, node: Node) -> None:
        assert node.sequencer.run(close=True).tree_size == 1


@dataclass
class BrokenCommit:
    """Fails one commit, before or after it is durable."""

    persisted: bool
    fails_at: int
    seen: int = 0

    def __call__(self, commit: Callable[[UnitOfWork], None]) -> Callable[[UnitOfWork], None]:
        def broken(work: UnitOfWork) -> None:
            self.seen += 1
            if self.seen != self.fails_at:
                commit(work)
                return
            if self.persisted:
                commit(work)
            raise StoreUnavailable("injected fault")

        return broken


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("step", ["submit", "group", "close"])
def test_a_failed_commit_loses_and_doubles_nothing(
    node: Node, monkeypatch: pytest.MonkeyPatch, step: str, persisted: bool
) -> None:
    participant = add_participant(node)
    before = len(leaf_hashes(node))
    fails_at = {"submit": 1, "group": 2, "close": 3}[step]
    with monkeypatch.context() as patch:
        broken = BrokenCommit(persisted, fails_at)
        patch.setattr(UnitOfWork, "commit", broken(UnitOfWork.commit))
        with pytest.raises(StoreUnavailable, match="injected fault"):
            submit_and_close(node, participant)
    again = node.submission.submit(document(event(1)), participant=participant)
    is_there = persisted or step != "submit"
    assert again.records[0].result == ("duplicate" if is_there else "accepted")
    node.sequencer.run(close=True)
    # One batch and one state entry, however the first try ended.
    assert len(leaf_hashes(node)) == before + 2
    assert audit(node.store, second_place=node.second_place).ok


@pytest.mark.parametrize("persisted", [False, True])
def test_a_failed_second_place_is_finished_by_the_next_run(
    node: Node, monkeypatch: pytest.MonkeyPatch, persisted: bool
) -> None:
    participant = add_participant(node)
    submit(node, participant, 1)
    append = SecondPlace.append

    def broken(place: SecondPlace, head: ServedHead) -> None:
        with node.store.reading() as repositories:
            latest = repositories.tree.latest_checkpoint()
        if place.latest() == head or latest is None:
            return
        if persisted:
            append(place, head)
        raise StoreUnavailable("injected fault")

    with monkeypatch.context() as patch:
        patch.setattr(SecondPlace, "append", broken)
        with pytest.raises(StoreUnavailable):
            node.sequencer.run()
    head = node.sequencer.run()
    assert node.second_place.latest() == ServedHead(head.tree_size, head.root_hash)
    assert audit(node.store, second_place=node.second_place).ok


class TestSecondPlace:
    def test_a_line_cut_short_was_never_served(self, tmp_path: Path) -> None:
        place = SecondPlace(tmp_path / "heads")
        place.append(ServedHead(1, bytes(32)))
        with (tmp_path / "heads").open("a") as handle:
            handle.write("2 abcd")
        assert place.latest() == ServedHead(1, bytes(32))
        place.append(ServedHead(3, b"\x01" * 32))
        assert (tmp_path / "heads").read_text().count("\n") == 2
        assert place.latest() == ServedHead(3, b"\x01" * 32)

    @pytest.mark.parametrize("text", ["one two\n", "\n", "1 abcd\n\n", "7" * 300 + "\n"])
    def test_a_malformed_line_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "heads").write_text(text)
        with pytest.raises(SecondPlaceDamaged, match="is malformed in the line that ends at byte"):
            SecondPlace(tmp_path / "heads").latest()

    @pytest.mark.parametrize("before", ["", "1 " + "00" * 32 + "\n"])
    def test_what_is_longer_than_a_cut_line_is_refused(self, before: str, tmp_path: Path) -> None:
        (tmp_path / "heads").write_text(before + "\0" * 300)
        place = SecondPlace(tmp_path / "heads")
        with pytest.raises(SecondPlaceDamaged, match="does not end with a line"):
            place.latest()
        with pytest.raises(SecondPlaceDamaged, match="does not end with a line"):
            place.append(ServedHead(2, bytes(32)))
        assert (tmp_path / "heads").read_text() == before + "\0" * 300

    def test_the_last_of_many_heads_is_read(self, tmp_path: Path) -> None:
        place = SecondPlace(tmp_path / "heads")
        assert place.latest() is None
        for size in range(1, 20):
            place.append(ServedHead(10**size // 9, size.to_bytes(32, "big")))
            assert place.latest() == ServedHead(10**size // 9, size.to_bytes(32, "big"))
        assert (tmp_path / "heads").read_text().count("\n") == 19

    def test_an_old_backup_may_not_write(self, sqlite_url: str, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        database = Path(sqlite_url.removeprefix("sqlite:///"))
        with opened_node(sqlite_url, folder) as node:
            add_participant(node)
        backup = database.read_bytes()
        with opened_node(sqlite_url, folder) as node:
            add_participant(node)
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        database.write_bytes(backup)
        with (
            pytest.raises(StoreBehind, match="older than what was served: entries 3 to 4"),
            opened_node(sqlite_url, folder),
        ):
            pass

    def test_a_head_that_somebody_else_served_meanwhile_stops_the_sequencer(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        with opened_node(sqlite_url, tmp_path / "data") as node:
            size = node.sequencer.run().tree_size
            node.second_place.append(ServedHead(size + 1, bytes(32)))
            with pytest.raises(LogDamaged, match="older than the head that was served"):
                node.sequencer.run()

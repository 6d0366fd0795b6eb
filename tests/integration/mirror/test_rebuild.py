"""Bringing a log back: into nothing, into an old copy; and what is refused, named, or missing."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.ledger import add_participant
from tests.support.mirrored import fill, grow
from tests.support.rebuilt import Mirrored, Place, copy_ledger, mirrored
from traceability.ledger import rebuild as module
from traceability.ledger.audit.audit import audit
from traceability.ledger.gate import StoreBehind, StoreUnfinished
from traceability.ledger.mirror.faults import MirrorDamaged, MirrorMissing
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.node import Node
from traceability.ledger.opening import OtherLedger
from traceability.ledger.rebuild import RebuildForked
from traceability.merkle.tiles import entry_bundle, parse_entry_bundle
from traceability.store import tables
from traceability.store.faults import StoreUnavailable
from traceability.store.locks import AlreadyRunning
from traceability.store.store import Store
from traceability.store.unit_of_work import UnitOfWork

LOG_TABLES = {
    tables.entries: ("leaf_index", "leaf_hash", "type", "key_id", "sequence", "envelope"),
    tables.log_tiles: ("tile", "hashes"),
    tables.key_chains: ("key_id", "next_sequence", "previous"),
    tables.keys: (
        "key_id",
        "participant",
        "custody",
        "roles",
        "prefixes",
        "registered_at",
        "until",
    ),
    tables.statuses: ("entry_hash", "record_index", "kind", "entry_index"),
    tables.batches: ("participant", "record_count", "batch_root"),
}


def rows(node: Node) -> dict[str, Any]:
    """Return what a mirror can bring back, without what numbers rows."""
    found = {}
    with node.store.engine.connect() as connection:
        for table, columns in LOG_TABLES.items():
            query = select(*(table.c[name] for name in columns))
            found[table.name] = sorted(map(repr, connection.execute(query)))
    return found


def some_log(log: Mirrored) -> bytes:
    """Log participants, batches, a revocation; more than one bundle of entries."""
    participant = add_participant(log.node, gln="9521234567899")
    add_participant(log.node, gln="9521234567882")
    grow(log.node, participant, 3)
    fill(log.node, 300)
    with log.node.store.reading() as repositories:
        key = repositories.keys.of_participant(participant)[0]
    log.node.registrar.revoke(key.key_id, reason="rotated")
    log.node.sequencer.run(close=True)
    return participant


def test_an_empty_database_gets_back_every_table_of_the_log(log: Mirrored, place: Place) -> None:
    some_log(log)
    head = log.copy().head
    found = place.rebuild(log.folder, log.trust)
    assert (found.first, found.tree_size) == (0, head.tree_size)
    with place.opened() as node:
        assert rows(node) == rows(log.node)
        with node.store.reading() as repositories:
            latest = repositories.tree.latest_checkpoint()
        assert latest is not None
        assert latest.text == log.folder.require("checkpoint").decode()
        assert node.gate.fault() is None


def test_what_was_brought_back_runs_on_and_the_mirror_follows_it(
    log: Mirrored, place: Place
) -> None:
    some_log(log)
    before = log.copy().head.tree_size
    place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        newcomer = add_participant(node)
        grow(node, newcomer, 3, start=50)
        after = mirrored(node, log.folder, log.trust)
    assert (after.before, after.head.tree_size > before) == (before, True)


def test_missing_records_are_named(log: Mirrored, place: Place) -> None:
    some_log(log)
    log.copy()
    found = place.rebuild(log.folder, log.trust)
    with log.node.store.reading() as repositories:
        batches = [row for row in repositories.entries.between(0, 10_000) if row.type == "batch"]
    assert [row.entry_hash for row in found.missing] == [row.leaf_hash for row in batches]
    assert (found.missing_batches, found.missing_records) == (3, 3)


def test_a_second_rebuild_changes_nothing(log: Mirrored, place: Place) -> None:
    some_log(log)
    log.copy()
    first = place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        before = rows(node)
    again = place.rebuild(log.folder, log.trust)
    assert (again.first, again.tree_size) == (first.tree_size, first.tree_size)
    with place.opened() as node:
        assert rows(node) == before


def test_a_rebuild_that_is_cut_off_is_finished_by_the_next(
    log: Mirrored, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_log(log)
    log.copy()
    commit, seen = UnitOfWork.commit, []

    def broken(work: UnitOfWork) -> None:
        seen.append(work)
        if len(seen) == 3:
            raise StoreUnavailable("injected fault")
        commit(work)

    with monkeypatch.context() as patch:
        patch.setattr(module, "GROUP", 256)
        patch.setattr(UnitOfWork, "commit", broken)
        with pytest.raises(StoreUnavailable):
            place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        assert isinstance(node.gate.fault(), StoreUnfinished)
    assert place.rebuild(log.folder, log.trust).first == 256
    with place.opened() as node:
        assert rows(node) == rows(log.node)
        assert node.gate.fault() is None


def test_a_damaged_mirror_is_refused_and_nothing_is_written(log: Mirrored, place: Place) -> None:
    some_log(log)
    log.copy()
    data = parse_entry_bundle(log.folder.require("tile/entries/000"))
    log.folder.write("tile/entries/000", entry_bundle([*data[:9], data[3], *data[10:]]))
    with pytest.raises(MirrorDamaged, match="does not hash to its head"):
        place.rebuild(log.folder, log.trust)
    with Store.open(place.url, place.path) as store, store.reading() as repositories:
        assert repositories.entries.count_sequenced() == 0


def test_an_empty_folder_is_no_mirror(log: Mirrored, place: Place) -> None:
    with pytest.raises(MirrorMissing):
        place.rebuild(log.folder, log.trust)


def test_without_the_logs_keys_nothing_is_brought_back(log: Mirrored, place: Place) -> None:
    some_log(log)
    log.copy()
    keys = place.path / "keys"
    shutil.copy(keys / "registrar.sealed", keys / "log.sealed")
    with pytest.raises(OtherLedger, match="not that of the log"):
        place.rebuild(log.folder, log.trust)


def test_a_store_that_is_served_is_left_alone(log: Mirrored, place: Place) -> None:
    some_log(log)
    log.copy()
    with (
        Store.open(place.url, place.path) as store,
        store.lock("serve"),
        pytest.raises(AlreadyRunning),
    ):
        place.rebuild(log.folder, log.trust)


def test_an_older_copy_writes_nothing_until_it_is_rebuilt(
    log: Mirrored, place: Place, tmp_path: Any
) -> None:
    participant = add_participant(log.node)
    log.copy()
    old = MirrorFolder(tmp_path / "old-mirror")
    shutil.copytree(log.folder.path, old.path)
    place.rebuild(old, log.trust)
    grow(log.node, participant, 4)
    log.copy()
    # The second place is not restored with the copy.
    shutil.copy(log.node.data_dir / "served-heads.txt", place.path)
    with place.opened() as node:
        fault = node.gate.fault()
        assert isinstance(fault, StoreBehind)
        assert (fault.first, fault.last) == (3, 7)
        assert "entries 3 to 7 are missing" in fault.fault
        assert "rebuild" in fault.fault
        with pytest.raises(StoreBehind):
            add_participant(node)
        with node.store.reading() as repositories:
            assert repositories.entries.count_sequenced() == 3
    # The old mirror is too old to mend it.
    assert place.rebuild(old, log.trust).served == 8
    with place.opened() as node:
        assert isinstance(node.gate.fault(), StoreBehind)
    assert place.rebuild(log.folder, log.trust).tree_size == 8
    with place.opened() as node:
        assert node.gate.fault() is None
        assert rows(node) == rows(log.node)


def test_another_history_is_refused(log: Mirrored, place: Place, tmp_path: Any) -> None:
    participant = add_participant(log.node)
    log.copy()
    place.rebuild(log.folder, log.trust)
    grow(log.node, participant, 3)
    log.copy()
    with place.opened() as node:
        # As if the second place had been lost together with the store.
        grow(node, add_participant(node), 1)
        before = rows(node)
    with pytest.raises(RebuildForked, match="another history"):
        place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        assert rows(node) == before


@pytest.fixture
def sqlite_log(sqlite_node: Node, tmp_path: Any) -> Mirrored:
    from tests.support.mirrored import trusted

    return Mirrored(sqlite_node, MirrorFolder(tmp_path / "mirror"), trusted(sqlite_node))


def test_a_copy_keeps_its_records_and_what_waited_gets_the_place_that_it_had(
    sqlite_log: Mirrored, tmp_path: Any
) -> None:
    from tests.support.ledger import document, event

    node = sqlite_log.node
    participant = add_participant(node)
    grow(node, participant, 2)
    node.submission.submit(document(event(7)), participant=participant)
    copy = Place(f"sqlite:///{tmp_path / 'copy' / 'ledger.sqlite'}", tmp_path / "copy")
    copy_ledger(node, copy)
    node.sequencer.run(close=True)
    grow(node, participant, 1, start=20)
    sqlite_log.copy()
    found = copy.rebuild(sqlite_log.folder, sqlite_log.trust)
    # The batch that had arrived came back with its records; only the last one lacks them.
    assert found.missing_batches == 1
    with copy.opened() as mended:
        assert rows(mended) == rows(node)
        report = audit(mended.store, second_place=mended.second_place)
        assert {difference.table for difference in report.differences} == {"records"}
        assert report.total == 1


def test_what_was_erased_after_the_copy_is_erased_again(
    sqlite_log: Mirrored, tmp_path: Any
) -> None:
    from traceability.hashing.statement import Erasure, Header, StatusStatement
    from traceability.ledger.chains import append_signed

    node = sqlite_log.node
    participant = add_participant(node)
    grow(node, participant, 2)
    copy = Place(f"sqlite:///{tmp_path / 'copy' / 'ledger.sqlite'}", tmp_path / "copy")
    copy_ledger(node, copy)
    with node.store.unit_of_work() as work:
        erased = next(r for r in work.repositories.entries.between(0, 99) if r.type == "batch")

        def build(header: Header) -> StatusStatement:
            why = Erasure(bytes(16), "other")
            return StatusStatement(header, erased.leaf_hash, -1, "erased", "other", None, why)

        appended = append_signed(
            work.repositories,
            build,
            log=node.identity.log,
            author=node.identity.registrar_key,
            now=node.clock(),
        )
        work.repositories.statuses.add(
            erased.leaf_hash, record_indexes=[-1], kind="erased", arrival=appended.arrival
        )
        work.commit()
    node.sequencer.run(close=True)
    sqlite_log.copy()
    copy.rebuild(sqlite_log.folder, sqlite_log.trust)
    with copy.opened() as mended, mended.store.engine.connect() as connection:
        found = connection.execute(select(tables.records.c.payload, tables.records.c.secret))
        kept = [row.payload is not None for row in found]
        assert kept == [False, True]
        assert rows(mended) == rows(node)

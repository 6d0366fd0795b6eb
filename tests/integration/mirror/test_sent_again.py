"""After a rebuild suppliers send what they signed once more: the old batches get their records."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger_api.batches.signed import capture_signed
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.rebuilt import Mirrored, Place
from tests.support.suppliers import Supplier, signed_body
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.statement import Erasure, Header, StatusStatement
from traceability.ledger.audit.audit import audit
from traceability.ledger.chains import append_signed
from traceability.ledger.faults import BatchMismatch, EventDuplicate, KeyRevoked
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.node import Node
from traceability.ledger.prepared import PreparedItems
from traceability.ledger.receipts import receipt_for
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork

SERIALS = [f"{number:05}" for number in range(300)]


@pytest.fixture
def supplier(log: Mirrored) -> Supplier:
    key = SigningKey.generate()
    return Supplier(log.node, key, add_participant(log.node, key=key))


def send(supplier: Supplier, *numbers: int) -> tuple[bytes, CapturedBatch]:
    """Log a batch that the supplier signed; return its body and its first answer."""
    batch = supplier.batch(*(event(number, eventID=f"urn:example:{number}") for number in numbers))
    body = signed_body(supplier, batch)
    captured = capture_signed(supplier.node, body)
    supplier.node.sequencer.run(close=True)
    return body, captured


@pytest.fixture
def rebuilt(log: Mirrored, place: Place, supplier: Supplier) -> Iterator[tuple[Node, bytes, bytes]]:
    """Yield a node whose log came back, a batch that it lacks, and that batch's entry."""
    body, first = send(supplier, 1, 2)
    log.copy()
    assert place.rebuild(log.folder, log.trust).missing_records == 2
    with place.opened() as node:
        yield node, body, first.entry_hash


def missing(node: Node) -> tuple[int, int]:
    with node.store.reading() as repositories:
        return repositories.rebuilding.count_missing()


def entries(node: Node) -> int:
    with node.store.reading() as repositories:
        return repositories.entries.count_sequenced() + len(repositories.entries.unsequenced(99))


def records_differ(node: Node) -> bool:
    """Tell whether an audit misses records; cards are in no batch."""
    report = audit(node.store, second_place=node.second_place)
    return any(one.table in ("records", "items", "events", "batches") for one in report.differences)


def test_the_same_envelope_fills_its_own_batch(rebuilt: tuple[Node, bytes, bytes]) -> None:
    node, body, entry_hash = rebuilt
    before = entries(node)
    assert (missing(node), records_differ(node)) == ((1, 2), True)
    captured = capture_signed(node, body)
    assert (captured.entry_hash, captured.repeated) == (entry_hash, True)
    node.sequencer.run()
    assert (entries(node), missing(node), records_differ(node)) == (before, (0, 0), False)
    # What came back is known like before: by its ids, and for whoever asks for proof.
    with node.store.reading() as repositories:
        assert repositories.events.ids_known({"urn:example:1", "urn:example:2"}) == {
            "urn:example:1",
            "urn:example:2",
        }


def test_sent_once_more_it_gives_the_same_receipt_and_changes_nothing(
    rebuilt: tuple[Node, bytes, bytes],
) -> None:
    node, body, entry_hash = rebuilt

    def receipt() -> bytes:
        with node.store.reading() as repositories:
            return receipt_for(repositories, entry_hash, identity=node.identity).to_bytes()

    first, given = capture_signed(node, body), receipt()
    before = entries(node)
    assert (capture_signed(node, body), receipt()) == (first, given)
    assert (entries(node), records_differ(node)) == (before, False)


def test_other_records_under_the_same_envelope_are_refused(
    rebuilt: tuple[Node, bytes, bytes],
) -> None:
    node, body, _ = rebuilt
    value = json.loads(body)
    value["records"][0]["payload"]["eventTime"] = "2026-05-03T00:00:00.000Z"
    with pytest.raises(BatchMismatch):
        capture_signed(node, json.dumps(value).encode())
    assert missing(node) == (1, 2)


@pytest.mark.parametrize("persisted", [False, True])
@pytest.mark.parametrize("failing", [1, 2, 3])
def test_failing_at_any_commit_it_is_filled_by_the_next(
    rebuilt: tuple[Node, bytes, bytes],
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
    persisted: bool,
) -> None:
    node, body, _ = rebuilt
    before, commit, seen = entries(node), UnitOfWork.commit, []

    def broken(work: UnitOfWork) -> None:
        seen.append(work)
        if len(seen) != failing:
            commit(work)
            return
        if persisted:
            commit(work)
        raise StoreUnavailable("injected fault")

    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", broken)
        with pytest.raises(StoreUnavailable):
            capture_signed(node, body)
    assert missing(node) == ((0, 0) if persisted and failing == 3 else (1, 2))
    assert capture_signed(node, body).repeated
    assert (missing(node), entries(node), records_differ(node)) == ((0, 0), before, False)


def test_sent_twice_at_once_it_is_filled_once(rebuilt: tuple[Node, bytes, bytes]) -> None:
    node, body, entry_hash = rebuilt
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: capture_signed(node, body), range(4)))
    assert {one.entry_hash for one in found} == {entry_hash}
    assert (missing(node), records_differ(node)) == ((0, 0), False)


def test_items_come_back_too(log: Mirrored, place: Place, supplier: Supplier) -> None:
    items = PreparedItems(GTIN, "L1", SERIALS, bytes(16 * len(SERIALS)))
    body = signed_body(supplier, supplier.batch(items=items))
    first = capture_signed(log.node, body)
    log.node.sequencer.run(close=True)
    log.copy()
    place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        assert missing(node) == (1, len(SERIALS))
        assert capture_signed(node, body).entry_hash == first.entry_hash
        assert (missing(node), records_differ(node)) == ((0, 0), False)


def test_a_key_that_was_revoked_since_may_fill_and_sign_nothing_new(
    log: Mirrored, place: Place, supplier: Supplier
) -> None:
    body, first = send(supplier, 1)
    new = signed_body(supplier, supplier.batch(event(5)))
    log.node.registrar.revoke(supplier.key.key_id, reason="rotated")
    log.node.sequencer.run(close=True)
    log.copy()
    place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        assert capture_signed(node, body).entry_hash == first.entry_hash
        assert missing(node) == (0, 0)
        before = entries(node)
        with pytest.raises(KeyRevoked):
            capture_signed(node, new)
        assert entries(node) == before


@pytest.mark.parametrize("erased", [[(0, 0)], -1])
def test_what_was_erased_stays_erased(
    log: Mirrored, place: Place, supplier: Supplier, erased: list[tuple[int, int]] | int
) -> None:
    body, first = send(supplier, 1, 2)
    with log.node.store.unit_of_work() as work:

        def build(header: Header) -> StatusStatement:
            return StatusStatement(
                header,
                first.entry_hash,
                as_ranges(erased),
                "erased",
                "other",
                erasure=Erasure(bytes(16), "other"),
            )

        append_signed(
            work.repositories,
            build,
            log=log.node.identity.log,
            author=log.node.identity.registrar_key,
            now=log.node.clock(),
        )
        work.commit()
    log.node.sequencer.run(close=True)
    log.copy()
    place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        batch = capture_signed(node, body).batch
        with node.store.reading() as repositories:
            rows = repositories.batches.records_between(batch, 0, 2)
    kept = [row.payload is not None and row.secret is not None for row in rows]
    assert kept == ([False, False] if erased == -1 else [False, True])


def as_ranges(erased: list[tuple[int, int]] | int) -> tuple[tuple[int, int], ...] | int:
    return erased if isinstance(erased, int) else tuple(erased)


def test_what_this_node_signed_itself_is_logged_anew(
    log: Mirrored, place: Place, supplier: Supplier
) -> None:
    """Its secrets are lost with its records: nothing sent again could open what was committed."""
    participant = add_participant(log.node, gln="9521234567899")
    log.node.submission.submit(document(event(1)), participant=participant)
    log.node.sequencer.run(close=True)
    log.copy()
    shutil.copytree(log.node.data_dir / "keys", place.path / "keys", dirs_exist_ok=True)
    place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        before = entries(node)
        found = node.submission.submit(document(event(1)), participant=participant)
        assert found.count("accepted") == 1
        assert entries(node) == before + 1
        assert missing(node) == (1, 1)


def test_events_that_were_logged_anew_are_not_there_twice(
    rebuilt: tuple[Node, bytes, bytes], supplier: Supplier
) -> None:
    node, body, entry_hash = rebuilt
    again = Supplier(node, supplier.key, supplier.participant)
    batch = again.batch(*(event(number, eventID=f"urn:example:{number}") for number in (1, 2)))
    capture_signed(node, signed_body(again, batch))
    with pytest.raises(EventDuplicate, match="recorded already"):
        capture_signed(node, body)
    with node.store.reading() as repositories:
        rows = repositories.events.by_event_id({"urn:example:1", "urn:example:2"})
        old = repositories.batches.by_entry_hash(entry_hash)
    assert len(rows) == 2
    assert old is not None
    assert old.batch not in {row.batch for row in rows}
    node.sequencer.run(close=True)
    report = audit(node.store, second_place=node.second_place)
    # What no mirror has is still missing, and nothing else is wrong.
    assert [one.table for one in report.differences] == ["records", "cards"]

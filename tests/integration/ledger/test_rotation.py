"""Keys are replaced while others submit, and none is refused for it; a crash is finished later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from tests.support.ledger import add_participant, batch_of_document, document, event
from tests.support.threads import beside
from traceability.hashing.ed25519 import SigningKey
from traceability.ledger.audit.audit import audit
from traceability.ledger.documents import Document, submit_documents
from traceability.ledger.faults import KeyUnknown
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import Node
from traceability.ledger.participants import Registrar
from traceability.store.faults import StoreUnavailable
from traceability.store.repositories.keys import KeyRow

ROTATIONS = 4
Submit = Callable[[Node, bytes, int], bytes]


def keys_of(node: Node, participant: bytes) -> list[KeyRow]:
    with node.store.reading() as repositories:
        return repositories.keys.of_participant(participant)


def live(node: Node, participant: bytes) -> list[KeyRow]:
    return [row for row in keys_of(node, participant) if row.revoked_arrival is None]


def signer(node: Node, participant: bytes, number: int) -> bytes:
    """Submit an event and return the id of the key that signed it."""
    result = node.submission.submit(document(event(number)), participant=participant)
    assert result.batch is not None
    with node.store.reading() as repositories:
        entry = repositories.entries.by_arrival(result.batch.arrival)
    assert entry is not None
    assert entry.key_id is not None
    return entry.key_id


def other_process(node: Node) -> Node:
    """Return what another process that serves the same ledger has of it."""
    return Node(
        node.store,
        node.identity,
        data_dir=node.data_dir,
        keyring=Keyring(node.data_dir / "keys"),
        clock=node.clock,
    )


class TestRotation:
    def test_puts_a_key_of_the_same_scopes_in_the_others_place(self, node: Node) -> None:
        participant = add_participant(node, roles=("producer", "supplier"), prefixes=("952",))
        (old,) = keys_of(node, participant)
        (rotated,) = node.rotation.rotate(participant)
        before, new = keys_of(node, participant)
        assert (rotated.key_id, rotated.revoked) == (new.key_id, (old.key_id,))
        assert (new.roles, new.prefixes, new.card) == (old.roles, old.prefixes, old.card)
        assert new.custody == "operator"
        assert new.registered_at is not None
        assert before.until is not None
        assert new.registered_at < before.until
        assert signer(node, participant, 1) == new.key_id
        assert signer(other_process(node), participant, 2) == new.key_id
        node.sequencer.run(close=True)
        assert audit(node.store, second_place=node.second_place).ok

    def test_of_all_replaces_each_once(self, node: Node) -> None:
        participants = sorted(add_participant(node) for _ in range(3))
        assert [one.participant for one in node.rotation.rotate_all()] == participants
        for participant in participants:
            assert [row.revoked_arrival is None for row in keys_of(node, participant)] == [
                False,
                True,
            ]

    def test_leaves_keys_alone_that_are_held_elsewhere(self, node: Node) -> None:
        participant = add_participant(node, key=SigningKey.generate())
        with pytest.raises(KeyUnknown, match="no live key held"):
            node.rotation.rotate(participant)
        assert node.rotation.rotate_all() == []
        assert len(live(node, participant)) == 1

    def test_of_two_rotations_at_once_the_second_waits(self, node: Node) -> None:
        participant = add_participant(node)
        works = [
            threading.Thread(target=other_process(node).rotation.rotate, args=(participant,))
            for _ in range(2)
        ]
        for work in works:
            work.start()
        for work in works:
            work.join()
        assert len(keys_of(node, participant)) == 3
        assert len(live(node, participant)) == 1


def submit_as_event(node: Node, participant: bytes, number: int) -> bytes:
    done = node.submission.submit(document(event(number)), participant=participant)
    assert done.batch is not None
    return done.batch.entry_hash


def submit_as_document(node: Node, participant: bytes, number: int) -> bytes:
    record = Document("application/json", {"n": number})
    return submit_documents(node, [record], participant=participant).entry_hash


class Load:
    """Submissions that go on, each the moment the last was taken."""

    def __init__(self, node: Node, participant: bytes, submit: Submit) -> None:
        self.taken: list[bytes] = []
        self.failures: list[BaseException] = []
        self._call = partial(submit, node, participant)

    def __call__(self, stopping: threading.Event) -> None:
        while not stopping.is_set() and not self.failures:
            try:
                self.taken.append(self._call(len(self.taken)))
            except BaseException as error:  # told by the test's own thread
                self.failures.append(error)


class TestUnderLoad:
    def test_no_submission_is_refused_and_none_is_lost(self, node: Node) -> None:
        participant = add_participant(node)
        loads = [
            Load(node, participant, submit_as_event),
            Load(node, participant, submit_as_document),
            Load(other_process(node), participant, submit_as_document),
        ]
        with beside(loads):
            for _ in range(ROTATIONS):
                before = [len(load.taken) for load in loads]
                node.rotation.rotate(participant)
                while any(
                    len(load.taken) <= count and not load.failures
                    for load, count in zip(loads, before, strict=True)
                ):
                    threading.Event().wait(0.01)
        assert [failure for load in loads for failure in load.failures] == []
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            for entry_hash in (one for load in loads for one in load.taken):
                entry = repositories.entries.by_leaf_hash(entry_hash)
                assert entry is not None
                assert entry.leaf_index is not None
        assert len(keys_of(node, participant)) == ROTATIONS + 1
        assert len(live(node, participant)) == 1
        assert audit(node.store, second_place=node.second_place).ok


class TestCrash:
    def test_between_the_two_steps_leaves_both_live_and_is_finished_later(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        participant = add_participant(node)
        (old,) = keys_of(node, participant)

        def pulled(*_args: object, **_more: object) -> None:
            raise StoreUnavailable("store cannot be used now: pulled")

        with monkeypatch.context() as patch:
            patch.setattr(Registrar, "revoke", pulled)
            with pytest.raises(StoreUnavailable):
                node.rotation.rotate(participant)
        first, second = live(node, participant)
        assert first.key_id == old.key_id
        assert signer(node, participant, 1) == second.key_id
        (rotated,) = other_process(node).rotation.rotate(participant)
        assert (rotated.finished, rotated.key_id) == (True, second.key_id)
        assert [row.key_id for row in live(node, participant)] == [second.key_id]
        node.sequencer.run(close=True)
        assert audit(node.store, second_place=node.second_place).ok

    def test_before_the_new_key_is_logged_the_old_one_signs(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        participant = add_participant(node)
        (old,) = keys_of(node, participant)
        node.registrar.add_like(old)
        assert signer(node, participant, 1) == old.key_id
        own = node.capture.own(batch_of_document(1), participant=participant)
        assert own is not None
        node.sequencer.run(close=True)
        assert signer(node, participant, 2) != old.key_id

    def test_that_keeps_the_key_file_and_no_registration_harms_nothing(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        participant = add_participant(node)
        (old,) = keys_of(node, participant)
        keyring = node.keyring
        add = keyring.add

        def added_and_gone(key: SigningKey) -> None:
            add(key)
            raise StoreUnavailable("store cannot be used now: pulled")

        monkeypatch.setattr(keyring, "add", added_and_gone)
        with pytest.raises(StoreUnavailable):
            node.rotation.rotate(participant)
        monkeypatch.setattr(keyring, "add", add)
        assert [row.key_id for row in live(node, participant)] == [old.key_id]
        assert signer(node, participant, 1) == old.key_id
        assert len(node.rotation.rotate(participant)) == 1

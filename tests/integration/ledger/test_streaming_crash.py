"""A long document leaves all of it or nothing, whatever happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.ledger import add_participant
from tests.support.streaming import (
    AT_ONCE,
    as_json,
    as_xml,
    content,
    events,
    is_sound,
    payloads,
    slices,
    take,
    taken,
)
from traceability.ledger import pieces
from traceability.ledger.node import Node
from traceability.ledger.spill import SpillUnavailable
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let eight events be three pieces."""
    monkeypatch.setattr(pieces, "EVENTS_AT_ONCE", AT_ONCE)


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


class Died(BaseException):
    """Stands for the end of the process."""


class TestCrash:
    @pytest.mark.parametrize("error", [Died, StoreUnavailable])
    @pytest.mark.parametrize("persisted", [False, True])
    def test_at_the_commit_leaves_nothing_or_all(
        self,
        node: Node,
        participant: bytes,
        monkeypatch: pytest.MonkeyPatch,
        *,
        error: type[BaseException],
        persisted: bool,
    ) -> None:
        commit = UnitOfWork.commit

        def dies(work: UnitOfWork) -> None:
            if persisted:
                commit(work)
            raise error("at the commit")

        data = as_xml(events())
        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "commit", dies)
            with pytest.raises(error), taken(node, data, "xml", participant=participant):
                pass
        assert len(payloads(node)) == (8 if persisted else 0)
        result, _ = take(node, data, "xml", participant=participant)
        assert (result.accepted, result.duplicate) == ((0, 8) if persisted else (8, 0))
        assert b"".join(content(one) for one in slices(node)) == data
        assert is_sound(node)

    def test_between_drawing_up_and_keeping_leaves_nothing(
        self, node: Node, participant: bytes
    ) -> None:
        def dies() -> None:
            raise Died

        data = as_json(events())
        with pytest.raises(Died), taken(node, data, participant=participant, when_drafted=dies):
            pass
        assert payloads(node) == []
        assert take(node, data, participant=participant)[0].accepted == 8

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_while_keeping_a_piece_leaves_nothing(
        self, node: Node, participant: bytes, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        append, left = node.submission.append, [number]

        def dies(*arguments: Any) -> Any:
            if not left[0]:
                raise Died
            left[0] -= 1
            return append(*arguments)

        data = as_json(events())
        with monkeypatch.context() as patched:
            patched.setattr(node.submission, "append", dies)
            with pytest.raises(Died), taken(node, data, participant=participant):
                pass
        assert payloads(node) == []
        assert take(node, data, participant=participant)[0].accepted == 8
        assert is_sound(node)


def test_a_full_disk_is_told_and_keeps_nothing(
    sqlite_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    participant = add_participant(sqlite_node)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("traceability.ledger.spill.tempfile.TemporaryFile", full)
        with (
            pytest.raises(SpillUnavailable, match="No space left"),
            taken(sqlite_node, as_json(events()), participant=participant),
        ):
            pass
    assert payloads(sqlite_node) == []
    assert take(sqlite_node, as_json(events()), participant=participant)[0].accepted == 8

"""A restored ledger does not write before the chain has said whether it is the newest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.backups import backed_up, restored, sqlite_url_of
from tests.support.ledger import Clock, document, event
from traceability.chain.faults import ChainUnavailable
from traceability.errors import ItemProofError
from traceability.ledger.gate import (
    AGAIN_SECONDS,
    RESTORED,
    Gate,
    KnownHead,
    StoreBehind,
    StoreUnconfirmed,
)
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import Node
from traceability.ledger.opening import load_identity
from traceability.store.store import Store


class Chain:
    """A chain that answers, or does not, and a clock."""

    def __init__(self, head: KnownHead | None, *, is_down: bool = False) -> None:
        self.head = head
        self.is_down = is_down
        self.now = 100.0

    def ask(self) -> KnownHead | None:
        if self.is_down:
            raise ChainUnavailable("chain unavailable")
        return self.head


@contextmanager
def reopened(folder: Path, chain: Chain, url: str | None = None) -> Iterator[Node]:
    """Open a folder's node as a new process does, beside a chain."""
    with Store.open(url or sqlite_url_of(folder), folder) as store:
        keyring = Keyring(folder / "keys")
        identity = load_identity(store, keyring)
        assert identity is not None
        node = Node(
            store, identity, data_dir=folder, keyring=keyring, ask_chain=chain.ask, clock=Clock()
        )
        node.gate = Gate(
            store, node.second_place, chain_head=chain.ask, monotonic=lambda: chain.now
        )
        store.gate = node.gate.check
        yield node


def write(node: Node) -> None:
    """Submit a document and put it in order."""
    with node.store.reading() as repositories:
        participant = repositories.participants.all()[0].participant
    node.submission.submit(document(event(7)), participant=participant)
    node.sequencer.run(close=True)


def head_of(node: Node) -> KnownHead:
    """Return the newest head, as the contract would name it."""
    served = node.second_place.latest()
    assert served is not None
    return KnownHead("what was anchored", served.tree_size, served.root_hash)


@pytest.fixture
def other(sqlite_full: Node, file: Path, tmp_path: Path) -> Path:
    """Return a folder that the ledger was restored into."""
    backed_up(sqlite_full, file)
    restored(file, tmp_path / "other")
    return tmp_path / "other"


def test_nothing_is_written_while_the_chain_is_silent(sqlite_full: Node, other: Path) -> None:
    chain = Chain(head_of(sqlite_full), is_down=True)
    with reopened(other, chain) as node:
        before = node.second_place.latest()
        with pytest.raises(StoreUnconfirmed):
            write(node)
        assert node.standing().checkpoint is not None
        assert node.second_place.latest() == before


def test_it_goes_on_soon_after_the_chain_answers(sqlite_full: Node, other: Path) -> None:
    chain = Chain(head_of(sqlite_full), is_down=True)
    with reopened(other, chain) as node:
        assert isinstance(node.gate.fault(), StoreUnconfirmed)
        chain.is_down = False
        assert isinstance(node.gate.fault(), StoreUnconfirmed)
        chain.now += AGAIN_SECONDS
        write(node)
    # Once is enough: from now on a chain that is down is no obstacle.
    chain.is_down = True
    assert not (other / RESTORED).exists()
    with reopened(other, chain) as node:
        node.sequencer.run(close=True)
        assert node.gate.fault() is None


def test_an_old_backup_is_told_what_it_lacks_when_the_chain_answers(
    sqlite_full: Node, other: Path
) -> None:
    write(sqlite_full)
    with reopened(other, Chain(head_of(sqlite_full))) as node, pytest.raises(StoreBehind):
        write(node)
    assert (other / RESTORED).exists()


def test_a_contract_that_does_not_know_the_log_confirms_nothing(other: Path) -> None:
    with reopened(other, Chain(None)) as node:
        fault: ItemProofError | None = node.gate.fault()
        assert isinstance(fault, StoreUnconfirmed)
        assert "LOG_NOT_OPENED" in fault.fault


def test_a_ledger_that_was_never_restored_writes_while_the_chain_is_silent(
    sqlite_full: Node,
) -> None:
    folder = sqlite_full.data_dir
    known = head_of(sqlite_full)
    url = str(sqlite_full.store.engine.url)
    with reopened(folder, Chain(known, is_down=True), url) as node:
        write(node)
        assert head_of(node).tree_size > known.tree_size

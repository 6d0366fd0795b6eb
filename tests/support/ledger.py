"""An open ledger for tests, on either database; its chain is a stand-in that only opens logs.

Tests of anchoring use a real chain (tests/support/anvil.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from traceability.hashing.commitment import RecordKind
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import log_id
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import Node
from traceability.ledger.opening import open_identity
from traceability.ledger.participants import Card, Scopes
from traceability.ledger.prepared import PreparedBatch, prepare_batch, prepare_record
from traceability.store.store import Store
from traceability.strict_json import JSONValue

GLN = "9521234567899"
GTIN = "09521234567899"
EVERY_PREFIX = tuple("0123456789")


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 5, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass(slots=True)
class OpenedLogs:
    """A contract that only knows which logs are open."""

    logs: set[bytes] = field(default_factory=set)
    contract: str = "0x" + "11" * 20
    account: str = "0x" + "22" * 20

    def chain_id(self) -> int:
        return 31337

    def registry_address(self) -> str:
        return self.contract

    def opener(self) -> str:
        return self.account

    def is_open(self, log: bytes) -> bool:
        return log in self.logs

    def open_log(self, genesis_leaf_hash: bytes) -> bytes:
        log = log_id(
            chain_id=31337,
            contract=self.contract,
            opener=self.account,
            genesis_leaf_hash=genesis_leaf_hash,
        )
        self.logs.add(log)
        return log


@contextmanager
def opened_node(url: str, folder: Path, chain: OpenedLogs | None = None) -> Iterator[Node]:
    """Open the node of a folder, as a new process would."""
    with Store.open(url, folder) as store:
        keyring = Keyring(folder / "keys")
        clock = Clock()
        identity = open_identity(
            store, keyring, chain=chain or OpenedLogs(), host="localhost", clock=clock
        )
        node = Node(store, identity, data_dir=folder, keyring=keyring, clock=clock)
        node.sequencer.run()
        yield node


@pytest.fixture
def node(database_url: str, tmp_path: Path) -> Iterator[Node]:
    """Return a new ledger, once on each database."""
    with opened_node(database_url, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def sqlite_node(sqlite_url: str, tmp_path: Path) -> Iterator[Node]:
    """Return a new ledger on SQLite."""
    with opened_node(sqlite_url, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def postgresql_node(postgres_url: str, tmp_path: Path) -> Iterator[Node]:
    """Return a new ledger on PostgreSQL."""
    with opened_node(postgres_url, tmp_path / "data") as opened:
        yield opened


def add_participant(
    node: Node,
    *,
    gln: str | None = None,
    roles: tuple[str, ...] = ("producer", "operator"),
    prefixes: tuple[str, ...] = EVERY_PREFIX,
    key: SecretKey | None = None,
) -> bytes:
    """Register a participant, put its key in the log, and return its id."""
    row = node.registrar.add_participant(Card("测试厂", gln), Scopes(roles, prefixes), key=key)
    node.sequencer.run(close=True)
    return row.participant


def event(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a small valid event; a member changed to None is left out."""
    value: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": f"2026-05-01T08:{number // 60:02d}:{number % 60:02d}.000Z",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "shipping",
        "epcList": [f"https://id.gs1.org/01/{GTIN}/21/S{number}"],
    }
    return {name: part for name, part in (value | changes).items() if part is not None}


def document(*events: dict[str, Any]) -> dict[str, Any]:
    """Return an EPCIS document of events."""
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T09:00:00.000Z",
        "epcisBody": {"eventList": list(events)},
    }


def batch_of_document(number: int) -> PreparedBatch:
    """Return a batch of one short document."""
    value: dict[str, JSONValue] = {"type": "certificate", "number": number}
    return prepare_batch(
        [
            prepare_record(
                RecordKind.DOCUMENT, value, secret=bytes(32), media_type="application/json"
            )
        ]
    )

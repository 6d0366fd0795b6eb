"""A ledger with every kind of row, its backup, and a cheap key derivation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.backups import filled
from traceability.ledger.node import Node


@pytest.fixture(autouse=True)
def cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a passphrase cost little: its real cost is a test of its own."""
    monkeypatch.setattr("traceability.ledger.backup.cipher.SCRYPT_N", 2**4)


@pytest.fixture
def full(node: Node) -> Node:
    """Return a ledger, once on each database, with rows in every table that capture fills."""
    return filled(node)


@pytest.fixture
def sqlite_full(sqlite_node: Node) -> Node:
    """Return such a ledger on SQLite."""
    return filled(sqlite_node)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a backup goes."""
    return tmp_path / "ledger.backup"

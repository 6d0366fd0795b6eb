"""A log with its mirror, and places to bring it back to; fixtures for `rebuild` and the gate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from tests.support.ledger import Clock
from tests.support.mirrored import ClientSource, trusted
from tests.support.postgres import PostgresServer
from traceability.ledger.keyring import Keyring
from traceability.ledger.mirror.copying import Copied, copy_log
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.node import Node
from traceability.ledger.opening import load_identity
from traceability.ledger.rebuild import Rebuilt, rebuild
from traceability.ledger.second_place import SecondPlace
from traceability.store.store import Store
from traceability.verify.trust import Trust


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A log, its mirror, and whom the mirror trusts."""

    node: Node
    folder: MirrorFolder
    trust: Trust

    def copy(self) -> Copied:
        return mirrored(self.node, self.folder, self.trust)


def mirrored(node: Node, folder: MirrorFolder, trust: Trust) -> Copied:
    """Copy a node's log from the application that serves it."""
    _, token = create_api_key(node.store, "auditor", participant=None, now=0)
    with TestClient(create_app(node, Settings()), base_url="http://127.0.0.1:8000") as client:
        source = ClientSource(client, {"Authorization": f"Bearer {token}"})
        return copy_log(source, folder, trust)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log is brought back to: a database, and a folder with the log's keys."""

    url: str
    path: Path

    def rebuild(self, folder: MirrorFolder, trust: Trust) -> Rebuilt:
        with Store.open(self.url, self.path) as store:
            return rebuild(
                store,
                Keyring(self.path / "keys"),
                folder,
                trust,
                second_place=self.second_place,
                clock=Clock(),
            )

    @property
    def second_place(self) -> SecondPlace:
        return SecondPlace(self.path / "served-heads.txt")

    @contextmanager
    def opened(self) -> Iterator[Node]:
        """Open what was brought back, as the next start does."""
        with Store.open(self.url, self.path) as store:
            keyring = Keyring(self.path / "keys")
            identity = load_identity(store, keyring)
            assert identity is not None
            yield Node(store, identity, data_dir=self.path, keyring=keyring, clock=Clock())


@pytest.fixture
def log(node: Node, tmp_path: Path) -> Mirrored:
    return Mirrored(node, MirrorFolder(tmp_path / "mirror"), trusted(node))


@pytest.fixture
def place(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, node: Node
) -> Iterator[Place]:
    """Return an empty database of the same kind, and a folder with nothing but the keys."""
    path = tmp_path / "other"
    shutil.copytree(node.data_dir / "keys", path / "keys")
    if database_url.startswith("sqlite"):
        yield Place(f"sqlite:///{path / 'ledger.sqlite'}", path)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield Place(url, path)


def copy_ledger(node: Node, place: Place) -> None:
    """Copy a SQLite ledger that nobody writes to, its folder and its second place."""
    shutil.rmtree(place.path, ignore_errors=True)
    shutil.copytree(node.data_dir, place.path)
    database = Path(str(node.store.engine.url.database))
    for suffix in ("", "-wal"):
        if database.with_name(database.name + suffix).exists():
            shutil.copy(
                database.with_name(database.name + suffix),
                place.path / f"ledger.sqlite{suffix}",
            )

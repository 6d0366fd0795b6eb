"""A ledger on a chain that goes on running, served on a port and copied by the program itself."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.integration.cli.test_commands import Program
from tests.support.anvil import Anvil
from tests.support.mirrored import fill
from tests.support.servers import free_port, running
from tests.support.serving import served
from traceability.chain.accounts import create_account
from traceability.hashing.envelope import RECEIPT_TYPE, sign_envelope
from traceability.hashing.statement import Receipt

# Steps of the anchorer, each with a block, that take a head to finality here.
STEPS = 8


@dataclass(frozen=True, slots=True)
class Published:
    """A ledger's settings and folders: of its data, of a mirror, of somebody without either."""

    settings: Settings
    folder: Path
    anvil: Anvil

    @property
    def mirror(self) -> Path:
        return self.folder / "mirror"

    @property
    def trust(self) -> Path:
        """The trust file, as an auditor has got it."""
        return self.folder / "data" / "trust.json"

    def program(self, name: str = "nobody") -> Program:
        return Program(self.folder / name)

    def log(self, entries: int) -> None:
        """Log entries and anchor them until they are final."""
        with open_node(self.settings, self.folder / "data") as node:
            fill(node, entries)
            assert node.chain is not None
            for _ in range(STEPS):
                node.anchor_step()
                node.chain.mine(1)
            anchor = node.standing().anchor
            assert anchor is not None
            assert anchor.state == "final"

    def receipt(self, leaf_index: int, deadline: datetime, *, entry: bytes | None = None) -> Path:
        """Return the file of a receipt by the log key; `entry` names another than is there."""
        with open_node(self.settings, self.folder / "data", need="existing") as node:
            with node.store.reading() as repositories:
                row = repositories.entries.by_leaf_index(leaf_index)
            receipt = Receipt(
                log=node.identity.log,
                entry_leaf_hash=entry or (bytes(32) if row is None else row.leaf_hash),
                leaf_index=leaf_index,
                received=deadline - timedelta(hours=24),
                anchored_by=deadline,
            )
            signed = sign_envelope(RECEIPT_TYPE, receipt.to_payload(), [node.identity.log_key])
        place = self.folder / f"receipt-{leaf_index}.json"
        place.write_bytes(signed.to_bytes())
        return place

    def copy(self, into: Path | None = None) -> tuple[int, dict[str, Any]]:
        """Copy the log over HTTP with the program, as somebody who has nothing but a key."""
        key = self.folder / "auditor.key"
        with open_node(self.settings, self.folder / "data") as node:
            _, token = create_api_key(node.store, "auditor", participant=None, now=0)
            key.write_text(token)
            with served(create_app(node, self.settings)) as url:
                return self.program()(
                    "mirror", url, str(into or self.mirror), "--key-file", str(key)
                )

    def audit(self, mirror: Path, *options: str) -> tuple[int, dict[str, Any]]:
        """Audit a mirror as somebody who has a trust file and an endpoint of their own."""
        chosen = options or ("--rpc", self.anvil.url)
        trust = () if "--trust" in options else ("--trust", str(self.trust))
        return self.program()("audit", "--mirror", str(mirror), *trust, *chosen)

    def changed(self, name: str) -> Path:
        """Return a new copy of the mirror, for a test that changes it."""
        copy = self.folder / "changed" / name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.mirror, copy)
        return copy


def publish(anvil: Anvil, folder: Path, *, entries: int) -> Published:
    """Open a ledger, log and anchor entries, and copy it."""
    account = create_account(folder / "publisher.key")
    with anvil.client() as client:
        client.fund(str(account.address), 10**21)
    settings = Settings(
        rpc_urls=(anvil.url,),
        publisher_key_file=folder / "publisher.key",
        lock_dir=folder / "locks",
    )
    made = Published(settings, folder, anvil)
    made.log(entries)
    status, answer = made.copy()
    assert status == 0, answer
    return made


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Serve a folder with Python's own file server."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    log = folder.with_name(f"{folder.name}.log")
    with running([*command, "--directory", str(folder)], url, log=log, ready="/checkpoint"):
        yield url

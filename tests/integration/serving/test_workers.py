"""A ledger that several processes serve: any of them dies, or the parent; real processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.support.families import family_of, wait_until_gone, workers_of
from tests.support.ledger import add_participant, document, event
from tests.support.servers import Server, free_port, itemproof_command, running
from traceability.ledger.node import Node

SECONDS = 60.0
pytestmark = pytest.mark.timeout(240)


class Served:
    """A server of two processes, with a key for it."""

    def __init__(self, server: Server, token: str) -> None:
        self.server = server
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    @property
    def workers(self) -> list[int]:
        return workers_of(self.server.process.pid)

    def submit(self, number: int) -> int:
        """Submit an event until it is acknowledged; return its leaf index."""
        body = document(event(number, eventID=f"urn:example:event:{number}"))
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                answer = httpx.post(
                    f"{self.server.url}/api/batches", json=body, headers=self.headers, timeout=30
                )
            except httpx.TransportError:
                assert time.monotonic() < deadline, self.server.output()
                time.sleep(0.05)
                continue
            assert answer.status_code == 201, answer.text
            return int(answer.json()["leaf_index"])

    def figures(self) -> dict[str, float]:
        text = httpx.get(f"{self.server.url}/metrics", timeout=30).text
        lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def wait_for_workers(self, starts: int) -> dict[str, float]:
        """Wait until so many processes were started in all, and two serve."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = self.figures()
            if (found["itemproof_process_starts_total"], found["itemproof_processes"]) == (
                starts,
                2,
            ):
                return found
            assert time.monotonic() < deadline, (found, self.server.output())
            time.sleep(0.1)


def settings_of(url: str) -> Settings:
    return Settings(database_url=url, drafting_processes=1)


@contextmanager
def served(url: str, folder: Path) -> Iterator[Served]:
    """Serve a new ledger by two processes, on an embedded chain."""
    with open_node(settings_of(url), folder / "data") as node:
        participant = add_participant(node)
        _, token = create_api_key(node.store, "participant", participant=participant, now=0)
    port = str(free_port())
    command = itemproof_command(
        "serve", "--data", str(folder / "data"), "--port", port, "--workers", "2"
    )
    environment = {
        "ITEMPROOF_DATABASE_URL": url,
        "ITEMPROOF_DRAFTING_PROCESSES": "1",
        "ITEMPROOF_KEY_PASSPHRASE_FILE": os.environ["ITEMPROOF_KEY_PASSPHRASE_FILE"],
    }
    with running(
        command, f"http://127.0.0.1:{port}", log=folder / "log", environment=environment
    ) as server:
        found = Served(server, token)
        found.wait_for_workers(2)
        yield found


def count_entries(node: Node) -> int:
    with node.store.reading() as repositories:
        return repositories.entries.count_sequenced()


def test_each_process_may_die_and_all_stop_cleanly(database_url: str, tmp_path: Path) -> None:
    with served(database_url, tmp_path) as here:
        first = here.submit(0)
        for number, worker in enumerate(here.workers):
            os.kill(worker, signal.SIGKILL)
            assert here.submit(number + 1) > first
            here.wait_for_workers(3 + number)
        assert here.server.output().count("worker.ended") == 2
        family = family_of(here.server.process.pid)
        assert here.server.stop() == 0, here.server.output()
        assert len(family) >= 4
        assert wait_until_gone(family, seconds=SECONDS) == []
    with open_node(settings_of(database_url), tmp_path / "data", need="existing") as node:
        assert count_entries(node) >= first + 3
        assert node.gate.fault() is None


def test_none_outlives_a_killed_parent(sqlite_url: str, tmp_path: Path) -> None:
    with served(sqlite_url, tmp_path) as here:
        family = family_of(here.server.process.pid)
        here.server.stop(signal.SIGKILL)
        # Two that serve, what draws up documents for them, the embedded chain.
        assert len(family) >= 4
        assert wait_until_gone(family, seconds=SECONDS) == []
    assert not (tmp_path / "data" / "devchain.json").exists()
    assert (tmp_path / "data" / "devchain.state.json").exists()

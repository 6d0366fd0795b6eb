"""A server whose embedded chain is killed: what is submitted meanwhile is anchored all the same."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.attack.load import operator_key
from tests.support.ledger import document, event
from tests.support.servers import free_port, itemproof_command, running
from traceability.chain.devchain import RunningDevChain, running_dev_chain

SECONDS = 60.0


def figure(url: str, name: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=SECONDS).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))


def chain_of(folder: Path, *, instead_of: int = 0) -> RunningDevChain:
    deadline = time.monotonic() + SECONDS
    while (found := running_dev_chain(folder)) is None or found.pid == instead_of:
        assert time.monotonic() < deadline, "no chain"
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_chain_is_back_and_anchors_what_came_meanwhile(
    tmp_path: Path, workers: str
) -> None:
    folder, port = tmp_path / "data", free_port()
    with open_node(Settings(), folder) as node:
        headers = {"Authorization": f"Bearer {operator_key(node)}"}
    command = itemproof_command(
        *("serve", "--data", str(folder), "--port", str(port), "--workers", workers)
    )
    url = f"http://127.0.0.1:{port}"
    # The folder's keys were made under the passphrase of the tests.
    name = "ITEMPROOF_KEY_PASSPHRASE_FILE"
    environment = {name: os.environ[name]}
    with running(command, url, log=tmp_path / "serve.log", environment=environment) as server:
        before = chain_of(folder)
        os.kill(before.pid, signal.SIGKILL)
        sent = httpx.post(f"{url}/api/batches", json=document(event(1)), headers=headers)
        assert sent.status_code == 201, sent.text
        assert sent.json()["receipt"] is not None
        after = chain_of(folder, instead_of=before.pid)
        assert after.url == before.url
        deadline = time.monotonic() + SECONDS
        while figure(url, "itemproof_unanchored_entries") or not figure(
            url, "itemproof_anchored_entries"
        ):
            assert time.monotonic() < deadline, server.output()
            time.sleep(0.5)
        assert server.stop() == 0
        assert "devchain.started_again" in server.output()
    # The one that was started again does not outlive the server.
    assert running_dev_chain(folder) is None

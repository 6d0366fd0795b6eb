"""A chain that is down, or is another one: submissions go on, and anchor when it returns."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.defaults import default_participant
from ledger_api.items.states import state_of
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.support.anvil import Anvil, running_anvil
from tests.support.ledger import document, event
from traceability.chain.accounts import create_account
from traceability.chain.faults import ChainIdMismatch, ChainUnavailable
from traceability.ledger.node import Node
from traceability.store.locks import AlreadyRunning

SILENT = "http://127.0.0.1:9"


@pytest.fixture
def settings(anvil: Anvil, tmp_path: Path) -> Settings:
    key_file = tmp_path / "publisher.key"
    account = create_account(key_file)
    with anvil.client() as client:
        client.fund(str(account.address), 10**21)
    return Settings(rpc_urls=(anvil.url,), publisher_key_file=key_file, finality="depth:1")


@pytest.fixture
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    """Return the folder of a ledger that was opened while the chain was up."""
    folder = tmp_path / "data"
    with open_node(settings, folder) as node:
        default_participant(node)
    return folder


def with_chain(settings: Settings, *urls: str) -> Settings:
    return settings.model_copy(update={"rpc_urls": urls})


def submit(node: Node, number: int) -> int:
    participant = default_participant(node)
    result = node.submission.submit(document(event(number)), participant=participant)
    assert result.batch is not None
    node.sequencer.run()
    with node.store.reading() as repositories:
        row = repositories.entries.by_arrival(result.batch.arrival)
    assert row is not None
    assert row.leaf_index is not None
    return row.leaf_index


def test_submissions_stay_logged_while_the_chain_is_down_and_anchor_when_it_returns(
    settings: Settings, data_dir: Path
) -> None:
    with open_node(with_chain(settings, SILENT), data_dir) as node:
        leaf_index = submit(node, 1)
        with pytest.raises(ChainUnavailable):
            node.anchor_step()
        with node.store.reading() as repositories:
            assert state_of(repositories, leaf_index) == "logged"
    with open_node(settings, data_dir) as node:
        for _ in range(6):
            node.anchor_step()
            assert node.chain is not None
            node.chain.mine(1)
        with node.store.reading() as repositories:
            assert state_of(repositories, leaf_index) == "final"


def test_another_chain_is_refused_and_nothing_is_sent(settings: Settings, data_dir: Path) -> None:
    with (
        running_anvil(chain_id=4242) as other,
        open_node(with_chain(settings, other.url), data_dir) as node,
    ):
        submit(node, 1)
        with pytest.raises(ChainIdMismatch, match="4242"):
            node.anchor_step()
        with node.store.reading() as repositories:
            assert repositories.anchors.all() == []


def test_a_new_ledger_needs_the_chain(settings: Settings, tmp_path: Path) -> None:
    with (
        pytest.raises(ChainUnavailable),
        open_node(with_chain(settings, SILENT), tmp_path / "new"),
    ):
        pass


def test_a_served_node_takes_submissions_while_the_chain_is_down(
    settings: Settings, data_dir: Path
) -> None:
    down = with_chain(settings, SILENT)
    with open_node(down, data_dir) as node:
        _, token = create_api_key(node.store, "operator", participant=None, now=0)
        headers = {"Authorization": f"Bearer {token}"}
        with TestClient(create_app(node, down)) as client:
            response = client.post("/api/batches", json=document(event(7)), headers=headers)
            assert response.status_code == 201
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["ready"]) == (200, True)


def test_a_second_serve_on_the_same_folder_is_refused(settings: Settings, data_dir: Path) -> None:
    with (
        open_node(settings, data_dir) as first,
        open_node(settings, data_dir) as second,
        first.store.lock("serve", wait=False),
    ):
        with (
            pytest.raises(AlreadyRunning, match="stop it first"),
            second.store.lock("serve", wait=False),
        ):
            pass
        # A single command beside the server works all the same.
        submit(second, 3)

"""The account that anchors, from an encrypted file: made by the node, or named by the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_keyring, open_node
from tests.support.anvil import Anvil
from tests.support.ledger import document, event
from traceability.chain.accounts import PUBLISHER, account_in, address_of, publisher_of
from traceability.errors import ItemProofError
from traceability.key_files.passphrases import draw_passphrase
from traceability.ledger.anchor_figures import anchor_figures
from traceability.ledger.node import Node


@pytest.fixture
def settings(anvil: Anvil, tmp_path: Path) -> Settings:
    """Return settings of a real chain, with a passphrase of their own."""
    (tmp_path / "passphrase").write_text(draw_passphrase() + "\n")
    return Settings(
        rpc_urls=(anvil.url,), key_passphrase_file=tmp_path / "passphrase", finality="depth:1"
    )


@pytest.fixture(params=["of the folder", "named by the setting"])
def publisher(
    request: pytest.FixtureRequest, settings: Settings, anvil: Anvil, tmp_path: Path
) -> tuple[Settings, Path, str]:
    """Return settings, the encrypted file, and the address of its account, which has funds."""
    named = request.param == "named by the setting"
    folder = tmp_path / ("elsewhere" if named else "data")
    keys = open_keyring(settings, folder).files
    address = address_of(publisher_of(keys))
    path = keys.folder / f"{PUBLISHER}.sealed"
    with anvil.client() as client:
        client.fund(address, 10**21)
    if named:
        settings = settings.model_copy(update={"publisher_key_file": path})
    return settings, path, address


def anchored_by(node: Node) -> str:
    """Submit, anchor, and return the address that the log's contract takes heads from."""
    node.submission.submit(document(event(1)), participant=default_participant(node))
    node.sequencer.run()
    for _ in range(6):
        node.anchor_step()
        assert node.chain is not None
        node.chain.mine(1)
    standing = node.standing()
    assert standing.anchor is not None
    assert standing.anchor.state == "final"
    purse = anchor_figures(node.store, now=node.clock()).purse
    assert purse is not None
    return purse.address


def test_anchors(publisher: tuple[Settings, Path, str], tmp_path: Path) -> None:
    settings, path, address = publisher
    assert address_of(account_in(path, open_keyring(settings, tmp_path / "data").files)) == address
    with open_node(settings, tmp_path / "data") as node:
        assert anchored_by(node) == address
    assert not list((tmp_path / "data" / "keys").glob("*.key")), "nothing lies there plain"


def test_with_a_wrong_passphrase_is_refused_by_name(
    publisher: tuple[Settings, Path, str], tmp_path: Path
) -> None:
    settings, path, _ = publisher
    (tmp_path / "passphrase").write_text(draw_passphrase() + "\n")
    with pytest.raises(ItemProofError) as refused, open_node(settings, tmp_path / "data"):
        raise AssertionError("it was opened")
    assert refused.value.code == "KEY_PASSPHRASE_WRONG"
    assert path.name in str(refused.value)

"""The code of an erased item after a restore and after a rebuild is still told."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from ledger_api.batches.signed import capture_signed
from tests.support.backups import backed_up, restored
from tests.support.ledger import GTIN, add_participant
from tests.support.rebuilt import Mirrored, Place
from tests.support.suppliers import Supplier, signed_body
from traceability.codes.serials import new_serials
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.statement import Erasure
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.lookup import CodeUnknown, find_record
from traceability.ledger.node import Node
from traceability.ledger.prepared import PreparedItems
from traceability.ledger.standings import standing_of_code
from traceability.ledger.statuses import Declaration

SERIALS = sorted(new_serials(3))
ITEMS = [f"https://id.gs1.org/01/{GTIN}/10/L1/21/{serial}" for serial in SERIALS]


@pytest.fixture
def sent(log: Mirrored) -> tuple[bytes, CapturedBatch]:
    """Log items that their participant signed; return its body, too."""
    key = SigningKey.generate()
    supplier = Supplier(log.node, key, add_participant(log.node, key=key))
    items = PreparedItems(GTIN, "L1", SERIALS, secrets.token_bytes(16 * len(SERIALS)))
    body = signed_body(supplier, supplier.batch(items=items))
    captured = capture_signed(log.node, body)
    log.node.sequencer.run(close=True)
    return body, captured


def erase_first(node: Node, batch: CapturedBatch) -> None:
    why = Erasure(bytes(16), "court_order")
    said = Declaration(batch.entry_hash, ((0, 0),), "erased", "personal_data", erasure=why)
    node.erasures.erase([said])
    node.sequencer.run(close=True)


def statuses(node: Node) -> list[str | None]:
    """Return what each item's code is told to be; None where it is unknown."""
    found: list[str | None] = []
    with node.store.reading() as repositories:
        for code in ITEMS:
            try:
                found.append(standing_of_code(repositories, node.identity, code).status)
            except CodeUnknown:
                found.append(None)
    return found


def is_erased(node: Node, code: str) -> bool:
    with node.store.reading() as repositories:
        return find_record(repositories, code).is_erased


ONE_GONE = ["erased", "current", "current"]


def test_a_restore_that_erases_again_keeps_it(
    log: Mirrored, sent: tuple[bytes, CapturedBatch], place: Place, tmp_path: Path
) -> None:
    backed_up(log.node, tmp_path / "old.backup")
    erase_first(log.node, sent[1])
    assert statuses(log.node) == ONE_GONE
    log.copy()
    folder = tmp_path / "restored"
    folder.mkdir()
    for path in (log.node.second_place.path, log.node.erasures.list_file):
        (folder / path.name).write_bytes(path.read_bytes())
    opens = Path(os.environ["ITEMPROOF_KEY_PASSPHRASE_FILE"])
    url = None if place.url.startswith("sqlite") else place.url
    restored(tmp_path / "old.backup", folder, url, key_passphrase_file=opens)
    mended = Place(url or f"sqlite:///{folder / 'ledger.sqlite'}", folder)
    mended.rebuild(log.folder, log.trust)
    with mended.opened() as node:
        assert statuses(node) == ONE_GONE


def test_a_rebuild_of_an_older_copy_keeps_it(
    log: Mirrored, sent: tuple[bytes, CapturedBatch], place: Place, tmp_path: Path
) -> None:
    backed_up(log.node, tmp_path / "old.backup")
    erase_first(log.node, sent[1])
    log.copy()
    folder = tmp_path / "restored"
    url = None if place.url.startswith("sqlite") else place.url
    restored(tmp_path / "old.backup", folder, url)
    mended = Place(url or f"sqlite:///{folder / 'ledger.sqlite'}", folder)
    mended.rebuild(log.folder, log.trust)
    with mended.opened() as node:
        assert statuses(node) == ONE_GONE
        assert [is_erased(node, code) for code in ITEMS] == [True, False, False]


def test_after_a_rebuild_from_nothing_it_comes_with_the_batch(
    log: Mirrored, sent: tuple[bytes, CapturedBatch], place: Place
) -> None:
    """Items are in no mirror: until they are sent again nobody knows their codes."""
    body, batch = sent
    erase_first(log.node, batch)
    log.copy()
    place.rebuild(log.folder, log.trust)
    with place.opened() as node:
        assert statuses(node) == [None, None, None]
        assert capture_signed(node, body).entry_hash == batch.entry_hash
        assert statuses(node) == ONE_GONE
        with node.store.reading() as repositories:
            kept = [row.serial for row in repositories.items.between(1, 0, 3)]
        assert kept == SERIALS[1:]

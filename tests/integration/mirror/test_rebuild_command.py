"""An older copy in the place of a ledger, and the program that brings it up to a mirror."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.anvil import Anvil
from tests.support.published import Published, publish

ADD = ("participant", "add", "--role", "supplier", "--name")


@pytest.fixture
def log(anvil: Anvil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    made = publish(anvil, tmp_path, entries=3)
    monkeypatch.setenv("ITEMPROOF_RPC_URLS", anvil.url)
    monkeypatch.setenv("ITEMPROOF_PUBLISHER_KEY_FILE", str(tmp_path / "publisher.key"))
    monkeypatch.setenv("ITEMPROOF_LOCK_DIR", str(tmp_path / "locks"))
    return made


def put_back(log: Published, copy: Path) -> None:
    data = log.folder / "data"
    for rest in data.glob("ledger.sqlite*"):
        rest.unlink()
    shutil.copy(copy, data / "ledger.sqlite")


def test_an_older_copy_is_brought_up_to_the_mirror_and_goes_on(log: Published) -> None:
    program, copy = log.program("data"), log.folder / "copy"
    shutil.copy(log.folder / "data" / "ledger.sqlite", copy)
    assert program(*ADD, "F1")[0] == 0
    log.log(2)
    assert log.copy()[0] == 0
    put_back(log, copy)
    assert program(*ADD, "F2")[1]["error"]["code"] == "STORE_BEHIND"
    status, answer = program("rebuild", str(log.mirror))
    assert (status, answer["writable"]) == (0, True), answer
    assert answer["entries"] > 0
    assert program(*ADD, "F2")[0] == 0
    log.log(1)
    assert log.copy()[0] == 0
    assert log.audit(log.mirror)[0] == 0


def test_a_mirror_that_is_too_old_leaves_the_store_closed(log: Published) -> None:
    program, copy = log.program("data"), log.folder / "copy"
    shutil.copy(log.folder / "data" / "ledger.sqlite", copy)
    log.log(2)
    put_back(log, copy)
    status, answer = program("rebuild", str(log.mirror))
    assert (status, answer["writable"]) == (1, False)
    assert answer["closed"]["code"] == "STORE_BEHIND"
    assert answer["served"] > answer["tree_size"]
    assert program(*ADD, "F2")[1]["error"]["code"] == "STORE_BEHIND"


def test_without_the_logs_keys_nothing_is_made_and_with_them_all_of_it(log: Published) -> None:
    program = log.program("new")
    status, answer = program("rebuild", str(log.mirror))
    assert (status, answer["error"]["code"]) == (1, "REBUILD_KEYS_MISSING")
    assert not program.folder.exists()
    shutil.copytree(log.folder / "data" / "keys", program.folder / "keys")
    status, answer = program("rebuild", str(log.mirror))
    assert (status, answer["first"], answer["writable"]) == (0, 0, True), answer


def test_a_changed_mirror_is_refused_by_name(log: Published) -> None:
    program, copy = log.program("data"), log.folder / "copy"
    shutil.copy(log.folder / "data" / "ledger.sqlite", copy)
    log.log(2)
    assert log.copy()[0] == 0
    put_back(log, copy)
    place = max((log.mirror / "tile/entries").glob("*.p/*"), key=lambda found: int(found.name))
    data = place.read_bytes()
    place.write_bytes(data[:-40] + bytes([data[-40] ^ 1]) + data[-39:])
    status, answer = program("rebuild", str(log.mirror))
    assert (status, answer["error"]["code"]) == (1, "MIRROR_DAMAGED")

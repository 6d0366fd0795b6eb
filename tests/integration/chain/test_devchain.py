"""The development chain: kept across restarts and crashes, shared, and never well known."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.anchored import Anchored, open_log
from traceability.chain.accounts import address_of
from traceability.chain.client import ChainClient
from traceability.chain.devchain import (
    CHAIN_ID,
    INFO_FILE,
    KEY_FILE,
    STATE_FILE,
    DevChain,
    RunningDevChain,
    anvil_binary,
    running_dev_chain,
)
from traceability.chain.devchain_state import SUFFIX, keep, mend
from traceability.chain.faults import AnvilMissing, ChainUnavailable
from traceability.hashing.canonical import canonicalize
from traceability.verify.bundle import evidence_json

ROOT = Path(__file__).resolve().parents[3]
EVENTS = ["devchain.ended", "devchain.started_again"]
# The first of the accounts that every Anvil has unless told otherwise.
WELL_KNOWN = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"


def client_of(chain: DevChain, *, contract: str | None = None) -> ChainClient:
    return ChainClient([chain.url], contract=contract, chain_id=CHAIN_ID)


def anchor_some(chain: DevChain) -> tuple[str, Anchored]:
    with client_of(chain) as client:
        contract = client.deploy(chain.account)
        anchored = open_log(client, chain.account)
        anchored.log.grow(12)
        anchored.anchorer().run_until_final(timeout_seconds=20, poll_seconds=0.01)
    return contract, anchored


def go_on(chain: DevChain, contract: str, anchored: Anchored) -> None:
    with client_of(chain, contract=contract) as client:
        assert client.head(anchored.log.log_id).tree_size == 12
        anchored.client = client
        anchored.log.grow(24)
        anchored.anchorer().run_until_final(timeout_seconds=20, poll_seconds=0.01)
        assert anchored.log.states() == [(12, "final"), (24, "final")]


def test_its_account_is_random_funded_and_private(tmp_path: Path) -> None:
    with DevChain(tmp_path / "one") as chain, client_of(chain) as client:
        assert client.balance(address_of(chain.account)) > 10**20
        assert client.balance(WELL_KNOWN) == 0
        key = (tmp_path / "one" / KEY_FILE).stat()
        assert stat.S_IMODE(key.st_mode) == 0o600
        with DevChain(tmp_path / "two") as other:
            assert address_of(other.account) != address_of(chain.account)


def test_goes_on_after_it_was_stopped(tmp_path: Path) -> None:
    with DevChain(tmp_path) as chain:
        contract, anchored = anchor_some(chain)
    assert running_dev_chain(tmp_path) is None
    assert not (tmp_path / INFO_FILE).exists()
    assert (tmp_path / STATE_FILE).exists()
    with DevChain(tmp_path) as chain:
        go_on(chain, contract, anchored)


def test_evidence_of_blocks_before_a_restart_can_still_be_captured(tmp_path: Path) -> None:
    with DevChain(tmp_path) as chain:
        contract, anchored = anchor_some(chain)
    row = anchored.log.only("final")
    with DevChain(tmp_path) as chain, client_of(chain, contract=contract) as client:
        evidence = client.evidence(anchored.log.log_id, row.block_number or 0)
        assert canonicalize(evidence_json(evidence)) == row.evidence


def test_another_user_of_the_folder_shares_it(tmp_path: Path) -> None:
    with DevChain(tmp_path) as chain:
        with DevChain(tmp_path) as second:
            assert second.url == chain.url
        found = running_dev_chain(tmp_path)
        assert found is not None
        assert (found.url, found.owner) == (chain.url, os.getpid())


def test_a_chain_whose_owner_was_killed_is_taken_over(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from traceability.chain.devchain import DevChain\n"
        "with DevChain(Path(sys.argv[1])): print('up', flush=True); time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    left = running_dev_chain(tmp_path)
    assert left is not None
    with DevChain(tmp_path) as chain:
        assert chain.url == left.url
    assert running_dev_chain(tmp_path) is None


def test_goes_on_after_the_chain_itself_was_killed(tmp_path: Path) -> None:
    with DevChain(tmp_path) as chain:
        contract, anchored = anchor_some(chain)
        running = running_dev_chain(tmp_path)
        assert running is not None
        # Anvil writes its state every second.
        wait_for_a_save(tmp_path / STATE_FILE, time.time())
        os.kill(running.pid, signal.SIGKILL)
    with DevChain(tmp_path) as chain:
        go_on(chain, contract, anchored)


@pytest.mark.parametrize("left", [None, 1000])
def test_a_chain_that_is_killed_is_back_at_its_address_while_it_is_wanted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, left: int | None
) -> None:
    with DevChain(tmp_path) as chain:
        contract, anchored = anchor_some(chain)
        before = running_dev_chain(tmp_path)
        assert before is not None
        wait_for_a_save(tmp_path / f"{STATE_FILE}{SUFFIX}", time.time())
        os.kill(before.pid, signal.SIGKILL)
        if left is not None:
            os.truncate(tmp_path / STATE_FILE, left)
        after = wait_for_another(tmp_path, before)
        assert (after.url, after.owner) == (before.url, os.getpid())
        go_on(chain, contract, anchored)
    assert [event for event in EVENTS if event in caplog.text] == EVENTS
    # The one that was started again is stopped like the first.
    assert running_dev_chain(tmp_path) is None
    with pytest.raises(ProcessLookupError):
        os.kill(after.pid, 0)


def test_a_chain_that_was_taken_over_is_guarded_too(tmp_path: Path) -> None:
    with DevChain(tmp_path):
        found = running_dev_chain(tmp_path)
        assert found is not None
        info = {"owner": 2**22 + 1, "pid": found.pid, "url": found.url}
        (tmp_path / INFO_FILE).write_text(json.dumps(info))
        with DevChain(tmp_path):
            os.kill(found.pid, signal.SIGKILL)
            assert wait_for_another(tmp_path, found).url == found.url


def wait_for_another(folder: Path, before: RunningDevChain) -> RunningDevChain:
    deadline = time.monotonic() + 30
    while (found := running_dev_chain(folder)) is None or found.pid == before.pid:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("left", [0, 1000])
def test_goes_on_after_the_chain_was_killed_while_it_wrote_its_state(
    tmp_path: Path, left: int
) -> None:
    with DevChain(tmp_path) as chain:
        contract, anchored = anchor_some(chain)
    with DevChain(tmp_path):
        running = running_dev_chain(tmp_path)
        assert running is not None
        wait_for_a_save(tmp_path / f"{STATE_FILE}{SUFFIX}", time.time())
        os.kill(running.pid, signal.SIGKILL)
        os.truncate(tmp_path / STATE_FILE, left)
    with DevChain(tmp_path) as chain:
        go_on(chain, contract, anchored)


def test_half_a_state_without_a_copy_is_reported(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_bytes(b'{"block":')
    with pytest.raises(ChainUnavailable, match="does not start"), DevChain(tmp_path):
        pass


def test_a_whole_state_is_not_replaced_by_an_older_copy(tmp_path: Path) -> None:
    state = tmp_path / STATE_FILE
    state.write_bytes(b"{}")
    keep(state)
    state.write_bytes(b'{"block": 2}')
    assert not mend(state)
    state.write_bytes(b'{"block": ')
    # What is half is not kept in the place of what is whole.
    keep(state)
    assert mend(state)
    assert state.read_bytes() == b"{}"


def wait_for_a_save(path: Path, before: float) -> None:
    deadline = time.monotonic() + 15
    while not path.exists() or path.stat().st_mtime <= before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # The file is there; let it be whole.
    time.sleep(0.2)


def test_a_stale_info_file_is_no_chain(tmp_path: Path) -> None:
    (tmp_path / INFO_FILE).write_text(
        json.dumps({"owner": 1, "pid": os.getpid(), "url": "http://127.0.0.1:9"})
    )
    assert running_dev_chain(tmp_path) is None
    (tmp_path / INFO_FILE).write_text("{")
    assert running_dev_chain(tmp_path) is None


def test_says_how_to_install_anvil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("traceability.chain.devchain.REPOSITORY", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AnvilMissing, match="npm ci --prefix contracts"):
        anvil_binary()
    with pytest.raises(AnvilMissing, match="expected a program, got"):
        anvil_binary(str(tmp_path / "nothing"))


def test_a_program_that_does_not_serve_is_reported(tmp_path: Path) -> None:
    false = tmp_path / "anvil"
    false.write_text("#!/bin/sh\necho no such thing\nexit 1\n")
    false.chmod(0o755)
    chain = DevChain(tmp_path / "data", anvil=str(false))
    with pytest.raises(ChainUnavailable, match="development chain does not start"), chain:
        pass
    assert (tmp_path / "data" / "devchain.log").read_text() == "no such thing\n"

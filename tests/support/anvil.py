"""A real chain for tests: one Anvil per test process, with funded accounts."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from traceability.chain.accounts import address_of
from traceability.chain.client import ChainClient
from traceability.chain.devchain import anvil_binary
from traceability.chain.faults import ChainUnavailable

CHAIN_ID = 31337
START_SECONDS = 20.0
FUNDS_WEI = 10**21


@dataclass(frozen=True, slots=True)
class Anvil:
    """A running chain: where it answers, and accounts that can pay."""

    url: str
    chain_id: int
    accounts: tuple[LocalAccount, ...]

    def client(self, *, contract: str | None = None, **options: object) -> ChainClient:
        """Return a client of this chain, to be closed by the caller."""
        return ChainClient(
            [self.url],
            contract=contract,
            chain_id=self.chain_id,
            **options,  # type: ignore[arg-type]  # whatever the test wants to vary
        )

    def new_account(self) -> LocalAccount:
        """Return a new account with funds, for a test that counts nonces."""
        account: LocalAccount = Account.create()
        with self.client() as client:
            client.fund(address_of(account), FUNDS_WEI)
        return account


def other_transaction(chain: Anvil) -> str:
    """Return a stranger's signed transfer: a block that holds it has another hash."""
    with chain.client() as client:
        signed = client.sign(b"", account=chain.new_account(), to="0x" + "11" * 20, gas=21_000)
    return "0x" + signed.raw.hex()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_anvil(
    *options: str, chain_id: int = CHAIN_ID, accounts: int = 3, epoch: int = 1
) -> Iterator[Anvil]:
    """Run Anvil while the context lasts; a missing Anvil is an error, never a skip.

    A block is final when two epochs of so many blocks stand on it.
    """
    port = free_port()
    epochs = ["--slots-in-an-epoch", str(epoch)]
    fixed = ["--accounts", "0", *epochs, "--hardfork", "prague", "--quiet"]
    process = subprocess.Popen(
        [anvil_binary(), *fixed, "--port", str(port), "--chain-id", str(chain_id), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        anvil = Anvil(f"http://127.0.0.1:{port}", chain_id, ())
        wait_until_it_answers(anvil, process)
        yield Anvil(anvil.url, chain_id, tuple(anvil.new_account() for _ in range(accounts)))
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def wait_until_it_answers(anvil: Anvil, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with anvil.client() as client:
        while True:
            try:
                client.block("latest")
            except ChainUnavailable:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    """Return the test process's chain, which mines a block for every transaction."""
    with running_anvil() as chain:
        yield chain

"""A registry on the test process's chain, and logs opened in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.anchored import Anchored, open_log
from tests.support.anvil import Anvil


@pytest.fixture(scope="session")
def contract(anvil: Anvil) -> str:
    """Return the address of a registry on the shared chain."""
    with anvil.client() as client:
        return client.deploy(anvil.accounts[0])


@pytest.fixture
def anchored(anvil: Anvil, contract: str) -> Iterator[Anchored]:
    """Return a new log with a new publisher, on the shared chain."""
    with anvil.client(contract=contract) as client:
        yield open_log(client, anvil.new_account())

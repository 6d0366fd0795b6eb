"""One log on a chain with its anchorer, for tests that drive it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.anchor_log import MemoryLog
from traceability.chain import registry
from traceability.chain.accounts import Account, address_of
from traceability.chain.anchoring import Anchorer, AnchorPolicy
from traceability.chain.client import ChainClient

TIMEOUT = 20.0
POLICY = (
    "interval",
    "entries",
    "bump_after",
    "evidence_patience",
    "max_price",
    "foreign_block_numbers",
)


@dataclass
class Anchored:
    """One log on a chain: client, store, publisher and anchorer."""

    client: ChainClient
    log: MemoryLog
    account: Account

    def anchorer(self, *, mines: bool = True, **options: Any) -> Anchorer:
        policy = {name: options.pop(name) for name in tuple(options) if name in POLICY}
        return Anchorer(
            self.client,
            self.log,
            log=self.log.identity,
            account=self.account,
            code_hash=registry.artifact().code_hash,
            policy=AnchorPolicy(mines=mines, **policy),
            **options,
        )


def open_log(client: ChainClient, account: Account) -> Anchored:
    log = MemoryLog()
    log.grow(1)
    log.log_id = client.open_log(log.leaves[0], address_of(account), account).log_id
    return Anchored(client, log, account)


def finish(anchored: Anchored) -> list[str]:
    """Anchor what is new until it is final, and return the transitions."""
    moved = anchored.anchorer().run_until_final(timeout_seconds=TIMEOUT, poll_seconds=0.01)
    return [progress.action for progress in moved]


def advance(anchored: Anchored, action: str) -> None:
    """Step until a transition has been made."""
    anchorer = anchored.anchorer(mines=False)
    for _ in range(10):
        if action in [moved.action for moved in anchorer.step()]:
            return
    raise AssertionError(f"no step made the transition {action}")

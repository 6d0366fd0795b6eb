"""Gas of real anchors on the development chain, for proofs of 1, 11 and 22 nodes.

The trees have equal leaves, so that one hash a level stands for all its nodes and a tree of
millions of entries costs nothing to build; the contract does the same work as for any other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from scripts.benchmarks.measure import Part, Row
from traceability.chain.accounts import Account, address_of
from traceability.chain.client import ChainClient
from traceability.chain.devchain import DevChain
from traceability.chain.values import AnchorCall
from traceability.merkle.proofs import consistency_path, root_from_nodes
from traceability.merkle.tree import leaf_hash, node_hash

# From, to: consistency proofs of 1, 11 and 22 nodes; the middle one is a day's work at a
# million entries.
STEPS = ((1_048_576, 1_048_577, 1), (1_000_000, 1_000_500, 11), (1_048_575, 2_097_152, 22))
BUDGET_11 = 55_000.0
# The same calldata, root and two overwritten slots with no proof at all, measured once.
FLOOR = 33_710.0


@cache
def _level(level: int) -> bytes:
    if level == 0:
        return leaf_hash(b"benchmark")
    return node_hash(_level(level - 1), _level(level - 1))


def _node(level: int, _index: int) -> bytes:
    return _level(level)


def _measure(*, quick: bool) -> Iterator[Row]:  # noqa: ARG001 # every part has the parameter
    with (
        tempfile.TemporaryDirectory() as folder,
        DevChain(Path(folder)) as chain,
        ChainClient([chain.url], chain_id=chain.chain_id) as client,
    ):
        account = chain.account
        client.deploy(account)
        for start, end, nodes in STEPS:
            gas = _gas(client, account, start, end)
            budget = BUDGET_11 if nodes == 11 else None  # noqa: PLR2004 # the budgeted case
            yield Row(f"anchor-gas-{nodes}", gas, "gas", budget, FLOOR)


def _gas(client: ChainClient, account: Account, start: int, end: int) -> float:
    """Open a log, bring its head to `start`, and return the gas of going on to `end`."""
    sender = client.deploy(account) and address_of(account)
    log_id = client.open_log(_level(0), sender, account).log_id
    _anchor(client, account, log_id, 1, start)
    return float(_anchor(client, account, log_id, start, end))


def _anchor(client: ChainClient, account: Account, log_id: bytes, start: int, end: int) -> int:
    call = AnchorCall(
        log_id=log_id,
        from_size=start,
        tree_size=end,
        root_hash=root_from_nodes(end, _node),
        proof=tuple(consistency_path(start, tree_size=end, node=_node)),
    )
    client.check_anchor(call, sender=address_of(account))
    signed = client.sign_anchor(
        call, account=account, nonce=client.nonce(address_of(account)), fee=client.fee()
    )
    client.send_raw(signed.raw)
    return client.wait_for_receipt(signed.tx_hash).gas_used


PART = Part(tuple(f"anchor-gas-{nodes}" for _, _, nodes in STEPS), _measure)

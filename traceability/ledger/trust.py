"""The operator's own trust file: what this node's verifier believes, with final blocks pinned.

It is the operator's word, in the operator's folder. Auditors write their own, from sources that
they trust; `docs/auditing.md` says how.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from traceability.chain.registry import artifact
from traceability.errors import Unavailable
from traceability.ledger.identity import Identity
from traceability.store.store import Store
from traceability.verify.trust import Trust

# Final blocks pinned in the file: the newest anchors, which bundles are made from.
PINNED_BLOCKS = 1000


class TrustFileUnwritable(Unavailable):
    """The node's own trust file cannot be brought up to date: the disk is full or read-only."""

    code = "TRUST_FILE_UNWRITABLE"


def trust_of(store: Store, identity: Identity) -> Trust:
    """Return what the node itself trusts."""
    with store.reading() as repositories:
        rows = repositories.anchors.all(limit=PINNED_BLOCKS)
    final = {
        row.evidence_block_number: row.evidence_block_hash
        for row in reversed(rows)
        if row.state == "final" and row.evidence_block_number and row.evidence_block_hash
    }
    return Trust(
        chain_id=identity.genesis.chain_id,
        contract=identity.genesis.contract,
        code_hash=artifact().code_hash,
        log=identity.log,
        log_key=identity.genesis.log_key,
        origin=identity.origin,
        block_hashes={number: found for number, found in final.items() if found},
    )


def write_trust(store: Store, identity: Identity, path: Path) -> None:
    """Write the file whole, if it says something new.

    Raises
    ------
    TrustFileUnwritable
        The disk is full or read-only.
    """
    text = json.dumps(trust_of(store, identity).to_json(), indent=2, sort_keys=True) + "\n"
    if path.exists() and path.read_text() == text:
        return
    draft = path.with_suffix(f".{os.getpid()}.new")
    try:
        draft.write_text(text)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise TrustFileUnwritable(f"trust file cannot be written: {error.strerror}") from error

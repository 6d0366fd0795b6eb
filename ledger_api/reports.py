"""Domain results as the JSON that outsiders read; the command line and HTTP share them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ledger_api.i18n.fault_texts import fault_detail
from traceability.hashing.encoding import b64u_encode, format_time

if TYPE_CHECKING:
    from ledger_api.i18n.translations import Language
    from traceability.events.faults import Fault
    from traceability.ledger.anchor_figures import AnchorFigures
    from traceability.ledger.identity import Identity
    from traceability.ledger.master_data import MasterData
    from traceability.ledger.submission import RecordResult, SubmissionResult
    from traceability.quality.scores import ScoreRun
    from traceability.store.repositories.anchors import AttemptRow
    from traceability.store.repositories.tree import CheckpointRow

# The store's words for an anchor, in the words of `received → logged → anchored → final`.
ANCHOR_STATES = {"included": "anchored", "final": "final"}


def submission_json(
    result: SubmissionResult, *, language: Language | None = None
) -> dict[str, Any]:
    """Return what became of a document; with a language, each fault has a `detail` in it."""
    found: dict[str, Any] = {
        "status": result.status,
        "accepted": result.count("accepted"),
        "duplicate": result.count("duplicate"),
        "rejected": result.count("rejected"),
        "records": [record_json(record, language=language) for record in result.records],
    }
    if result.master_data is not None:
        found["master_data"] = master_data_json(result.master_data)
    if result.batch is not None:
        found["batch"] = result.batch.batch
        found["entry_hash"] = b64u_encode(result.batch.entry_hash)
    return found


def master_data_json(master_data: MasterData) -> dict[str, Any]:
    """Return what became of a document's master data."""
    found: dict[str, Any] = {
        "result": master_data.result,
        "vocabularies": master_data.vocabularies,
        "elements": master_data.elements,
    }
    return found if master_data.record is None else found | {"record": master_data.record}


def record_json(record: RecordResult, *, language: Language | None = None) -> dict[str, Any]:
    """Return what became of one record; `error` is the first fault, `errors` are all."""
    found: dict[str, Any] = {
        "pointer": record.pointer,
        "result": record.result,
        "event_id": record.event_id,
    }
    if record.record is not None:
        found["record"] = record.record
    if record.faults:
        found["errors"] = [_fault_json(fault, language) for fault in record.faults]
        found["error"] = found["errors"][0]
    if record.breaches:
        found["breaches"] = [_fault_json(fault, language) for fault in record.breaches]
    if record.warning is not None:
        found["warning"] = {"code": record.warning}
    return found


def _fault_json(fault: Fault, language: Language | None) -> dict[str, Any]:
    found = fault.to_dict()
    return found if language is None else found | {"detail": fault_detail(fault, language=language)}


def checkpoint_json(row: CheckpointRow | None) -> dict[str, Any] | None:
    """Return a checkpoint; digests in hex."""
    if row is None:
        return None
    return {"tree_size": row.tree_size, "root_hash": row.root_hash.hex(), "note": row.text}


def anchor_json(row: AttemptRow | None, identity: Identity) -> dict[str, Any] | None:
    """Return an anchor with the chain, contract and log that it is in."""
    if row is None:
        return None
    return {
        "chain_id": identity.genesis.chain_id,
        "contract": identity.genesis.contract,
        "log_id": identity.log.hex(),
        "tree_size": row.tree_size,
        "root_hash": row.root_hash.hex(),
        "block_number": row.block_number,
        "block_hash": None if row.block_hash is None else row.block_hash.hex(),
        "transaction_hash": row.tx_hash.hex(),
        "gas_used": row.gas_used,
        "estimated_gas": row.estimated_gas,
        "estimated_cost_wei": row.estimated_cost,
        "cost_wei": row.cost,
        "state": ANCHOR_STATES.get(row.state, "logged"),
    }


def anchoring_json(figures: AnchorFigures) -> dict[str, Any]:
    """Return how far anchoring is behind, and what the publisher can pay; amounts in wei."""
    purse = figures.purse
    publisher = purse and {
        "address": purse.address,
        "balance_wei": purse.balance,
        "anchor_gas": purse.estimate.gas,
        "anchor_cost_wei": purse.estimate.cost,
        "anchors_left": purse.anchors_left,
        "as_of": format_time(purse.at),
    }
    return {
        "unanchored_entries": figures.unanchored_entries,
        "unfinal_entries": figures.unfinal_entries,
        "lag_seconds": round(figures.lag_seconds, 3),
        "finality_lag_seconds": round(figures.unfinal_seconds, 3),
        "publisher": publisher,
    }


def time_json(moment: datetime | None) -> str | None:
    """Return a time as RFC 3339."""
    return None if moment is None else format_time(moment)


def scores_json(result: ScoreRun, *, gln: str | None = None) -> dict[str, Any]:
    """Return all scores, or one supplier's, with the hashes they follow from."""
    scores = [found.to_json() for found in result.suppliers]
    return {
        "suppliers": [found for found in scores if gln in (None, found["gln"])],
        "as_of_size": result.as_of_size,
        "policy_hash": result.policy_hash.hex(),
        "statistics_hash": result.statistics_hash.hex(),
        "code_version": result.code_version,
    }

"""`/healthz`, `/readyz` and `/metrics`: for whoever watches the node."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from ledger_api.services import Services, ServicesOf
from traceability.errors import ItemProofError
from traceability.ledger.anchor_figures import anchor_figures

router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse, summary="The process lives")
def healthz() -> str:
    """Answer, and nothing else."""
    return "ok\n"


@router.get("/readyz", summary="The store answers and entries are put in order")
def readyz(services: ServicesOf) -> JSONResponse:
    """Return 200 where submissions are taken; a chain that is down is told, and no obstacle."""
    store = _fault_of_store(services)
    sequencer = services.workers.sequencer.fault
    capture = services.workers.capture.fault
    anchorer = services.workers.anchorer.fault
    faults = {
        "store": None if store is None else store.code,
        "sequencer": None if sequencer is None else sequencer.code,
        "capture": None if capture is None else capture.code,
        "chain": None if anchorer is None else anchorer.code,
    }
    is_ready = store is None and sequencer is None
    return JSONResponse({"ready": is_ready, "faults": faults}, 200 if is_ready else 503)


def _fault_of_store(services: Services) -> ItemProofError | None:
    try:
        services.node.standing()
    except ItemProofError as error:
        return error
    return services.node.gate.fault()


@router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus figures")
def metrics(services: ServicesOf) -> str:
    """Return sizes, lag, the publisher's means and faults in Prometheus' text form."""
    standing = services.node.standing()
    size = 0 if standing.checkpoint is None else standing.checkpoint.tree_size
    anchored = 0 if standing.anchor is None else standing.anchor.tree_size
    workers = services.workers
    figures: dict[str, float] = {
        "itemproof_log_entries": size,
        "itemproof_anchored_entries": anchored,
        "itemproof_unanchored_entries": size - anchored,
        "itemproof_waiting_entries": standing.waiting,
        "itemproof_sequencer_fault": int(workers.sequencer.fault is not None),
        "itemproof_anchorer_fault": int(workers.anchorer.fault is not None),
    }
    figures |= _anchoring(services)
    return "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in figures.items())


def _anchoring(services: Services) -> dict[str, float]:
    """Return the figures of anchoring; those of the publisher once they are known."""
    node = services.node
    found = anchor_figures(node.store, now=node.clock())
    figures: dict[str, float] = {
        "itemproof_unfinal_entries": found.unfinal_entries,
        "itemproof_anchor_lag_seconds": found.lag_seconds,
        "itemproof_finality_lag_seconds": found.unfinal_seconds,
    }
    if found.purse is not None:
        figures["itemproof_publisher_balance_wei"] = found.purse.balance
        figures["itemproof_anchor_cost_wei"] = found.purse.estimate.cost
        if found.purse.anchors_left is not None:
            figures["itemproof_publisher_anchors_left"] = found.purse.anchors_left
    return figures

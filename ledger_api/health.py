"""`/healthz`, `/readyz` and `/metrics`: for whoever watches the node."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from ledger_api.scoreboard import ROLES, Figure, resident_bytes
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
    faults = {
        "store": None if store is None else store.code,
        "sequencer": services.workers.fault("sequencer"),
        "capture": services.workers.fault("capture"),
        "chain": services.workers.fault("anchorer"),
    }
    is_ready = store is None and faults["sequencer"] is None
    return JSONResponse({"ready": is_ready, "faults": faults}, 200 if is_ready else 503)


def _fault_of_store(services: Services) -> ItemProofError | None:
    try:
        services.node.standing()
    except ItemProofError as error:
        return error
    return services.node.gate.fault()


@router.get("/metrics", response_class=PlainTextResponse, summary="Prometheus figures")
def metrics(services: ServicesOf) -> str:
    """Return figures of the log and of all processes that serve it, in Prometheus' text form.

    Where the store does not answer, those that need none.
    """
    figures = _of_processes(services)
    try:
        figures |= {**_of_log(services), **_anchoring(services)}
        # A store that may only be read is at fault too, as `/readyz` says.
        figures["itemproof_store_fault"] = int(services.node.gate.fault() is not None)
    except ItemProofError:
        figures["itemproof_store_fault"] = 1
    return "".join(_line(name, value) for name, value in figures.items())


def _line(name: str, value: float) -> str:
    kind = "counter" if name.endswith("_total") else "gauge"
    return f"# TYPE {name} {kind}\n{name} {value}\n"


def _of_log(services: Services) -> dict[str, float]:
    standing = services.node.standing()
    size = 0 if standing.checkpoint is None else standing.checkpoint.tree_size
    anchored = 0 if standing.anchor is None else standing.anchor.tree_size
    most = services.settings.max_capture_jobs
    with services.node.store.reading() as repositories:
        jobs = repositories.capture_jobs.count_waiting(at_most=most)
    return {
        "itemproof_log_entries": size,
        "itemproof_anchored_entries": anchored,
        "itemproof_unanchored_entries": size - anchored,
        "itemproof_waiting_entries": standing.waiting,
        "itemproof_waiting_capture_jobs": jobs,
    }


def _of_processes(services: Services) -> dict[str, float]:
    """Return what all processes have in hand, have refused, and what is wrong with their work."""
    board, workers = services.slot.board, services.workers
    processes = board.processes()
    figures: dict[str, float] = {
        "itemproof_processes": len(processes),
        "itemproof_processes_wanted": board.slots,
        "itemproof_connections": board.total(Figure.CONNECTIONS),
        "itemproof_submissions_in_hand": board.total(Figure.SUBMISSIONS),
        "itemproof_submission_bytes_in_hand": board.total(Figure.SUBMISSION_BYTES),
        "itemproof_process_starts_total": board.total(Figure.STARTS),
        "itemproof_requests_total": board.total(Figure.REQUESTS),
        "itemproof_refused_busy_total": board.total(Figure.REFUSED_BUSY),
        "itemproof_refused_share_total": board.total(Figure.REFUSED_SHARE),
        "itemproof_refused_jobs_total": board.total(Figure.REFUSED_JOBS),
        "itemproof_refused_connections_total": board.total(Figure.REFUSED_CONNECTIONS),
    }
    for role in ROLES:
        figures[f"itemproof_{role}_fault"] = int(workers.fault(role) is not None)
    resident = resident_bytes(processes)
    return figures if resident is None else {**figures, "itemproof_resident_bytes": resident}


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

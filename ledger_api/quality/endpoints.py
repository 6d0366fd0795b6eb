"""`GET /api/suppliers/{gln}/score` and `GET /api/suppliers`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ledger_api.reports import scores_json
from ledger_api.services import CallerOf, ServicesOf
from traceability.codes.keys import check_element
from traceability.quality.scores import run_scores
from traceability.quality.stored import stored_rows

router = APIRouter(prefix="/api/suppliers", tags=["quality"])


@router.get("", summary="The scores of every supplier")
def get_scores(services: ServicesOf, _caller: CallerOf) -> dict[str, Any]:
    """Score every supplier from the quality records in the log."""
    with services.node.store.reading() as repositories:
        size = repositories.entries.count_sequenced()
        return scores_json(run_scores(stored_rows(repositories, below=size), as_of_size=size))


@router.get("/{gln}/score", summary="The score of one supplier")
def get_score(gln: str, services: ServicesOf, _caller: CallerOf) -> dict[str, Any]:
    """Score one supplier; one without data is told so, not given a perfect score."""
    check_element("414", gln)
    with services.node.store.reading() as repositories:
        size = repositories.entries.count_sequenced()
        rows = stored_rows(repositories, below=size)
        return scores_json(run_scores(rows, as_of_size=size, suppliers=[gln]), gln=gln)

"""The page of suppliers' scores, read from the log."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ledger_api.i18n.local_text import LocalText
from ledger_api.services import Services
from ledger_api.web.filling import chain_part
from ledger_api.web.views import QualityView, SupplierRow
from traceability.quality.scores import run_scores
from traceability.quality.stored import stored_rows
from traceability.store.repositories import Repositories


def quality_view(services: Services) -> QualityView:
    """Return every supplier's score, best first."""
    with services.node.store.reading() as repositories:
        size = repositories.entries.count_sequenced()
        result = run_scores(stored_rows(repositories, below=size), as_of_size=size)
        rows = [_row(repositories, found.to_json()) for found in result.suppliers]
    return QualityView(
        suppliers=tuple(sorted(rows, key=lambda row: (-float(row.score), row.gln))),
        chain=chain_part(services),
        policy=result.policy_hash.hex(),
    )


def _row(repositories: Repositories, found: dict[str, Any]) -> SupplierRow:
    party = repositories.participants.by_gln(found["gln"])
    excluded: Counter[str] = Counter()
    for item in found["excluded"]:
        excluded[item["reason"]] += item["count"]
    return SupplierRow(
        gln=found["gln"],
        name=LocalText(zh="" if party is None else party.name),
        score=str(found["score"]),
        low=str(found["low"]),
        high=str(found["high"]),
        text_grade=_level(found["text_grade"]),
        demonstrated_grade=_level(found["demonstrated_grade"]),
        limiting=tuple(found["limiting"]),
        inspected=found["metrics"]["sigma"]["inspected"],
        excluded=tuple(sorted(excluded.items())),
    )


def _level(value: object) -> int | None:
    return value if isinstance(value, int) else None

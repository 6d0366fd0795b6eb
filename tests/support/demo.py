"""The demonstration's events with made-up serials, and ways to walk them without the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger_api.demo.accounts import accounts
from ledger_api.demo.cast import SCORED
from ledger_api.demo.chapters import Chapter, chapters
from ledger_api.demo.plan import Plan
from traceability.quality.extraction import extract_document, extract_inspection
from traceability.quality.records import QualityRow


def serials_of(plan: Plan) -> dict[str, list[str]]:
    """Return serials that ascend within each lot and differ between lots."""
    return {
        lot: [f"{lot}{number:04d}" for number in range(size)] for lot, size in plan.lots.items()
    }


def told(plan: Plan) -> list[Chapter]:
    """Return every chapter of a plan."""
    return list(chapters(plan, serials_of(plan)))


def events_of(plan: Plan) -> list[dict[str, Any]]:
    """Return every event of a plan, in the order of its chapters."""
    return [event for chapter in told(plan) for event in chapter.events]


def quality_rows(plan: Plan) -> Iterator[QualityRow]:
    """Yield the quality records of a plan at made-up places in a log."""
    for leaf_index, party in enumerate(SCORED):
        for index, document in enumerate(accounts(plan, party)):
            content = extract_document(document.media_type, document.value)
            assert content is not None
            yield QualityRow(leaf_index, index, content)
    for index, event in enumerate(events_of(plan)):
        inspection = extract_inspection(event)
        if inspection is not None:
            yield QualityRow(len(SCORED) + index, 0, inspection)


def codes(event: dict[str, Any], side: str) -> set[str]:
    """Return the codes on one side, `input` or `output`, of a transformation."""
    lots = {item["epcClass"] for item in event.get(f"{side}QuantityList", ())}
    return lots | set(event.get(f"{side}EPCList", ()))


def made_from(events: Iterable[dict[str, Any]], start: str) -> set[str]:
    """Return all that transformations made from a lot; events come in the order of time."""
    reached = {start}
    for event in events:
        if event["type"] == "TransformationEvent" and codes(event, "input") & reached:
            reached |= codes(event, "output")
    return reached - {start}

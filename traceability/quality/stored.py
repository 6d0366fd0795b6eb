"""Quality records from the store, as of a tree size, with the status that each then had."""

from __future__ import annotations

from collections.abc import Iterator

from traceability.quality.extraction import content_of_document, content_of_event
from traceability.quality.records import LOSS_MEDIA_TYPE, OUTPUT_MEDIA_TYPE, Content, QualityRow
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import LoggedPayload
from traceability.strict_json import parse_json

INSPECTING = "inspecting"


def stored_rows(repositories: Repositories, *, below: int) -> Iterator[QualityRow]:
    """Yield every quality record that is logged below a leaf index."""
    for logged in repositories.batches.events_of_step(INSPECTING, below=below):
        event = parse_json(logged.payload)
        if isinstance(event, dict):
            yield from _row(repositories, logged, content_of_event(event), below)
    for media_type in (LOSS_MEDIA_TYPE, OUTPUT_MEDIA_TYPE):
        for logged in repositories.batches.documents(media_type, below=below):
            content = content_of_document(media_type, parse_json(logged.payload))
            yield from _row(repositories, logged, content, below)


def _row(
    repositories: Repositories, logged: LoggedPayload, content: Content | None, below: int
) -> Iterator[QualityRow]:
    if content is None:
        return
    status = "current"
    for row in repositories.statuses.of_record(logged.entry_hash, logged.record_index):
        if row.entry_index is not None and row.entry_index < below:
            status = "current" if row.kind == "recall_lifted" else row.kind
    yield QualityRow(logged.leaf_index, logged.record_index, content, status)

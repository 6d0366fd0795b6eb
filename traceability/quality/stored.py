"""Quality records from the store, as of a tree size, with the status that each then had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from traceability.quality.extraction import content_of_document, content_of_event
from traceability.quality.records import LOSS_MEDIA_TYPE, OUTPUT_MEDIA_TYPE, Content, QualityRow
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import LoggedPayload
from traceability.store.repositories.statuses import StatusRow
from traceability.strict_json import parse_json

INSPECTING = "inspecting"
WHOLE_BATCH = -1


def stored_rows(repositories: Repositories, *, below: int) -> Iterator[QualityRow]:
    """Yield every quality record that is logged below a leaf index."""
    statuses = _statuses(repositories, below)
    for logged in repositories.batches.events_of_step(INSPECTING, below=below):
        event = parse_json(logged.payload)
        if isinstance(event, dict):
            yield from _row(statuses, logged, content_of_event(event))
    for media_type in (LOSS_MEDIA_TYPE, OUTPUT_MEDIA_TYPE):
        for logged in repositories.batches.documents(media_type, below=below):
            content = content_of_document(media_type, parse_json(logged.payload))
            yield from _row(statuses, logged, content)


def _statuses(repositories: Repositories, below: int) -> Mapping[bytes, list[StatusRow]]:
    """Read what was said of records so far, once, by the entry that it was said of."""
    found: dict[bytes, list[StatusRow]] = {}
    for row in sorted(repositories.statuses.between(0, below), key=lambda row: row.arrival):
        found.setdefault(row.entry_hash, []).append(row)
    return found


def _row(
    statuses: Mapping[bytes, list[StatusRow]], logged: LoggedPayload, content: Content | None
) -> Iterator[QualityRow]:
    if content is None:
        return
    status = "current"
    for row in statuses.get(logged.entry_hash, ()):
        if row.record_index in (WHOLE_BATCH, logged.record_index):
            status = "current" if row.kind == "recall_lifted" else row.kind
    yield QualityRow(logged.leaf_index, logged.record_index, content, status)

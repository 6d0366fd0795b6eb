"""Statuses on the pages: what was said lately, one's own batches, and a recall by a form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from ledger_api.auth import Caller, authenticate, require_role
from ledger_api.declarations.requests import DeclarationAsked
from ledger_api.services import Services
from ledger_api.statuses import http_status
from ledger_api.web.audit_views import SaidRow
from ledger_api.web.views import BatchStanding, DeclaringPart, FaultRow, StatusRow
from traceability.errors import ItemProofError
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import StatusStatement, parse_statement
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.partners import Asker
from traceability.ledger.standing import Saying, said_by, standing_of
from traceability.ledger.statuses import RECALLED, status_of
from traceability.lineage.records import WHOLE_BATCH
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.store.times import from_milliseconds
from traceability.verify.identity import record_urn

NEWEST = 20
# No code is so short and all digits: what is, is the number of a batch.
BATCH_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Declaring:
    """What the form sent; `kind` is empty where only one's batches are asked for."""

    api_key: str
    kind: str
    code: str
    reason: str


def declaring_part(services: Services, sent: Declaring) -> DeclaringPart:
    """Recall, or lift a recall, or neither; then show the caller's batches as they are now."""
    part = DeclaringPart(sent.kind, sent.code)
    try:
        caller = authenticate(services.node.store, f"Bearer {sent.api_key.strip()}")
        require_role(caller, "operator", "participant")
        part = replace(part, batches=own_batches(services, caller))
        if sent.kind:
            part = replace(part, is_repeated=_declared(services, caller, sent))
            part = replace(part, batches=own_batches(services, caller))
    except ItemProofError as error:
        fault = FaultRow(
            error.code, error.pointer, error.fault, error.expected or "", error.got or ""
        )
        return replace(part, fault=fault, http_status=http_status(error))
    return part


def _declared(services: Services, caller: Caller, sent: Declaring) -> bool:
    """Say it; tell whether it was said before and stands."""
    text = sent.code.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= BATCH_DIGITS
    asked = DeclarationAsked(
        sent.kind, sent.reason, None if is_number else text, int(text) if is_number else None
    )
    asker = Asker(caller.participant, sees_all=caller.participant is None)
    with services.node.store.reading() as repositories:
        declarations = asked.declarations(repositories, asker=asker)
    declared = services.node.statuses.declare(declarations, participant=caller.participant)
    services.workers.wait_logged(declared[-1].arrival)
    return all(one.repeated for one in declared)


def own_batches(services: Services, caller: Caller) -> tuple[BatchStanding, ...]:
    """Return the newest batches of a participant, or of everybody for an operator."""
    with services.node.store.reading() as repositories:
        rows = repositories.batches.latest(NEWEST, participant=caller.participant)
        return tuple(_standing(services, repositories, row) for row in rows)


def _standing(services: Services, repositories: Repositories, row: BatchRow) -> BatchStanding:
    address = RecordAddress(row.batch, WHOLE_BATCH)
    standing = standing_of(repositories, services.node.identity, address)
    entry = repositories.entries.by_arrival(row.arrival)
    lot, url = _lot(repositories, row.batch)
    return BatchStanding(
        row.batch,
        from_milliseconds(row.submitted if entry is None else entry.received),
        row.record_count,
        standing.status,
        said=None if standing.latest is None else said_row(standing.latest),
        lot=lot,
        url=url,
        recalled=0 if entry is None else _recalled(repositories, entry.leaf_hash),
    )


def _recalled(repositories: Repositories, entry_hash: bytes) -> int:
    """Return how many records are recalled that were named one by one."""
    rows = repositories.statuses.of_batch(entry_hash)
    wholes = [row for row in rows if row.record_index == WHOLE_BATCH]
    named = {row.record_index for row in rows} - {WHOLE_BATCH}
    return sum(
        status_of([*wholes, *(row for row in rows if row.record_index == index)]) == RECALLED
        for index in named
    )


def _lot(repositories: Repositories, batch: int) -> tuple[str, str]:
    """Return the number of a batch's lot and the path of its page, if it is one."""
    run = repositories.items.run(batch)
    if run is None or not run.lot:
        return "", ""
    return run.lot, f"/01/{run.gtin}/10/{quote(run.lot, safe='')}"


def said_row(saying: Saying) -> StatusRow:
    """Return what was said as pages show it."""
    return StatusRow(
        saying.kind, saying.reason, saying.since, saying.name or "", saying.basis or ""
    )


def newest_said(services: Services, repositories: Repositories) -> Iterable[SaidRow]:
    """Yield the newest status entries, newest first."""
    for row in repositories.statuses.latest(NEWEST):
        saying = said_by(repositories, services.node.identity, row)
        entry = repositories.entries.by_arrival(row.arrival)
        if saying is None or entry is None:
            continue
        said = parse_statement(parse_envelope(entry.envelope).payload)
        batch = repositories.batches.by_entry_hash(row.entry_hash)
        ranges = said.records if isinstance(said, StatusStatement) else 0
        # A lot is named where all of it is recalled: for the rest nobody needs to know its code.
        is_open = batch is not None and saying.is_whole_batch and saying.kind != "erased"
        lot, page = _lot(repositories, batch.batch) if batch and is_open else ("", "")
        record = record_urn(row.entry_hash, max(0, row.record_index))
        url = page or ("" if batch is None else f"/api/statuses?code={record}")
        number = None if batch is None else batch.batch
        yield SaidRow(said_row(saying), number, _ranges(ranges), url, lot)


def _ranges(records: object) -> str:
    if not isinstance(records, tuple):
        return ""
    shown = [str(first) if first == last else f"{first}–{last}" for first, last in records[:4]]
    return ", ".join(shown) + (" …" if len(records) > len(shown) else "")

"""EPCIS events into the ledger, signed by a key that this node holds for their participant.

Each event is judged by itself: accepted, duplicate or rejected. By default one rejected event
rejects the document (EPCIS `rollback`); `proceed` takes the good ones.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from traceability.errors import ItemProofError
from traceability.events.faults import Fault
from traceability.events.jsonld import parse_document
from traceability.events.model import SubmittedEvent
from traceability.hashing.commitment import RecordKind
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.event_hash import EventHash, event_hash
from traceability.hashing.salts import SECRET_BYTES
from traceability.ledger.capture import Capture
from traceability.ledger.checks import live_key
from traceability.ledger.faults import EventIdConflict, RolledBack
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.keyring import Keyring
from traceability.ledger.participants import held_key
from traceability.ledger.prepared import PreparedRecord, prepare_batch, prepare_record
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import StoredEvent
from traceability.store.store import Store
from traceability.strict_json import JSONValue
from traceability.verify.identity import record_urn


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What became of one submitted record."""

    pointer: str
    result: str  # accepted | duplicate | rejected
    event_id: str | None = None
    record: str | None = None
    faults: tuple[Fault, ...] = ()
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What became of one document; `batch` is None where nothing was appended."""

    records: tuple[RecordResult, ...]
    batch: CapturedBatch | None

    def count(self, result: str) -> int:
        """Return how many records ended so."""
        return sum(record.result == result for record in self.records)

    @property
    def status(self) -> str:
        """ACCEPTED, PARTIALLY_ACCEPTED or REJECTED; duplicates are no fault."""
        if not self.count("rejected"):
            return "ACCEPTED"
        return "PARTIALLY_ACCEPTED" if self.count("accepted") else "REJECTED"


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """One event of a document, committed to or found faulty."""

    pointer: str
    faults: tuple[Fault, ...]
    event: SubmittedEvent | None = None
    record: PreparedRecord | None = None
    hash_uri: str = ""

    @property
    def mac(self) -> bytes:
        """The keyed content hash."""
        return (self.record.content_mac if self.record else None) or b""


class Submission:
    """Takes EPCIS documents for participants whose keys this node holds."""

    def __init__(
        self, store: Store, capture: Capture, *, keyring: Keyring, duplicate_key: bytes
    ) -> None:
        self._store = store
        self._capture = capture
        self._keyring = keyring
        self._duplicate_key = duplicate_key

    def check(self, value: JSONValue) -> SubmissionResult:
        """Judge a document as `submit` would, and keep nothing."""
        drafts = self._drafts(value)
        with self._store.reading() as repositories:
            judged = _judge(repositories, drafts)
        return SubmissionResult(tuple(judged[draft] for draft in drafts), None)

    def submit(
        self,
        value: JSONValue,
        *,
        participant: bytes | None = None,
        key: SigningKey | None = None,
        proceed: bool = False,
    ) -> SubmissionResult:
        """Take a parsed EPCIS document; nothing of it is kept unless its batch is.

        It is signed with `key`, in the name of the participant that registered it, or with
        the key that this node holds for `participant`.

        Raises
        ------
        KeyUnknown, RoleNotAllowed, PrefixNotAllowed
            The participant's key may not say this.
        """
        drafts = self._drafts(value)
        with self._store.unit_of_work() as work:
            if key is None:
                key = held_key(work.repositories, self._keyring, participant or b"")
            work.repositories.keys.lock([key.key_id])
            author = live_key(work.repositories, key.key_id).participant
            judged = _judge(work.repositories, drafts)
            accepted = [draft for draft in drafts if judged[draft].result == "accepted"]
            refused = any(result.result == "rejected" for result in judged.values())
            if not accepted or (refused and not proceed):
                return SubmissionResult(_rolled_back(drafts, judged, proceed=proceed), None)
            batch = prepare_batch([draft.record for draft in accepted if draft.record])
            captured = self._capture.held(work.repositories, key, participant=author, batch=batch)
            work.commit()
        return SubmissionResult(_named(drafts, judged, accepted, captured), captured)

    def _drafts(self, value: JSONValue) -> list[Draft]:
        document = parse_document(value)
        faults: dict[str, list[Fault]] = {}
        pointers = {event.pointer for event in document.events}
        for fault in document.faults:
            faults.setdefault(_owner(fault.pointer, pointers), []).append(fault)
        drafts = [self._draft(event) for event in document.events if event.pointer not in faults]
        drafts += [Draft(pointer, tuple(found)) for pointer, found in faults.items()]
        return sorted(drafts, key=lambda draft: _order(draft.pointer))

    def content_mac(self, event: SubmittedEvent) -> bytes:
        """Return the keyed content hash by which a repeated event is known."""
        return self._mac(event_hash(event.payload))

    def _mac(self, digest: EventHash) -> bytes:
        return hmac.new(self._duplicate_key, digest.prehash.encode(), hashlib.sha256).digest()

    def _draft(self, event: SubmittedEvent) -> Draft:
        try:
            digest = event_hash(event.payload)
        except ItemProofError as error:
            return Draft(event.pointer, (_fault(error, event.pointer),))
        record = prepare_record(
            RecordKind.EVENT,
            event.payload,
            secret=secrets.token_bytes(SECRET_BYTES),
            event=event,
            content_mac=self._mac(digest),
        )
        return Draft(event.pointer, (), event, record, digest.uri)


class _Known:
    """What is recorded of earlier events, by eventID and by content."""

    def __init__(self, rows: Sequence[StoredEvent]) -> None:
        self._by_id: dict[str, list[tuple[bytes, bool]]] = {}
        self._by_content: set[tuple[str | None, bytes, bool]] = set()
        for row in rows:
            self.add(row.event_id, row.content_mac, row.declares_error)

    def add(self, event_id: str | None, mac: bytes, declares_error: bool) -> None:
        """Remember one event."""
        self._by_content.add((event_id, mac, declares_error))
        if event_id is not None:
            self._by_id.setdefault(event_id, []).append((mac, declares_error))

    def has(self, draft: Draft) -> bool:
        """Tell whether the same event is there: same id, content and error declaration."""
        event = draft.event
        return event is not None and (
            (event.event_id, draft.mac, event.declares_error) in self._by_content
        )

    def contradicts(self, draft: Draft) -> bool:
        """Tell whether another event has the same id; an error declaration may reuse it."""
        event = draft.event
        if event is None or event.event_id is None or event.declares_error:
            return False
        return any(not declared for _, declared in self._by_id.get(event.event_id, ()))


def _judge(repositories: Repositories, drafts: Sequence[Draft]) -> dict[Draft, RecordResult]:
    sound = [draft for draft in drafts if draft.event is not None]
    ids = {draft.event.event_id for draft in sound if draft.event and draft.event.event_id}
    rows = repositories.events.by_event_id(ids)
    rows += repositories.events.by_content({draft.mac for draft in sound})
    known = _Known(rows)
    results: dict[Draft, RecordResult] = {}
    for draft in drafts:
        results[draft] = _verdict(draft, known)
        if results[draft].result == "accepted" and draft.event is not None:
            known.add(draft.event.event_id, draft.mac, draft.event.declares_error)
    return results


def _verdict(draft: Draft, known: _Known) -> RecordResult:
    event_id = draft.event.event_id if draft.event else None
    if draft.faults:
        return RecordResult(draft.pointer, "rejected", event_id, faults=draft.faults)
    if known.has(draft):
        return RecordResult(draft.pointer, "duplicate", event_id)
    if known.contradicts(draft):
        error = EventIdConflict(
            f"eventID {event_id!r} belongs to another event", pointer=f"{draft.pointer}/eventID"
        )
        return RecordResult(
            draft.pointer, "rejected", event_id, faults=(_fault(error, draft.pointer),)
        )
    wrong = event_id is not None and event_id.startswith("ni:") and event_id != draft.hash_uri
    warning = "EVENT_ID_HASH_MISMATCH" if wrong else None
    return RecordResult(draft.pointer, "accepted", event_id, warning=warning)


def _rolled_back(
    drafts: Sequence[Draft], judged: dict[Draft, RecordResult], *, proceed: bool
) -> tuple[RecordResult, ...]:
    """Return the results of a document of which nothing is kept."""
    if proceed or all(result.result != "rejected" for result in judged.values()):
        return tuple(judged[draft] for draft in drafts)
    return tuple(
        replace(judged[draft], result="rejected", faults=(_rollback_fault(draft.pointer),))
        if judged[draft].result == "accepted"
        else judged[draft]
        for draft in drafts
    )


def _rollback_fault(pointer: str) -> Fault:
    error = RolledBack("event is sound, but another event of the document is not")
    return _fault(error, pointer)


def _named(
    drafts: Sequence[Draft],
    judged: dict[Draft, RecordResult],
    accepted: Sequence[Draft],
    captured: CapturedBatch,
) -> tuple[RecordResult, ...]:
    """Give accepted events without an id the name of their record."""
    places = {draft: index for index, draft in enumerate(accepted)}
    return tuple(
        replace(
            judged[draft],
            record=record_urn(captured.entry_hash, places[draft]),
            event_id=judged[draft].event_id or record_urn(captured.entry_hash, places[draft]),
        )
        if draft in places
        else judged[draft]
        for draft in drafts
    )


def _fault(error: ItemProofError, pointer: str) -> Fault:
    return Fault(error.pointer or pointer, error.code, error.fault, error.expected, error.got)


def _owner(pointer: str, events: set[str]) -> str:
    """Return the pointer of the event that a fault lies in; document faults own themselves."""
    parts = pointer.split("/")
    for end in range(len(parts), 0, -1):
        candidate = "/".join(parts[:end])
        if candidate in events:
            return candidate
    return pointer


def _order(pointer: str) -> tuple[tuple[int, int, str], ...]:
    """Sort pointers as the document has them: array indexes as numbers."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in pointer.split("/")
    )

"""EPCIS events into the ledger, signed by a key that this node holds for their participant.

Each event is judged by itself: accepted, duplicate or rejected. By default one rejected event
rejects the document (EPCIS `rollback`); `proceed` takes the good ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from traceability.events.faults import Fault
from traceability.events.model import SubmittedEvent
from traceability.hashing.event_hash import event_hash
from traceability.hashing.signatures import SecretKey
from traceability.hashing.unsalted import contradicts, unsalted
from traceability.ledger.capture import Capture
from traceability.ledger.checks import live_key, one_code_breaches
from traceability.ledger.drafting import (
    DocumentBody,
    Draft,
    Drafted,
    Drafter,
    content_mac,
    draft_body,
    draft_document,
    fault_of,
)
from traceability.ledger.faults import EventIdConflict, RolledBack
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.keyring import Keyring
from traceability.ledger.known_events import KnownEvents, RememberedEvents, is_reserved
from traceability.ledger.master_data import MasterData, is_repeated, told_of
from traceability.ledger.participants import held_key
from traceability.ledger.prepared import PreparedRecord, prepare_batch
from traceability.store.repositories import Repositories
from traceability.store.repositories.one_code import RuleMode
from traceability.store.store import Store
from traceability.strict_json import JSONValue
from traceability.verify.identity import record_urn


class RecordResult(NamedTuple):
    """What became of one submitted record."""

    pointer: str
    result: str  # accepted | duplicate | rejected
    event_id: str | None = None
    record: str | None = None
    faults: tuple[Fault, ...] = ()
    warning: str | None = None
    # The CBV hash as an `ni:` URI, which only those may see who may see the event; and the
    # hash by which the record is a leaf of its batch.
    event_hash: str | None = None
    leaf_hash: bytes | None = None
    # Breaches of the one-code rules, where the participant's are told and not refused.
    breaches: tuple[Fault, ...] = ()
    # Batch and record index of the event that a duplicate repeats, which may be another's.
    original: tuple[int, int] | None = None
    # Where the event begins in a document that came as XML.
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SubmissionResult:
    """What became of one document; `batch` is None where nothing was appended."""

    records: tuple[RecordResult, ...]
    batch: CapturedBatch | None
    master_data: MasterData | None = None

    def count(self, result: str) -> int:
        """Return how many records ended so."""
        return sum(record.result == result for record in self.records)

    @property
    def status(self) -> str:
        """ACCEPTED, PARTIALLY_ACCEPTED or REJECTED; duplicates are no fault."""
        if not self.count("rejected"):
            return "ACCEPTED"
        # Of a document whose events are all refused, master data may be kept.
        is_kept = self.count("accepted") or self.batch is not None
        return "PARTIALLY_ACCEPTED" if is_kept else "REJECTED"


# What is compared only within one document, and not kept, needs no secret key.
NO_SECRET = bytes(32)

# Writes more in the transaction that keeps a document, just before its commit.
Also = Callable[[Repositories, SubmissionResult], None]


def nothing_more(_repositories: Repositories, _result: SubmissionResult) -> None:
    """Write nothing more."""


def nothing() -> None:
    """Wait for nothing."""


class Author(NamedTuple):
    """A key that this process can sign with, and the participant that registered it."""

    key: SecretKey
    participant: bytes


class Submission:
    """Takes EPCIS documents for participants whose keys this node holds."""

    def __init__(
        self, store: Store, capture: Capture, *, keyring: Keyring, duplicate_key: bytes
    ) -> None:
        self.store = store
        self._capture = capture
        self._keyring = keyring
        self.duplicate_key = duplicate_key
        self.drafter: Drafter = draft_body

    def check_body(
        self, body: DocumentBody, *, participant: bytes | None = None
    ) -> SubmissionResult:
        """Judge a document as it arrived, as `submit_body` would, and keep nothing.

        Without a participant it is held against the events of all; only an operator may ask so.
        """
        drafted = self.drafter(body, self.duplicate_key)
        with self.store.reading() as repositories:
            judged = judge(repositories, drafted.drafts, participant)
        return _checked(judged, drafted)

    def submit_body(
        self,
        body: DocumentBody,
        *,
        participant: bytes | None = None,
        key: SecretKey | None = None,
        proceed: bool = False,
        also: Also = nothing_more,
        when_drafted: Callable[[], object] = nothing,
    ) -> SubmissionResult:
        """Take a document as it arrived; otherwise as `submit`.

        Parameters
        ----------
        also
            Is called inside the transaction, even where nothing is accepted.
        when_drafted
            Is called between drawing the document up and keeping it; may wait.
        """
        drafted = self.drafter(body, self.duplicate_key)
        when_drafted()
        return self._keep(drafted, participant=participant, key=key, proceed=proceed, also=also)

    def submit(
        self,
        value: JSONValue,
        *,
        participant: bytes | None = None,
        key: SecretKey | None = None,
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
        drafted = draft_document(value, self.duplicate_key)
        return self._keep(drafted, participant=participant, key=key, proceed=proceed)

    def _keep(
        self,
        drafted: Drafted,
        *,
        participant: bytes | None,
        key: SecretKey | None = None,
        proceed: bool,
        also: Also = nothing_more,
    ) -> SubmissionResult:
        with self.store.unit_of_work() as work:
            author = self.author(work.repositories, participant, key)
            judged = self.judged(work.repositories, drafted.drafts, author)
            accepted = accepted_of(drafted.drafts, judged)
            vocabularies = new_master_data(work.repositories, drafted.master_data, judged)
            is_faulty = any(one.result == "rejected" for one in judged)
            if not (accepted or vocabularies) or (is_faulty and not proceed):
                outcome = "rejected" if is_faulty and not proceed else "duplicate"
                master_data = _told(drafted, outcome)
                result = SubmissionResult(_rolled_back(judged, proceed=proceed), None, master_data)
            else:
                source = [] if drafted.source is None else [drafted.source]
                records = [*accepted, *vocabularies, *source]
                captured = self.append(work.repositories, records, author)
                urn = record_urn(captured.entry_hash, len(accepted)) if vocabularies else None
                master_data = _told(drafted, "accepted" if urn else "duplicate", urn)
                result = SubmissionResult(named(judged, captured), captured, master_data)
            also(work.repositories, result)
            work.commit()
        return result

    def author(
        self, repositories: Repositories, participant: bytes | None, key: SecretKey | None
    ) -> Author:
        """Return who signs, with the key's chain locked until the transaction ends."""
        if key is None:
            key = held_key(repositories, self._keyring, participant or b"")
        repositories.keys.lock([key.key_id])
        return Author(key, live_key(repositories, key.key_id).participant)

    def judged(
        self, repositories: Repositories, drafts: Sequence[Draft], author: Author
    ) -> list[RecordResult]:
        """Return what is to become of each draft by all that is recorded."""
        judged = judge(repositories, drafts, author.participant)
        return _held_to_rules(repositories, drafts, judged, author.participant)

    def append(
        self, repositories: Repositories, records: Sequence[PreparedRecord], author: Author
    ) -> CapturedBatch:
        """Append records as one batch, within the caller's transaction."""
        batch = prepare_batch(records)
        return self._capture.held(
            repositories, author.key, participant=author.participant, batch=batch
        )

    def content_mac(self, event: SubmittedEvent) -> bytes:
        """Return the keyed content hash by which a repeated event is known."""
        return self.hash_mac(event_hash(event.payload).uri)

    def hash_mac(self, hash_uri: str) -> bytes:
        """Return the keyed form of an event hash."""
        return content_mac(hash_uri, self.duplicate_key)


def check_alone(body: DocumentBody) -> SubmissionResult:
    """Judge a document by itself, where there is no ledger that its events could contradict."""
    drafted = draft_body(body, NO_SECRET)
    return _checked(judge(None, drafted.drafts, None), drafted)


def _checked(judged: Sequence[RecordResult], drafted: Drafted) -> SubmissionResult:
    is_faulty = any(one.result == "rejected" for one in judged)
    master_data = _told(drafted, "rejected" if is_faulty else "accepted")
    return SubmissionResult(tuple(judged), None, master_data)


def _told(drafted: Drafted, result: str, urn: str | None = None) -> MasterData | None:
    if drafted.master_data is None:
        return None
    return told_of(drafted.master_data.payload, result=result, record=urn)


def new_master_data(
    repositories: Repositories,
    master_data: PreparedRecord | None,
    judged: Sequence[RecordResult],
) -> list[PreparedRecord]:
    """Return the record of master data, or nothing where all of its document is repeated."""
    if master_data is None:
        return []
    if judged and all(one.result == "duplicate" for one in judged):
        originals = [one.original[0] for one in judged if one.original is not None]
        return [] if is_repeated(repositories, master_data, originals) else [master_data]
    return [master_data]


def judge(
    repositories: Repositories | None,
    drafts: Sequence[Draft],
    participant: bytes | None,
    *,
    remembered: RememberedEvents | None = None,
) -> list[RecordResult]:
    """Return what is to become of each draft, in their order.

    Parameters
    ----------
    remembered
        Events of the same document that stand before them.
    """
    sound = [draft.record.event for draft in drafts if draft.record and draft.record.event]
    known = KnownEvents(repositories, sound, participant=participant, remembered=remembered)
    results = []
    for draft in drafts:
        result = _verdict(draft, known)
        results.append(result)
        if result.result == "accepted" and draft.record and draft.record.event:
            known.add(draft.record.event)
    return results


def accepted_of(drafts: Sequence[Draft], judged: Sequence[RecordResult]) -> list[PreparedRecord]:
    """Return the records of those drafts that were accepted."""
    return [
        draft.record
        for draft, found in zip(drafts, judged, strict=True)
        if found.result == "accepted" and draft.record is not None
    ]


def _held_to_rules(
    repositories: Repositories,
    drafts: Sequence[Draft],
    judged: Sequence[RecordResult],
    participant: bytes,
) -> list[RecordResult]:
    """Tell or refuse breaches of the one-code rules, as the participant has it."""
    mode, breaches = one_code_breaches(
        repositories, accepted_of(drafts, judged), participant=participant
    )
    held: list[RecordResult] = []
    for result in judged:
        told = breaches.get(result.pointer, ()) if result.result == "accepted" else ()
        faults = tuple(replace(breach.to_fault(), line=result.line) for breach in told)
        if faults and mode is RuleMode.ENFORCE:
            held.append(result._replace(result="rejected", faults=faults))
        else:
            held.append(result._replace(breaches=faults) if faults else result)
    return held


def _verdict(draft: Draft, known: KnownEvents) -> RecordResult:
    if draft.faults or draft.record is None or draft.record.event is None:
        return RecordResult(draft.pointer, "rejected", faults=draft.faults, line=draft.line)
    event = draft.record.event
    event_id = event.event_id
    if known.has(event):
        return RecordResult(
            draft.pointer,
            "duplicate",
            event_id,
            event_hash=draft.hash_uri,
            original=known.place(event),
            line=draft.line,
        )
    if known.contradicts(event) or is_reserved(event):
        shown = "that is a hash" if unsalted(event_id) else repr(event_id)
        error = EventIdConflict(
            f"eventID {shown} belongs to another event", pointer=f"{draft.pointer}/eventID"
        )
        faults = (fault_of(error, draft.pointer, line=draft.line),)
        return RecordResult(draft.pointer, "rejected", event_id, faults=faults, line=draft.line)
    wrong = event_id is not None and contradicts(event_id, draft.hash_uri)
    return RecordResult(
        draft.pointer,
        "accepted",
        event_id,
        warning="EVENT_ID_HASH_MISMATCH" if wrong else None,
        event_hash=draft.hash_uri,
        leaf_hash=draft.record.leaf_hash,
        line=draft.line,
    )


def _rolled_back(judged: Sequence[RecordResult], *, proceed: bool) -> tuple[RecordResult, ...]:
    """Return the results of a document of which nothing is kept."""
    if proceed or all(result.result != "rejected" for result in judged):
        return tuple(judged)
    return tuple(
        result._replace(
            result="rejected", faults=(rollback_fault(result.pointer, line=result.line),)
        )
        if result.result == "accepted"
        else result
        for result in judged
    )


def rollback_fault(pointer: str, *, line: int | None = None) -> Fault:
    """Return why a sound event of a faulty document is not kept."""
    error = RolledBack("event is sound, but another event of the document is not")
    return fault_of(error, pointer, line=line)


def named(judged: Sequence[RecordResult], captured: CapturedBatch) -> tuple[RecordResult, ...]:
    """Give accepted events the names of their records, which are also ids for those without."""
    results, index = [], 0
    for result in judged:
        if result.result == "accepted":
            urn = record_urn(captured.entry_hash, index)
            index += 1
            results.append(result._replace(record=urn, event_id=result.event_id or urn))
        else:
            results.append(result)
    return tuple(results)

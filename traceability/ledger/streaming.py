"""Documents of any length into the ledger, in memory that does not grow with them.

A document is read in pieces. First all are drawn up, with no lock held, and put aside in an
unnamed file. Then one transaction keeps them, each as a batch of its own; so a crash leaves all
or nothing. Each piece is judged by what is recorded, the pieces before it included.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from traceability.events.faults import MAX_FAULTS
from traceability.events.json_scanner import Seekable
from traceability.hashing.commitment import RecordKind
from traceability.hashing.salts import SECRET_BYTES
from traceability.hashing.signatures import SecretKey
from traceability.ledger.document_places import Places
from traceability.ledger.drafting import XML_TYPE, DocumentForm, Draft
from traceability.ledger.faults import RolledBack
from traceability.ledger.keeping import CapturedBatch
from traceability.ledger.master_data import MasterData, told_of
from traceability.ledger.pieces import DraftedPiece, EnvelopeFaulty, Reading, drafted_pieces
from traceability.ledger.prepared import PreparedRecord, prepare_record
from traceability.ledger.spill import Spill
from traceability.ledger.submission import (
    Author,
    RecordResult,
    Submission,
    SubmissionResult,
    accepted_of,
    named,
    new_master_data,
    nothing,
    rollback_fault,
)
from traceability.store.repositories import Repositories
from traceability.strict_json import JSONValue
from traceability.verify.identity import record_urn

# A longer document is better taken bit by bit: drawn up whole, it needs thirty times its length.
WHOLE_BYTES = 8 * 2**20
# Called with the number of events that are drawn up; may raise to end it.
Progress = Callable[[int], object]


def no_progress(_events: int) -> None:
    """Tell nobody."""


class Judged(NamedTuple):
    """What became of one piece."""

    records: list[RecordResult]
    batch: CapturedBatch | None


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What became of a long document.

    Parameters
    ----------
    batches
        How many batches were appended; one for each piece of which something was new, and, of
        XML, for those between of which only the slice was kept.
    first_batch
        The number of the first of them.
    breaches
        How many breaches of the one-code rules are told of what was accepted.
    """

    accepted: int
    duplicate: int
    rejected: int
    batches: int
    first_batch: CapturedBatch | None
    breaches: int
    master_data: MasterData | None
    _judged: Spill[Judged]
    # Where all was rolled back: the first batch that was not kept, and what was in those.
    _unkept_from: int | None
    _places: Places

    @property
    def status(self) -> str:
        """ACCEPTED, PARTIALLY_ACCEPTED or REJECTED, as of a short document."""
        if not self.rejected:
            return "ACCEPTED"
        # Of a document whose events are all refused, master data may be kept.
        return "PARTIALLY_ACCEPTED" if self.accepted or self.batches else "REJECTED"

    def pieces(self) -> Iterator[SubmissionResult]:
        """Yield what became of each piece, with pointers of the whole document."""
        for one in self._judged:
            if self._unkept_from is not None:
                unkept = [_unkept(record, self._unkept_from) for record in one.records]
                yield SubmissionResult(tuple([self._places.told(each) for each in unkept]), None)
            elif one.batch is None:
                yield SubmissionResult(tuple(one.records), None)
            else:
                yield SubmissionResult(named(one.records, one.batch), one.batch)

    def worth_telling(self) -> Iterator[RecordResult]:
        """Yield what was not accepted, or with a breach that is told: what has faults first.

        Those that were rolled back for them would hide the reason, since there may be millions.
        """
        for is_told in (True, False):
            for piece in self.pieces():
                for record in piece.records:
                    has_fault = bool(record.breaches) or any(
                        fault.code != RolledBack.code for fault in record.faults
                    )
                    if has_fault == is_told and (has_fault or record.result != "accepted"):
                        yield record


# Writes more in the transaction that keeps a document, just before its commit.
Also = Callable[[Repositories, StreamResult], None]


def nothing_more(_repositories: Repositories, _result: StreamResult) -> None:
    """Write nothing more."""


@contextmanager
def submit_stream(
    submission: Submission,
    source: Seekable,
    form: DocumentForm,
    *,
    participant: bytes | None = None,
    key: SecretKey | None = None,
    proceed: bool = False,
    also: Also = nothing_more,
    when_drafted: Callable[[], object] = nothing,
    progress: Progress = no_progress,
) -> Iterator[StreamResult]:
    """Take a document bit by bit; otherwise as `Submission.submit_body`.

    A crash before the one commit leaves nothing of it, and one after it the whole.

    Parameters
    ----------
    source
        XML is read once, JSON twice.
    also
        Is called inside the transaction; where everything is rolled back, in one of its own.

    Yields
    ------
    StreamResult
        Its pieces can be asked for inside the `with` block.

    Raises
    ------
    InvalidInput
        The document cannot be read; nothing of it is kept.
    Unavailable
        The store, or the disk for what is put aside, cannot be used now.
    """
    with ExitStack() as stack:
        folder = submission.store.data_dir
        drafted: Spill[DraftedPiece] = stack.enter_context(Spill(folder))
        judged: Spill[Judged] = stack.enter_context(Spill(folder))
        reading = Reading(source)
        pieces = drafted_pieces(
            source,
            form,
            drafter=submission.drafter,
            duplicate_key=submission.duplicate_key,
            reading=reading,
        )
        with closing(pieces):
            faulty = _put_aside(pieces, drafted, judged, progress)
        when_drafted()
        keeping = _Keeping(submission, reading, judged, participant=participant, key=key)
        if faulty == 0 or (proceed and faulty is not None):
            yield keeping.keep(drafted, proceed=proceed, also=also)
        else:
            yield keeping.refuse(also, unjudged=drafted if faulty else ())


def _put_aside(
    pieces: Iterator[DraftedPiece],
    drafted: Spill[DraftedPiece],
    judged: Spill[Judged],
    progress: Progress,
) -> int | None:
    """Put the pieces of a document aside; return how many of its events are faulty.

    None where what surrounds them is: then that is judged, and nothing else.
    """
    faulty = faults = events = 0
    try:
        for piece in pieces:
            events += len(piece.drafts)
            progress(events)
            faulty += sum(bool(draft.faults) for draft in piece.drafts)
            faults += sum(len(draft.faults) for draft in piece.drafts)
            drafted.add(bounded(piece) if faults > MAX_FAULTS else piece)
    except EnvelopeFaulty as error:
        judged.add(Judged([refused(draft) for draft in error.drafts], None))
        return None
    return faulty


def bounded(piece: DraftedPiece) -> DraftedPiece:
    """Return a piece with one fault an event; so many as there are nobody reads."""
    drafts = [draft._replace(faults=draft.faults[:1]) for draft in piece.drafts]
    return piece._replace(drafts=drafts)


class _Keeping:
    """Keeps the pieces of one document."""

    def __init__(
        self,
        submission: Submission,
        reading: Reading,
        judged: Spill[Judged],
        *,
        participant: bytes | None,
        key: SecretKey | None,
    ) -> None:
        self._submission = submission
        self._reading = reading
        self._judged = judged
        self._participant = participant
        self._key = key
        self._counts: Counter[str] = Counter()
        self._offset = 0
        self._captured: list[CapturedBatch] = []
        self._places = Places()
        self._master_data: MasterData | None = None
        # Slices before the first piece that is kept: first and last piece, and its offset.
        self._left_out: list[tuple[int, int]] = []

    def keep(self, drafted: Spill[DraftedPiece], *, proceed: bool, also: Also) -> StreamResult:
        """Keep what is good of all pieces in one transaction; or nothing."""
        with self._submission.store.unit_of_work() as work:
            author = self._submission.author(work.repositories, self._participant, self._key)
            for number in range(len(drafted)):
                self._keep_piece(work.repositories, drafted, number, author=author)
            is_good = proceed or not self._counts["rejected"]
            if is_good:
                result = self._result()
                also(work.repositories, result)
                work.commit()
                return result
        return self.refuse(also)

    def refuse(self, also: Also, *, unjudged: Iterable[DraftedPiece] = ()) -> StreamResult:
        """Keep nothing of the document; only what `also` writes about that."""
        for piece in unjudged:
            self._tell_master_data(piece)
            self._judged.add(Judged([refused(draft) for draft in piece.drafts], None))
        unkept_from = self._captured[0].batch if self._captured else 0
        self._counts = Counter()
        for one in self._judged:
            self._counts.update(_unkept(record, unkept_from).result for record in one.records)
        self._captured = []
        if self._master_data is not None:
            self._master_data = self._master_data._replace(result="rejected", record=None)
        result = self._result(unkept_from)
        with self._submission.store.unit_of_work() as work:
            self._submission.author(work.repositories, self._participant, self._key)
            also(work.repositories, result)
            work.commit()
        return result

    def _keep_piece(
        self,
        repositories: Repositories,
        drafted: Spill[DraftedPiece],
        number: int,
        *,
        author: Author,
    ) -> None:
        piece = drafted[number]
        judged = self._submission.judged(repositories, piece.drafts, author)
        accepted = accepted_of(piece.drafts, judged)
        self._counts.update(record.result for record in judged)
        self._counts["breaches"] += sum(len(record.breaches) for record in judged)
        place = (number, self._offset)
        self._offset += piece.length
        vocabularies = new_master_data(repositories, piece.master_data, judged)
        self._tell_master_data(piece)
        if not accepted and not vocabularies and not self._captured:
            # Nothing is new so far, and perhaps nothing will be.
            self._left_out.append(place)
            self._judged.add(Judged(judged, None))
            return
        for left_out, offset in self._left_out:
            source = self._slice(drafted[left_out], left_out, offset, len(drafted))
            if source:
                self._append(repositories, source, author)
        self._left_out = []
        records = [*accepted, *vocabularies, *self._slice(piece, *place, len(drafted))]
        captured = self._append(repositories, records, author) if records else None
        if captured is not None:
            self._places.add(captured.entry_hash, judged)
            if vocabularies:
                self._tell_master_data(piece, record_urn(captured.entry_hash, len(accepted)))
        self._judged.add(Judged(judged, captured if accepted or vocabularies else None))

    def _tell_master_data(self, piece: DraftedPiece, record: str | None = None) -> None:
        """Remember what became of a piece's master data: kept as a record, or repeated."""
        if piece.master_data is not None:
            result = "accepted" if record else "duplicate"
            payload = piece.master_data.payload
            self._master_data = told_of(payload, result=result, record=record)

    def _append(
        self, repositories: Repositories, records: list[PreparedRecord], author: Author
    ) -> CapturedBatch:
        captured = self._submission.append(repositories, records, author)
        self._captured.append(captured)
        return captured

    def _slice(
        self, piece: DraftedPiece, number: int, offset: int, pieces: int
    ) -> list[PreparedRecord]:
        """Return the record of a piece's slice of the document, where it has one."""
        if piece.source is None:
            return []
        value = piece.source
        if pieces > 1:
            document: dict[str, JSONValue] = {
                "bytes": self._reading.length,
                "sha256": self._reading.sha256.hex(),
                "slices": pieces,
            }
            value = value | {"document": document, "offset": offset, "slice": number}
        secret = secrets.token_bytes(SECRET_BYTES)
        return [prepare_record(RecordKind.DOCUMENT, value, secret=secret, media_type=XML_TYPE)]

    def _result(self, unkept_from: int | None = None) -> StreamResult:
        return StreamResult(
            accepted=self._counts["accepted"],
            duplicate=self._counts["duplicate"],
            rejected=self._counts["rejected"],
            batches=len(self._captured),
            first_batch=self._captured[0] if self._captured else None,
            breaches=self._counts["breaches"],
            master_data=self._master_data,
            _judged=self._judged,
            _unkept_from=unkept_from,
            _places=self._places,
        )


def refused(draft: Draft) -> RecordResult:
    """Return what becomes of an event of a document of which nothing is judged any further."""
    event_id = draft.record.event.event_id if draft.record and draft.record.event else None
    faults = draft.faults or (rollback_fault(draft.pointer, line=draft.line),)
    return RecordResult(draft.pointer, "rejected", event_id, faults=faults, line=draft.line)


def _unkept(record: RecordResult, unkept_from: int) -> RecordResult:
    """Return what becomes of a record once its document is rolled back."""
    if record.result == "accepted":
        faults = (rollback_fault(record.pointer, line=record.line),)
        return record._replace(result="rejected", faults=faults, breaches=())
    if record.original is not None and record.original[0] >= unkept_from:
        # It repeats an event of this document.
        return record._replace(original=None)
    return record

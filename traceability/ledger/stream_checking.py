"""A document of any length judged and not kept, in memory that does not grow with it.

Each event is judged as by `Submission.check_body`: by what is recorded, where there is a ledger,
and by what stands before it in the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from traceability.events.faults import MAX_FAULTS
from traceability.events.json_scanner import Seekable
from traceability.ledger.document_places import Places
from traceability.ledger.drafting import DocumentForm, Drafter
from traceability.ledger.known_events import RememberedEvents
from traceability.ledger.master_data import MasterData, told_of
from traceability.ledger.pieces import DraftedPiece, EnvelopeFaulty, Reading, drafted_pieces
from traceability.ledger.spill import Spill
from traceability.ledger.streaming import (
    Judged,
    Progress,
    StreamResult,
    bounded,
    no_progress,
    refused,
)
from traceability.ledger.submission import NO_SECRET, RecordResult, Submission, judge
from traceability.store.seen import Seen


@contextmanager
def check_stream(
    source: Seekable,
    form: DocumentForm,
    *,
    drafter: Drafter,
    submission: Submission | None = None,
    folder: Path | None = None,
    progress: Progress = no_progress,
) -> Iterator[StreamResult]:
    """Judge a document bit by bit and keep nothing; without a ledger, by itself.

    Parameters
    ----------
    submission
        Of the ledger whose records count.
    folder
        Where an unnamed file lies meanwhile; by default the system's own.

    Yields
    ------
    StreamResult
        Its pieces can be asked for inside the `with` block.

    Raises
    ------
    InvalidInput
        The document cannot be read.
    """
    with ExitStack() as stack:
        checking = _Checking(submission, stack.enter_context(Seen()))
        pieces = drafted_pieces(
            source,
            form,
            drafter=drafter,
            duplicate_key=NO_SECRET if submission is None else submission.duplicate_key,
            reading=Reading(source),
        )
        judged: Spill[Judged] = stack.enter_context(Spill(folder))
        try:
            with closing(pieces):
                for piece in pieces:
                    judged.add(Judged(checking.judged(piece), None))
                    progress(sum(checking.counts.values()))
        except EnvelopeFaulty as error:
            # Then no event is good: only what surrounds them is told.
            found = [refused(draft) for draft in error.drafts]
            judged = stack.enter_context(Spill(folder))
            judged.add(Judged(found, None))
            checking.counts, checking.master_data = Counter(rejected=len(found)), None
        yield checking.result(judged)


class _Checking:
    """Judges the pieces of one document."""

    def __init__(self, submission: Submission | None, seen: Seen) -> None:
        self.counts: Counter[str] = Counter()
        self.master_data: MasterData | None = None
        self._submission = submission
        self._remembered = RememberedEvents(seen)
        self._faults = 0

    def judged(self, piece: DraftedPiece) -> list[RecordResult]:
        """Return what would become of the events of the next piece."""
        self._faults += sum(len(draft.faults) for draft in piece.drafts)
        drafts = (bounded(piece) if self._faults > MAX_FAULTS else piece).drafts
        if self._submission is None:
            found = judge(None, drafts, None, remembered=self._remembered)
        else:
            with self._submission.store.reading() as repositories:
                found = judge(repositories, drafts, None, remembered=self._remembered)
        self.counts.update(record.result for record in found)
        if piece.master_data is not None:
            self.master_data = told_of(piece.master_data.payload, result="accepted")
        return found

    def result(self, judged: Spill[Judged]) -> StreamResult:
        """Return what would become of the document."""
        master_data = self.master_data
        if master_data is not None and self.counts["rejected"]:
            master_data = master_data._replace(result="rejected")
        return StreamResult(
            accepted=self.counts["accepted"],
            duplicate=self.counts["duplicate"],
            rejected=self.counts["rejected"],
            batches=0,
            first_batch=None,
            breaches=0,
            master_data=master_data,
            _judged=judged,
            _unkept_from=None,
            _places=Places(),
        )

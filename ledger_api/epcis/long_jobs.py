"""Capture jobs of long documents: the document in parts, what became of it piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ledger_api.epcis.outcomes import Outcome, records_of
from ledger_api.reports import master_data_json
from traceability.ledger.streaming import StreamResult
from traceability.store.repositories.capture_jobs import PieceResult
from traceability.store.store import Store

# Rejected events that the job itself tells, faulty ones first; all are told page by page.
MOST_TOLD = 1000


class PartsOfDocument:
    """The document of a job that is kept in parts; one of them is in memory at a time."""

    def __init__(self, store: Store, job: int) -> None:
        self._store = store
        self._job = job
        self._size = len(self._read(0))
        self._number, self._part = -1, b""
        self._place = 0

    def _read(self, number: int) -> bytes:
        with self._store.reading() as repositories:
            return repositories.capture_jobs.part(self._job, number) or b""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most those that are left of a part; none at the end."""
        if not self._size:
            return b""
        number, start = divmod(self._place, self._size)
        if number != self._number:
            self._number, self._part = number, self._read(number)
        data = self._part[start : start + size]
        self._place += len(data)
        return data

    def seek(self, offset: int, /) -> None:
        """Go on reading so many bytes from the beginning."""
        self._place = offset


def summary_of(result: StreamResult) -> Outcome:
    """Return what the job of a long document tells at once."""
    rejected = (record for record in result.worth_telling() if record.result == "rejected")
    first = records_of(islice(rejected, MOST_TOLD)) if result.rejected else []
    totals = {
        "accepted": result.accepted,
        "duplicate": result.duplicate,
        "rejected": result.rejected,
        "batches": result.batches,
        "breaches": result.breaches,
    }
    master_data = None if result.master_data is None else master_data_json(result.master_data)
    return Outcome(first, totals=totals, master_data=master_data)


def results_of(result: StreamResult) -> Iterator[PieceResult]:
    """Yield what became of each piece as it is stored."""
    first = 0
    for number, piece in enumerate(result.pieces()):
        batch = None if piece.batch is None else piece.batch.batch
        outcome = Outcome(records_of(piece.records)).to_bytes()
        yield PieceResult(number, first, len(piece.records), batch, outcome)
        first += len(piece.records)

"""`submit` and `validate` of files that are not read whole: bit by bit, with progress."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ledger_api import garbage
from ledger_api.statuses import FileUnusable

if TYPE_CHECKING:
    from ledger_api.cli.running import Command
    from traceability.hashing.signatures import SecretKey
    from traceability.ledger.drafting import Drafter
    from traceability.ledger.node import Node
    from traceability.ledger.streaming import Progress, StreamResult
    from traceability.ledger.submission import Submission

# Of a long document those events are listed that were not accepted, or with a breach told; so
# many of them, what has faults first.
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being read; `beginning` is the whole of a short one."""

    path: Path
    handle: IO[bytes]
    beginning: bytes
    is_long: bool


TakeLong = Callable[[OpenFile], dict[str, Any]]


@contextmanager
def opened(path: Path) -> Iterator[OpenFile]:
    """Open a file and read it as far as a short document goes.

    Raises
    ------
    FileUnusable
    """
    from traceability.ledger.streaming import WHOLE_BYTES

    try:
        handle = path.open("rb")
        beginning = handle.read(WHOLE_BYTES + 1)
    except OSError as error:
        raise FileUnusable(f"file cannot be read: {error.strerror}: {str(path)!r}") from error
    with handle:
        yield OpenFile(path, handle, beginning, len(beginning) > WHOLE_BYTES)


def long_submitter(
    command: Command, node: Node, *, key: SecretKey | None, proceed: bool
) -> TakeLong:
    """Return what submits a long file."""

    def submit_long(file: OpenFile) -> dict[str, Any]:
        from ledger_api.defaults import default_participant
        from traceability.ledger.drafting import form_of
        from traceability.ledger.streaming import submit_stream

        with (
            _drafting(command, file, "submitting") as (drafter, source, progress),
            _drawn_by(node.submission, drafter),
            submit_stream(
                node.submission,
                source,
                form_of(file.beginning),
                participant=None if key else default_participant(node),
                key=key,
                proceed=proceed,
                progress=progress,
            ) as result,
        ):
            return _report(result)

    return submit_long


def long_checker(command: Command, submission: Submission | None) -> TakeLong:
    """Return what judges a long file; without a ledger, by itself."""

    def check_long(file: OpenFile) -> dict[str, Any]:
        from traceability.ledger.drafting import form_of
        from traceability.ledger.stream_checking import check_stream

        with (
            _drafting(command, file, "checking") as (drafter, source, progress),
            check_stream(
                source,
                form_of(file.beginning),
                drafter=drafter,
                submission=submission,
                progress=progress,
            ) as result,
        ):
            return _report(result) | {"status": "REJECTED" if result.rejected else "ACCEPTED"}

    return check_long


@contextmanager
def _drafting(
    command: Command, file: OpenFile, doing: str
) -> Iterator[tuple[Drafter, IO[bytes], Progress]]:
    """Give what draws up a long file, its bytes, and a bar of its events."""
    from ledger_api.drafting_pool import DraftingPool

    pool = DraftingPool(command.settings.drafting_processes)
    # A document makes many objects and no cycles: looking for these takes a third of the time.
    garbage.settle()
    title = command.output.say(doing, path=file.path)
    try:
        with command.output.bar(title) as report, seekable(file) as source:
            yield pool.draft, source, lambda events: report(events, events)
    finally:
        pool.close()


@contextmanager
def _drawn_by(submission: Submission, drafter: Drafter) -> Iterator[None]:
    before, submission.drafter = submission.drafter, drafter
    try:
        yield
    finally:
        submission.drafter = before


@contextmanager
def seekable(file: OpenFile) -> Iterator[IO[bytes]]:
    """Give a file that can be read from any place; a pipe is copied first."""
    if file.handle.seekable():
        file.handle.seek(0)
        yield file.handle
        return
    with tempfile.TemporaryFile() as copy:
        copy.write(file.beginning)
        shutil.copyfileobj(file.handle, copy)
        copy.seek(0)
        yield copy


def _report(result: StreamResult) -> dict[str, Any]:
    """Return what became of a long document; not every event is listed."""
    from ledger_api.reports import master_data_json, record_json
    from traceability.hashing.encoding import b64u_encode

    noteworthy = result.worth_telling()
    listed = [record_json(record) for record in islice(noteworthy, MOST_LISTED)]
    found: dict[str, Any] = {
        "status": result.status,
        "accepted": result.accepted,
        "duplicate": result.duplicate,
        "rejected": result.rejected,
        "records": listed,
        "unlisted": sum(1 for _ in noteworthy),
        "batches": result.batches,
        "breaches": result.breaches,
    }
    if result.master_data is not None:
        found["master_data"] = master_data_json(result.master_data)
    if result.first_batch is not None:
        found["batch"] = result.first_batch.batch
        found["entry_hash"] = b64u_encode(result.first_batch.entry_hash)
    return found

"""An erasure is met by a fault at each of its durable writes.

Afterwards the content is there untouched and no entry says otherwise; or the entry is in the log,
the content is gone from every table, and the next run has overwritten its bytes in the files. All
else is proven as before, and the same request, sent again, ends with the content gone.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import text

from tests.attack.faults import Kind
from tests.attack.table import Attack, Outcome, Setting
from tests.attack.writes import DATABASES, END_SECONDS, chosen_writes
from tests.support.ledger import OpenedLogs, add_participant, document, event, opened_node
from tests.support.postgres import PostgresServer, running_postgres
from traceability.errors import ItemProofError
from traceability.hashing.statement import Erasure
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.ledger.trust import trust_of
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork
from traceability.verify.verifier import verify_bundle

NAME = "Zhang-San-of-Nowhere"
WHY = Erasure(bytes(range(16)), "consent_withdrawn")
# Of a fault that goes on: the write and the one after it fail.
TWICE = 2


@dataclass(frozen=True, slots=True)
class Spot:
    """A folder with its database, and what is to be erased there."""

    folder: Path
    url: str
    entry: bytes = b""
    secret: bytes = b""

    @property
    def erasing(self) -> Declaration:
        return Declaration(self.entry, ((0, 0),), "erased", "personal_data", erasure=WHY)


class Failing:
    """Counts durable writes of this process; the chosen one fails, and the next one, too."""

    def __init__(self, kind: Kind | None, at: int) -> None:
        self._kind, self._at = kind, at
        self.count = 0

    def install(self) -> None:
        """Stand between this process and its durable writes, until it ends."""
        commit, fsync = UnitOfWork.commit, os.fsync
        lost, broken = StoreUnavailable("fault"), OSError(errno.EIO, "fault")

        def committing(work: UnitOfWork) -> None:
            self._around(lambda: commit(work), lost)

        def forcing(descriptor: int) -> None:
            self._around(lambda: fsync(descriptor), broken)

        setattr(UnitOfWork, "commit", committing)  # noqa: B010 # for good
        setattr(os, "fsync", forcing)  # noqa: B010 # for good

    def _around(self, write: Callable[[], None], error: Exception) -> None:
        self.count += 1
        if self._kind is None or not self._at <= self.count < self._at + TWICE:
            write()
            return
        if self._kind is Kind.KILLED_BEFORE:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._kind is not Kind.NOT_PERSISTED:
            write()
        if self._kind is Kind.KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGKILL)
        raise error


def erase(spot: Spot, kind: Kind | None, at: int, told: Connection) -> None:
    """Erase in this process, which may end on the way; tell how often it wrote."""
    with opened_node(spot.url, spot.folder, OpenedLogs()) as node:
        failing = Failing(kind, at)
        failing.install()
        with suppress(ItemProofError, OSError):
            node.erasures.erase([spot.erasing])
        told.send(failing.count)
        told.close()
        os._exit(0)  # What closing a node would still write is no part of the erasure.


def run(spot: Spot, kind: Kind | None = None, at: int = 0) -> int | None:
    """Erase in a process of its own; return its number of writes, None if it was killed."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.attack.erasing"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=erase, args=(spot, kind, at, theirs))
    process.start()
    theirs.close()
    count: int | None = None
    with ours, suppress(EOFError):
        count = ours.recv()
    process.join(END_SECONDS)
    if process.exitcode not in (0, -9):
        raise AssertionError(f"the process failed: {process.exitcode}")
    return count


def submitted(folder: Path, url: str) -> Spot:
    """Open a ledger with two events, of which the first names a person."""
    with opened_node(url, folder, OpenedLogs()) as node:
        personal = {"@context": [{"x": "https://example.org/"}], "x:driver": NAME}
        events = document(event(1, **personal), event(2))
        found = node.submission.submit(events, participant=add_participant(node))
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            row = repositories.batches.record(1, 0)
    if found.batch is None or row is None or row.secret is None:
        raise AssertionError("nothing was kept")
    return Spot(folder, url, found.batch.entry_hash, row.secret)


def wrongs(spot: Spot) -> Iterator[str]:
    """Open the ledger again, and yield what is not as it should be, now and after a retry."""
    with opened_node(spot.url, spot.folder, OpenedLogs()) as node:
        node.sequencer.run(close=True)
        with node.store.reading() as repositories:
            row = repositories.batches.record(1, 0)
            is_said = bool(repositories.statuses.of_record(spot.entry, 0))
        is_there = row is not None and row.payload is not None
        if is_there is is_said:
            yield "content is there although erased" if is_there else "content is gone unsaid"
        yield from _judged(node, spot, is_erased=is_said)
        (again,) = node.erasures.erase([spot.erasing])
        if again.repeated is not is_said:
            yield "the request was answered as if it were another"
        node.sequencer.run(close=True)
        yield from _judged(node, spot, is_erased=True)


def _judged(node: Node, spot: Spot, *, is_erased: bool) -> Iterator[str]:
    report = audit(node.store, second_place=node.second_place)
    yield from (f"audit: {one.table} {one.key}" for one in report.differences)
    bundle = node.prove_record(RecordAddress(1, 1)).to_bytes()
    trust = trust_of(node.store, node.identity)
    if not verify_bundle(bundle, trust, accept="logged").verified:
        yield "the proof of another record does not hold"
    content = b"".join(path.read_bytes() for path in files(node) if path.exists())
    for what in (NAME.encode(), spot.secret):
        if (what in content) is is_erased:
            yield "files hold erased bytes" if is_erased else "bytes are gone unsaid"


def files(node: Node) -> list[Path]:
    """Return the files in which the database keeps its rows."""
    if node.store.engine.dialect.name == "sqlite":
        database = str(node.store.engine.url.database)
        return [Path(database), Path(f"{database}-wal")]
    with node.store.engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
        query = "SELECT oid FROM pg_database WHERE datname = current_database()"
        number = connection.execute(text(query)).scalar_one()
    base = Path(folder) / "base" / str(number)
    return [path for path in base.iterdir() if path.is_file()]


@contextmanager
def spot_of(folder: Path, postgres: PostgresServer | None) -> Iterator[Spot]:
    """Make a ledger, and let go of its database afterwards."""
    folder.mkdir()
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'ledger.sqlite'}"
        if postgres is not None:
            url = stack.enter_context(postgres.database())
        yield submitted(folder, url)


def attack(database: str, kind: Kind, setting: Setting, folder: Path) -> Outcome:
    """Let one durable write of an erasure after another fail in one way."""
    survived, trials, lost = 0, 0, list[str]()
    with ExitStack() as stack:
        postgres = None
        if database == "postgresql":
            postgres = stack.enter_context(running_postgres(durable=True))
        with spot_of(folder / "counted", postgres) as spot:
            counted = run(spot) or 0
        for at in chosen_writes(counted, setting):
            with spot_of(folder / f"write{at}", postgres) as spot:
                run(spot, kind, at)
                found = list(wrongs(spot))
            trials += 1
            survived += not found
            lost += [f"write {at}: {what}" for what in found]
    evidence = f"writes 1 to {counted}; untouched and unsaid, or gone and said"
    return Outcome(trials, survived, "; ".join(lost[:5]) or evidence)


def _named(database: str, kind: Kind) -> Attack:
    begin: Callable[[Setting, Path], Outcome] = partial(attack, database, kind)
    words = f"met when {kind}" if kind.startswith("killed") else f"{kind}, twice"
    return Attack(f"an erasure on {database} is {words}", begin)


ATTACKS = tuple(_named(database, kind) for database in DATABASES for kind in Kind)

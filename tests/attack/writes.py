"""Every durable write fails: not persisted, persisted but reported failed, killed at it.

Afterwards the ledger is opened again, everything is sent once more and anchored: what was
acknowledged must be known already, every event is in the log once, and log, second place and
contract agree.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ledger_api.defaults import default_participant
from ledger_api.wiring import open_node
from tests.attack.checks import chain_differences, logged_ids
from tests.attack.faults import Kind
from tests.attack.table import Attack, Outcome, Setting
from tests.attack.victim import FINAL_SECONDS, Ledger, all_documents, body_of, event_ids, work
from tests.support.anvil import Anvil, running_anvil
from tests.support.postgres import PostgresServer, running_postgres
from traceability.chain.accounts import address_of, create_account
from traceability.ledger.audit.audit import audit
from traceability.ledger.node import Node
from traceability.store.engine import open_engine
from traceability.store.migrate import upgrade

DATABASES = ("sqlite", "postgresql")
END_SECONDS = 120.0


class Life(NamedTuple):
    """What a process told before it ended: what it acknowledged, and how often it wrote."""

    kept: set[tuple[int, int]]
    writes: int
    fired: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where ledgers are made: a chain, and databases of one kind."""

    folder: Path
    anvil: Anvil
    postgres: PostgresServer | None

    @contextmanager
    def ledger(self, name: str) -> Iterator[Ledger]:
        """Yield a new ledger's place, with an account that can pay."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        account = create_account(folder / "publisher.key")
        with self.anvil.client() as client:
            client.fund(address_of(account), 10**21)
        with ExitStack() as stack:
            url = f"sqlite:///{folder / 'ledger.sqlite'}"
            if self.postgres is not None:
                url = stack.enter_context(self.postgres.database())
            engine = open_engine(url)
            upgrade(engine)
            engine.dispose()
            yield Ledger(folder / "data", url, self.anvil.url, folder / "publisher.key")


def live(ledger: Ledger, kind: Kind | None, at: int) -> Life:
    """Run the work in a process of its own until it ends or is killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.attack.victim"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(ledger, kind, at, theirs))
    process.start()
    theirs.close()
    kept: set[tuple[int, int]] = set()
    writes, fired = 0, False
    with ours:
        try:
            while True:
                match ours.recv():
                    case ("kept", submitter, number, "ACCEPTED"):
                        kept.add((submitter, number))
                    case ("writes", count, has_fired):
                        writes, fired = count, has_fired
        except EOFError:
            process.join(END_SECONDS)
    was_killed = process.exitcode == -9
    return Life(kept, writes, fired or was_killed, ended=was_killed or process.exitcode == 0)


def losses(ledger: Ledger, kept: set[tuple[int, int]]) -> list[str]:
    """Open a ledger again, finish the work, and return what is not as it should be."""
    with open_node(ledger.settings, ledger.folder) as node:
        found = _resubmitted(node, kept)
        node.anchor_and_wait(timeout_seconds=FINAL_SECONDS)
        wanted = Counter(name for one in all_documents() for name in event_ids(*one))
        logged = Counter(logged_ids(node))
        found += [f"{name} is in the log {logged[name]} times" for name in wanted - logged]
        found += [f"{name} is in the log {logged[name]} times" for name in logged - wanted]
        report = audit(node.store, second_place=node.second_place)
        found += [f"audit: {one.table} {one.key}" for one in report.differences]
        return found + chain_differences(node)


def _resubmitted(node: Node, kept: set[tuple[int, int]]) -> list[str]:
    participant = default_participant(node)
    found: list[str] = []
    for one in all_documents():
        result = node.submission.submit_body(body_of(*one), participant=participant)
        if result.status != "ACCEPTED":
            found.append(f"document {one} is refused afterwards")
        if one in kept and result.count("accepted"):
            found.append(f"document {one} was acknowledged and is unknown")
    return found


@contextmanager
def place(database: str, folder: Path) -> Iterator[Place]:
    """Start what ledgers need."""
    with ExitStack() as stack:
        anvil = stack.enter_context(running_anvil("--block-time", "0.1", accounts=0))
        postgres = None
        if database == "postgresql":
            postgres = stack.enter_context(running_postgres(durable=True))
        yield Place(folder, anvil, postgres)


def chosen_writes(count: int, setting: Setting) -> list[int]:
    """Return which writes are to fail: all, or some from the first to the last."""
    trials = max(2, min(count, count * setting.scale // 100))
    return sorted({1 + at * (count - 1) // (trials - 1) for at in range(trials)})


def attack(database: str, kind: Kind, setting: Setting, folder: Path) -> Outcome:
    """Let one write after another fail in one way."""
    survived, trials, lost = 0, 0, list[str]()
    with place(database, folder) as here:
        with here.ledger("counted") as ledger:
            counted = live(ledger, None, 0).writes
        for at in chosen_writes(counted, setting):
            with here.ledger(f"write{at}") as ledger:
                lived = live(ledger, kind, at)
                if not lived.fired:  # There were fewer writes this time.
                    continue
                found = losses(ledger, lived.kept)
            trials += 1
            found += [] if lived.ended else ["the process failed"]
            survived += not found
            lost += [f"write {at}: {what}" for what in found]
    evidence = f"writes 1 to {counted} of three firms, log and anchors; nothing lost or doubled"
    return Outcome(trials, survived, "; ".join(lost[:5]) or evidence)


def _named(database: str, kind: Kind) -> Attack:
    run: Callable[[Setting, Path], Outcome] = partial(attack, database, kind)
    return Attack(f"a write on {database} is {_words(kind)}", run)


def _words(kind: Kind) -> str:
    return f"met when {kind}" if kind.startswith("killed") else str(kind)


ATTACKS = tuple(_named(database, kind) for database in DATABASES for kind in Kind)

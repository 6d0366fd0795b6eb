"""A backup, a restore and a rebuild are met by `kill -9` at their durable writes.

A backup is then there whole or not at all, and the ledger is as it was. A restore is complete, or
its next run finishes it. A rebuild leaves a store that the gate judges, and its next run finishes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from tests.attack.faults import Faults, Kind
from tests.attack.table import Attack, Outcome, Setting
from tests.attack.writes import DATABASES, END_SECONDS, chosen_writes
from tests.support.backups import backed_up, contents, filled, restored, secrets_of, sqlite_url_of
from tests.support.ledger import Clock, OpenedLogs, add_participant, opened_node
from tests.support.mirrored import fill, grow, trusted
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.rebuilt import Place, mirrored
from traceability.errors import ItemProofError
from traceability.ledger import rebuild as rebuilding
from traceability.ledger.audit.audit import audit
from traceability.ledger.gate import StoreBehind, StoreUnfinished
from traceability.ledger.keyring import Keyring
from traceability.ledger.mirror.folder import MirrorFolder
from traceability.ledger.second_place import SecondPlace
from traceability.store.store import Store
from traceability.verify.trust import Trust

KILLS = (Kind.KILLED_BEFORE, Kind.KILLED_AFTER)
# More than one bundle of entries, and a transaction for each.
ENTRIES, GROUP = 600, 256


@dataclass(frozen=True, slots=True)
class Spot:
    """A folder with its database."""

    folder: Path
    url: str

    @property
    def second_place(self) -> SecondPlace:
        return SecondPlace(self.folder / "served-heads.txt")


@dataclass(slots=True)
class Scene:
    """A ledger with an old backup and a mirror that is newer."""

    home: Path
    postgres: PostgresServer | None
    stack: ExitStack
    log: OpenedLogs = field(default_factory=OpenedLogs)
    old: Path = field(init=False)
    source: Spot = field(init=False)
    mirror: MirrorFolder = field(init=False)
    trust: Trust = field(init=False)
    spots: int = 0

    def __post_init__(self) -> None:
        self.old, self.mirror = self.home / "old.backup", MirrorFolder(self.home / "mirror")
        self.source = self.spot()
        with opened_node(self.source.url, self.source.folder, self.log) as node:
            filled(node)
            backed_up(node, self.old)
            fill(node, ENTRIES)
            self.trust = trusted(node)
            mirrored(node, self.mirror, self.trust)

    def spot(self) -> Spot:
        """Return an empty place of this kind."""
        self.spots += 1
        folder = self.home / f"spot-{self.spots}"
        url = sqlite_url_of(folder)
        if self.postgres is not None:
            url = self.stack.enter_context(self.postgres.database())
        return Spot(folder, url)


def back_up(spot: Spot, file: Path) -> None:
    """Back up, verified."""
    with opened_node(spot.url, spot.folder) as node:
        backed_up(node, file, replace=True)


def bring_back(spot: Spot, mirror: MirrorFolder, trust: Trust) -> None:
    """Rebuild from a mirror, in transactions of one bundle."""
    rebuilding.GROUP = GROUP
    with Store.open(spot.url, spot.folder) as store:
        keyring = Keyring(spot.folder / "keys")
        place = spot.second_place
        rebuilding.rebuild(store, keyring, mirror, trust, second_place=place, clock=Clock())


def act(deed: Callable[[], object], kind: Kind | None, at: int, told: Connection) -> None:
    """Do it in this process, which may end on the way; tell how often it wrote."""
    faults = Faults(kind, at)
    faults.install()
    deed()
    told.send(faults.count)
    told.close()


def run(deed: Callable[[], object], kind: Kind | None = None, at: int = 0) -> int | None:
    """Do it in a process of its own; return its number of writes, None if it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.attack.backup_kills"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=act, args=(deed, kind, at, theirs))
    process.start()
    theirs.close()
    with ours:
        try:
            count: int | None = ours.recv()
        except EOFError:
            count = None
    process.join(END_SECONDS)
    if process.exitcode not in (0, -9):
        raise AssertionError(f"the process failed: {process.exitcode}")
    return count


Trial = Callable[[Scene, Kind | None, int], tuple[int | None, list[str]]]


def killed_backup(scene: Scene, kind: Kind | None, at: int) -> tuple[int | None, list[str]]:
    """Kill a backup; return the writes of one that lived, and what is wrong afterwards."""
    source, file = scene.source, scene.home / f"backup-{at}"
    with Store.open(source.url, source.folder) as store:
        before = contents(store)
    count = run(partial(back_up, source, file), kind, at)
    found = list(differing(scene, file, before)) if file.exists() else []
    with Store.open(source.url, source.folder) as store:
        found += ["the ledger has changed"] if contents(store) != before else []
    back_up(source, file)
    found += [f"{path.name} is left" for path in source.folder.glob(".backup-check-*")]
    return count, found + [f"{path.name} is left" for path in scene.home.glob(".*.new")]


def differing(scene: Scene, file: Path, wanted: object) -> Iterator[str]:
    """Yield whether a backup gives back something else than was in the ledger."""
    spot = scene.spot()
    restored(file, spot.folder, spot.url)
    with Store.open(spot.url, spot.folder) as store:
        if contents(store) != wanted:
            yield "the backup holds another ledger"


def killed_restore(scene: Scene, kind: Kind | None, at: int) -> tuple[int | None, list[str]]:
    """Kill a restore, and restore again what was not complete."""
    whole, spot = scene.spot(), scene.spot()
    restored(scene.old, whole.folder, whole.url)
    count = run(partial(restored, scene.old, spot.folder, spot.url), kind, at)
    if not (spot.folder / "keys").exists():
        restored(scene.old, spot.folder, spot.url)
    found = []
    with (
        Store.open(whole.url, whole.folder) as wanted,
        Store.open(spot.url, spot.folder) as store,
    ):
        found += ["rows differ"] if contents(store) != contents(wanted) else []
        found += [] if audit(store, second_place=spot.second_place).ok else ["audit differs"]
    if secrets_of(spot.folder) != secrets_of(scene.source.folder):
        found.append("keys differ")
    return count, found


def killed_rebuild(scene: Scene, kind: Kind | None, at: int) -> tuple[int | None, list[str]]:
    """Kill a rebuild of an old backup; the gate must judge it, and the next run finish it."""
    spot = scene.spot()
    spot.folder.mkdir()
    served = scene.source.folder / "served-heads.txt"
    (spot.folder / served.name).write_bytes(served.read_bytes())
    restored(scene.old, spot.folder, spot.url)
    count = run(partial(bring_back, spot, scene.mirror, scene.trust), kind, at)
    head = scene.mirror.require_head(scene.trust)
    found = list(half_open(spot, head.tree_size))
    bring_back(spot, scene.mirror, scene.trust)
    with opened_node(spot.url, spot.folder, scene.log) as node:
        fault, newest = node.gate.fault(), node.standing().checkpoint
        found += [] if fault is None else [f"still closed: {fault.fault}"]
        if newest is None or newest.root_hash != head.root_hash:
            found.append("another head was brought back")
        if not audit(node.store, second_place=node.second_place).ok:
            found.append("audit differs")
        grow(node, add_participant(node), 1)
    return count, found


def half_open(spot: Spot, size: int) -> Iterator[str]:
    """Yield whether the gate lets writers into a store that is not whole."""
    with Store.open(spot.url, spot.folder) as store, store.reading() as repositories:
        latest = repositories.tree.latest_checkpoint()
    is_whole = latest is not None and latest.tree_size == size
    with Place(spot.url, spot.folder).opened() as node:
        fault = node.gate.fault()
    if not is_whole and not isinstance(fault, StoreBehind | StoreUnfinished):
        yield "gate is open to a store that is not whole"


@contextmanager
def scene(database: str, folder: Path) -> Iterator[Scene]:
    """Make a ledger with its old backup and its mirror."""
    with ExitStack() as stack:
        server = None
        if database == "postgresql":
            server = stack.enter_context(running_postgres(durable=True))
        yield Scene(folder, server, stack)


def attack(database: str, trial: Trial, setting: Setting, folder: Path) -> Outcome:
    """Kill at one durable write after another, just before it or just after it."""
    survived, trials, lost = 0, 0, list[str]()
    with scene(database, folder) as here:
        counted, found = trial(here, None, 0)
        if counted is None or found:
            return Outcome(1, 0, f"undisturbed: {found}")
        for number, at in enumerate(chosen_writes(counted, setting)):
            for kind in KILLS if setting.scale > 1 else (KILLS[number % 2],):
                try:
                    lived, found = trial(here, kind, at)
                except (ItemProofError, AssertionError, OSError) as error:
                    lived, found = None, [f"{type(error).__name__}: {error}"]
                if lived is not None:  # There were fewer writes this time.
                    continue
                trials += 1
                survived += not found
                lost += [f"write {at} {kind}: {what}" for what in found]
    evidence = f"killed at writes 1 to {counted}; all or nothing, and the next run finishes it"
    return Outcome(trials, survived, "; ".join(lost[:5]) or evidence)


DEEDS: tuple[tuple[str, Trial], ...] = (
    ("a backup", killed_backup),
    ("a restore", killed_restore),
    ("a rebuild", killed_rebuild),
)


def _named(database: str, deed: str, trial: Trial) -> Attack:
    begin: Callable[[Setting, Path], Outcome] = partial(attack, database, trial)
    return Attack(f"{deed} is killed on {database}", begin)


ATTACKS = tuple(_named(database, *deed) for database in DATABASES for deed in DEEDS)

"""The demonstration's data folder: fresh, or left by an earlier demonstration and nothing else."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger_api.demo.cast import PARTIES
from traceability.chain.devchain import DevChain, running_dev_chain
from traceability.errors import Refused
from traceability.store.locks import AlreadyRunning
from traceability.store.store import Store

MARKER, LOCK = "demo.json", "demo.lock"
DATABASE = "ledger.sqlite"
PROOF = "demo-proof.json"
# All that a ledger with an embedded chain keeps; nothing else in a folder is ever removed.
LEDGER_FILES = (
    DATABASE,
    f"{DATABASE}-wal",
    f"{DATABASE}-shm",
    "keys",
    "devchain.json",
    "devchain.key",
    "devchain.log",
    "devchain.state.json",
    "devchain.state.json.kept",
    "restored",
    "served-heads.txt",
    "trust.json",
)


class DemoFolderNotEmpty(Refused):
    """The data folder holds a ledger that is not, or no longer, just a demonstration."""

    code = "DEMO_FOLDER_NOT_EMPTY"


@contextmanager
def demo_folder(data_dir: Path, *, batches: int) -> Iterator[None]:
    """Hold a folder that is ready for a demonstration of at most so many batches.

    Raises
    ------
    DemoFolderNotEmpty
        It holds a ledger that no demonstration made, or to which others have added.
    AlreadyRunning
        Another process works on the folder.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _running(data_dir) from error
        _make_ready(data_dir, batches)
        yield


def _make_ready(data_dir: Path, batches: int) -> None:
    marker = data_dir / MARKER
    if any((data_dir / name).exists() for name in LEDGER_FILES):
        if not marker.exists():
            raise _refusal(data_dir, "a ledger")
        if (data_dir / DATABASE).exists():
            _check_untouched(data_dir, marker)
        _stop_orphaned_chain(data_dir)
        _remove_ledger(data_dir)
    marker.write_text(json.dumps({"batches": batches}) + "\n", encoding="utf-8")


def _stop_orphaned_chain(data_dir: Path) -> None:
    """Stop the chain of a demonstration that was killed; refuse while its owner lives."""
    if running_dev_chain(data_dir) is not None:
        with DevChain(data_dir):
            pass  # A chain whose owner has died is taken over, and stopped here.
        if running_dev_chain(data_dir) is not None:
            raise _running(data_dir)


def _running(data_dir: Path) -> AlreadyRunning:
    return AlreadyRunning(f"another process works on {str(data_dir)!r}: stop it first")


def _refusal(data_dir: Path, found: str) -> DemoFolderNotEmpty:
    return DemoFolderNotEmpty(
        f"data folder is in use: expected an empty folder, got {found} in {str(data_dir)!r}; "
        "name another with --data"
    )


def _check_untouched(data_dir: Path, marker: Path) -> None:
    """Refuse to start over where anybody but the demonstration has registered or submitted."""
    known = {party.gln for party in PARTIES}
    url = f"sqlite:///{data_dir / DATABASE}"
    with (
        Store.open(url, data_dir) as store,
        store.lock("serve", wait=False),
        store.reading() as repositories,
    ):
        strangers = {row.gln for row in repositories.participants.all()} - known
        batches = sum(1 for _ in repositories.batches.all())
    if strangers or batches > _planned_batches(marker):
        raise _refusal(data_dir, "a demonstration that others have added to")


def _planned_batches(marker: Path) -> int:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))["batches"]
    except (ValueError, KeyError, TypeError):
        return 0
    return found if isinstance(found, int) else 0


def _remove_ledger(data_dir: Path) -> None:
    """Remove the database last: a crash before that leaves what is recognised again."""
    for name in (*reversed(LEDGER_FILES), PROOF):
        path = data_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

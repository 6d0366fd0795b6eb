"""The chain misbehaves while the ledger is on PostgreSQL: the kinds of trouble that undo most.

What `chain.py` and `lies.py` do on SQLite, of three kinds: final anchors that are gone, a chain
that begins anew, proofs that are false. They change the most rows of the store, and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.attack.chain import broken, resets
from tests.attack.lies import proofs
from tests.attack.table import Attack, Outcome, Setting
from tests.attack.trials import Trial, lost, named
from tests.support.postgres import running_postgres

# One of each kind shows in the small setting that the database makes no difference.
SMALL_SCALE = 1


def chosen(setting: Setting) -> Sequence[Trial]:
    """Return all trials of the three kinds, or one of each."""
    kinds = (broken(setting), resets(setting), proofs(setting))
    if setting.scale <= SMALL_SCALE:
        return [kind[-1] for kind in kinds]
    return [trial for kind in kinds for trial in kind]


def attack(setting: Setting, folder: Path) -> Outcome:
    """Make the trials, each on a database of its own."""
    found: dict[str, list[str]] = {}
    trials = chosen(setting)
    with running_postgres(durable=True) as server:
        for at, trial in enumerate(trials):
            with server.database() as url:
                found[trial.label] = lost(trial, folder / str(at), database_url=url)
    return named(found, [name for trial in trials for name in trial.names])


ATTACKS: tuple[Attack, ...] = (Attack("the chain misbehaves on postgresql", attack),)

"""A trial of a ledger whose chain misbehaves, and the row of the table that counts trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.attack.stage import Stage, staged
from tests.attack.table import Attack, Outcome, Setting

MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that is done to a ledger, and the names by which it has to be told."""

    label: str
    act: Callable[[Stage], None]
    names: tuple[str, ...]
    endpoints: int = 1
    epoch: int = 1


def lost(trial: Trial, folder: Path, *, database_url: str | None = None) -> list[str]:
    """Make one trial, on SQLite unless another database is named, and return what was lost."""
    with staged(
        folder, endpoints=trial.endpoints, epoch=trial.epoch, database_url=database_url
    ) as stage:
        stage.names.found.clear()
        trial.act(stage)
        return stage.names.missing(trial.names) + stage.losses()


def named(found: Mapping[str, Sequence[str]], names: Sequence[str]) -> Outcome:
    """Return the outcome of trials: what each has lost, and by which names they were told."""
    losses = [f"{label}: {what}" for label, whats in found.items() for what in whats]
    evidence = f"{'; '.join(found)}: told as {', '.join(dict.fromkeys(names))}"
    survived = sum(not whats for whats in found.values())
    return Outcome(len(found), survived, "; ".join(losses[:MOST_TOLD]) or evidence)


def _run(trials: Callable[[Setting], Sequence[Trial]], setting: Setting, folder: Path) -> Outcome:
    chosen = trials(setting)
    found = {trial.label: lost(trial, folder / str(at)) for at, trial in enumerate(chosen)}
    return named(found, [name for trial in chosen for name in trial.names])


def row(name: str, trials: Callable[[Setting], Sequence[Trial]]) -> Attack:
    """Return the row of the table for trials of one kind."""
    return Attack(name, partial(_run, trials))

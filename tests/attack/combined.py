"""Columns are changed together, so that the rows fit each other: the audit names each forgery."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, create_engine

from tests.attack.audited_erasures import rows_of
from tests.attack.audited_ledger import audited_ledger
from tests.attack.columns import on_database, report, run
from tests.attack.edits import Forgery, Rows, statements, undoing
from tests.attack.false_erasures import false_erasures
from tests.attack.forgeries import forgeries
from tests.attack.table import Attack, Outcome, Setting
from traceability.ledger.audit.difference import Difference
from traceability.ledger.node import Node


class Judged(NamedTuple):
    """A forgery, the column by which it has to be named, and what the audit named instead."""

    says: str
    named: str
    is_named: bool
    told: str


def is_named(forgery: Forgery, differences: Sequence[Difference]) -> bool:
    """Tell whether a report names the column."""
    return forgery.named in _places(differences)


def _places(differences: Sequence[Difference]) -> list[str]:
    places = {f"{found.table}.{name}" for found in differences for name in found.column.split(", ")}
    return sorted(places)


def judge_all(node: Node, engine: Engine, rows: Rows) -> Iterator[Judged]:
    """Make every forgery, one at a time, on a ledger that agrees; yield what the audit says."""
    _agrees(node, "before anything was changed")
    for forgery in chain(forgeries(rows), false_erasures(rows)):
        if not run(engine, statements(forgery.edits)):
            raise AssertionError(f"the database refuses: {forgery.says}")
        try:
            differences = report(node)
        finally:
            if not run(engine, statements(undoing(forgery.edits))):
                raise AssertionError(f"could not be put back: {forgery.says}")
        told = ", ".join(_places(differences)) or "nothing"
        yield Judged(forgery.says, forgery.named, is_named(forgery, differences), told)
    _agrees(node, "after all was put back")


def _agrees(node: Node, when: str) -> None:
    found = report(node)
    if found:
        raise AssertionError(f"the ledger differs {when}: {found[:3]}")


def judged(database: str, folder: Path) -> list[Judged]:
    """Make a ledger on a database, and every forgery in it."""
    with on_database(database) as url, audited_ledger(folder, database_url=url) as audited:
        # A connection of its own, which holds no references between rows.
        engine = create_engine(audited.node.store.engine.url)
        try:
            with engine.connect() as connection:
                rows = Rows(rows_of(connection), audited.former)
            return list(judge_all(audited.node, engine, rows))
        finally:
            engine.dispose()


def _attack(database: str, _setting: Setting, folder: Path) -> Outcome:
    found = judged(database, folder)
    missed = [f"{one.says}: not {one.named}, but {one.told}" for one in found if not one.is_named]
    evidence = "; ".join(missed[:3]) or "each forgery named by its column"
    return Outcome(len(found), len(found) - len(missed), evidence)


def _row(database: str) -> Attack:
    begin: Callable[[Setting, Path], Outcome] = partial(_attack, database)
    return Attack(f"columns are changed together on {database}", begin)


ATTACKS: tuple[Attack, ...] = (_row("sqlite"), _row("postgresql"))

"""What is exported for a cluster leads, by plain joins, to what the store recalls."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scripts import export_lineage
from scripts.export_lineage import expected, export
from tests.support.lineage import World, lot, serial, sscc, write
from traceability.lineage.tracing import recall
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.unit_of_work import UnitOfWork

ROD, WIRE, DRUM, BARE = lot(1, "R1"), lot(2, "W1"), lot(3, "D1"), lot(4, "BARE")
DRUMS = [serial(3, name) for name in ("A", "B", "C")]


def nasty() -> World:
    """Return a world with containers as inputs, errors, a rework loop and a lot by quantity."""
    world = World()
    world.mint(3, "D1", ["A", "B"])
    world.mint(4, "BARE", ["X", "Y"])
    world.make(1, [ROD], [WIRE], transformation_id="urn:run:1")
    world.make(2, [lot(1, "R2")], [lot(2, "W2")], transformation_id="urn:run:1")
    world.make(3, [WIRE], DRUMS)
    world.make(4, [WIRE], [ROD])
    world.make(5, [lot(1, "R2")], [serial(4, "OTHER")], event_id="urn:id:1")
    world.make(6, [], [], event_id="urn:id:1", declares_error=True)
    world.pack(7, sscc(1), DRUMS[:2])
    world.make(8, [sscc(1)], [serial(4, "CAR")])
    world.unpack(9, sscc(1))
    world.pack(10, sscc(1), [DRUMS[2]])
    world.make(11, [(DRUM, "5", "KGM")], [serial(4, "LATER")])
    return world


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        write(work.repositories, nasty())
        yield work.repositories
    engine.dispose()


def read(folder: Path, name: str) -> list[tuple[int, int]]:
    return [tuple(row.values()) for row in pq.read_table(folder / f"{name}.parquet").to_pylist()]


def closure(folder: Path, code: str) -> set[str]:
    """Return what Spark's joins reach, in plain Python."""
    codes = dict(read(folder, "codes"))
    inputs, outputs, members = (read(folder, name) for name in ("inputs", "outputs", "members"))
    making = {run for run, _ in outputs}
    used = {node for run, node in inputs if run in making}
    (start,) = [node for node, one in codes.items() if one == code]
    reached = todo = {(start, True)}
    while todo:
        nodes, whole = {node for node, _ in todo}, {node for node, full in todo if full}
        runs = {run for run, node in inputs if node in nodes}
        found = {(node, True) for run, node in outputs if run in runs}
        found |= {(one, True) for of_lot, one in members if of_lot in whole}
        found |= {(of_lot, False) for of_lot, one in members if one in whole and of_lot in used}
        todo = found - reached
        reached = reached | todo
    return {codes[node] for node, _ in reached}


@pytest.mark.parametrize("code", [ROD, lot(1, "R2"), WIRE, DRUM, BARE, *DRUMS])
def test_joins_over_the_export_reach_what_the_store_recalls(
    repositories: Repositories, tmp_path: Path, code: str
) -> None:
    export(repositories, tmp_path)
    assert closure(tmp_path, code) == recall(repositories, code).codes


def test_what_was_declared_erroneous_is_not_exported(
    repositories: Repositories, tmp_path: Path
) -> None:
    rows = export(repositories, tmp_path)
    names = set(dict(read(tmp_path, "codes")).values())
    assert serial(4, "OTHER") in names
    assert serial(4, "OTHER") not in closure(tmp_path, lot(1, "R2"))
    assert rows == {name: len(read(tmp_path, name)) for name in rows}


def test_the_command_writes_what_to_compare_with(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        write(work.repositories, nasty())
        (meant,) = expected(work.repositories, [ROD])
        work.commit()
    engine.dispose()
    arguments = ["export_lineage.py", database_url, str(tmp_path), "--expect", ROD]
    monkeypatch.setattr(sys, "argv", arguments)
    export_lineage.main()
    (found,) = json.loads((tmp_path / "expected.json").read_text())
    assert (found["items"], found["sha256"]) == (meant["items"], meant["sha256"])
    assert found["items"] == len(closure(tmp_path, ROD))

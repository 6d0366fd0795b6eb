"""An audit that was interrupted goes on where it was, and ends with the same report."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger.audit import audit as auditing
from traceability.ledger.audit import batches, progress, units
from traceability.ledger.audit.audit import AuditReport, audit
from traceability.ledger.audit.progress import AuditProgressInvalid, AuditProgressOther
from traceability.ledger.audit.units import Context, Result, Unit
from traceability.ledger.audit.working import perform
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.second_place import SecondPlace
from traceability.store.store import Store


class Interruption(Exception):
    """Stands for a process that is killed between two pieces."""


@pytest.fixture
def full(node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Return a ledger that is audited in many pieces, with progress kept after each."""
    monkeypatch.setattr(auditing, "ENTRIES", 3)
    monkeypatch.setattr(batches, "SMALL", 256)
    monkeypatch.setattr(batches, "RECORDS", 256)
    monkeypatch.setattr(progress, "SECONDS", -1.0)
    participant = add_participant(node)
    for number in range(3):
        node.submission.submit(document(event(number)), participant=participant)
    node.mint(Lot(GTIN, "L1", 1000, {}), participant=participant)
    node.mint(Lot(GTIN, "L2", 300, {}), participant=participant)
    node.sequencer.run(close=True)
    with node.store.unit_of_work() as work:
        work.connection.execute(text("update events set biz_step = 'x' where event = 2"))
        work.connection.execute(text("update items set serial = '~' where record_index = 900"))
        work.connection.execute(text("update entries set received = received + 1"))
        work.commit()
    return node


def run_audit(node: Node, path: Path | None = None, jobs: int = 1) -> AuditReport:
    return audit(node.store, second_place=node.second_place, progress_file=path, jobs=jobs)


def interrupted(node: Node, path: Path, at: int, patch: pytest.MonkeyPatch) -> bool:
    """Interrupt an audit at a piece; tell whether there was one."""
    done: list[Unit] = []

    def until(context: Context, unit: Unit) -> Result:
        if len(done) == at:
            raise Interruption
        done.append(unit)
        return perform(context, unit)

    with patch.context() as patched:
        patched.setattr(auditing, "perform", until)
        try:
            run_audit(node, path)
        except Interruption:
            return True
    return False


def test_goes_on_from_every_piece(
    full: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_audit(full)
    assert {found.table for found in whole.differences} == {"events", "items", "records"}
    path = tmp_path / "progress.json"
    at = 0
    while interrupted(full, path, at, monkeypatch):
        assert run_audit(full, path) == whole
        assert not path.exists()
        at += 1
    assert at > 20


def test_what_was_checked_is_not_checked_again(
    full: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress.json"
    tables = 2 * sum(1 for _ in auditing.metadata.sorted_tables)
    assert interrupted(full, path, tables + 4, monkeypatch)
    again: list[Unit] = []

    def note(context: Context, unit: Unit) -> Result:
        again.append(unit)
        return perform(context, unit)

    monkeypatch.setattr(auditing, "perform", note)
    run_audit(full, path)
    assert units.EntriesUnit(0, 3) not in again
    assert any(isinstance(unit, units.ChunkUnit) for unit in again)


@pytest.mark.parametrize("name", ["ledger", "code"])
def test_refuses_the_progress_of_another(
    full: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "progress.json"
    assert interrupted(full, path, 75, monkeypatch)
    value = json.loads(path.read_text())
    value[name] = "0" * 64
    path.write_text(json.dumps(value))
    with pytest.raises(AuditProgressOther, match=f"another {name}"):
        run_audit(full, path)


def test_refuses_the_progress_of_another_history(
    full: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress.json"
    assert interrupted(full, path, 75, monkeypatch)
    value = json.loads(path.read_text())
    value["log"]["frontier"][0][1] = "00" * 32
    path.write_text(json.dumps(value))
    with pytest.raises(AuditProgressOther, match="another history"):
        run_audit(full, path)


def test_refuses_what_is_no_progress(full: Node, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_text("[]")
    with pytest.raises(AuditProgressInvalid, match="holds no progress"):
        run_audit(full, path)


def killed(url: str, folder: Path, path: Path, at: int) -> None:
    """Audit until a piece, and be killed there by the system."""
    done: list[Unit] = []

    def until(context: Context, unit: Unit) -> Result:
        if len(done) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(unit)
        return perform(context, unit)

    auditing.perform, auditing.ENTRIES, progress.SECONDS = until, 3, -1.0  # type: ignore[misc] # for this process
    with Store.open(url, folder) as store:
        audit(store, second_place=SecondPlace(folder / "served-heads.txt"), progress_file=path)


def test_goes_on_after_a_kill(full: Node, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    url = full.store.engine.url.render_as_string(hide_password=False)
    tables = 2 * sum(1 for _ in auditing.metadata.sorted_tables)
    process = multiprocessing.get_context("spawn").Process(
        target=killed, args=(url, full.data_dir, path, tables + 2)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert path.stat().st_mode & 0o777 == 0o600
    assert run_audit(full, path, jobs=2) == run_audit(full)

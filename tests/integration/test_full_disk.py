"""A disk that is full when a command begins: one clear error, exit 3, the store as before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.support.ledger import add_participant, document, event, opened_node
from traceability.ledger.audit.audit import audit
from traceability.store.faults import StoreUnavailable
from traceability.store.unit_of_work import UnitOfWork


def full(*_: object, **__: object) -> None:
    raise OperationalError("PRAGMA", {}, Exception("database or disk is full"))


def test_at_opening_is_3_with_one_json_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("traceability.store.migrate.upgrade", full)
    path = tmp_path / "d.jsonld"
    path.write_text(json.dumps(document(event(1))))
    arguments = ["submit", str(path), "--data", str(tmp_path / "data"), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["code"] == "STORE_UNAVAILABLE"


def test_at_commit_keeps_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_node(sqlite_url, tmp_path / "data") as node:
        participant = add_participant(node)
        before = node.standing()
        with monkeypatch.context() as patch:
            patch.setattr(UnitOfWork, "commit", lambda _: _raise())
            with pytest.raises(StoreUnavailable, match="disk is full"):
                node.submission.submit(document(event(1)), participant=participant)
        assert node.standing() == before
        assert audit(node.store, second_place=node.second_place).ok


def _raise() -> None:
    raise StoreUnavailable("store cannot be used now: database or disk is full")

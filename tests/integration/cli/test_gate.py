"""A store that an older copy has replaced, as whoever runs the program meets it."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.cli import serving
from ledger_api.cli.running import Command
from tests.integration.cli.test_commands import GTIN, Program
from tests.support.anvil import free_port
from tests.support.ledger import document, event
from traceability.ledger.node import SERVED_HEADS, Node

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "transformation.jsonld"


@dataclass(frozen=True, slots=True)
class Replaced:
    """The program on a store that an older copy has replaced, and a key made before."""

    program: Program
    token: str

    def serve(self, monkeypatch: pytest.MonkeyPatch) -> tuple[int, dict[str, Any]]:
        """Serve, by a test client: answers to who asks for readiness, reads and submits."""
        monkeypatch.setattr(serving, "_serve", self._once)
        return self.program("serve", "--port", str(free_port()))

    def _once(self, node: Node, command: Command, _place: socket.socket, _workers: int) -> None:
        key = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        with TestClient(create_app(node, command.settings)) as client:
            sent = client.post("/epcis/capture", json=document(event(1)), headers=key)
            answer = {
                "ready": client.get("/readyz").json(),
                "read": client.get("/log/checkpoint").status_code,
                "sent": sent.json() if sent.content else {},
            }
        command.output.answer(answer, [])


def replaced(tmp_path: Path, *, known_by: str | None) -> Replaced:
    """Put an older copy in the place of a store; the chain or the second place knows better."""
    made = Program(tmp_path / "data")
    assert made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "1")[0] == 0
    token = made("key", "create")[1]["token"]
    if known_by is not None:
        database = made.folder / "ledger.sqlite"
        shutil.copy(database, tmp_path / "copy")
        assert made("mint", "--gtin", GTIN, "--lot", "L2", "--quantity", "1")[0] == 0
        if known_by == "chain":
            assert made("anchor")[0] == 0
            (made.folder / SERVED_HEADS).unlink()
        shutil.copy(tmp_path / "copy", database)
    return Replaced(made, token)


@pytest.mark.parametrize(("known_by", "named"), [("chain", "anchored"), ("second place", "served")])
def test_a_store_that_is_older_than_what_is_known_is_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known_by: str, named: str
) -> None:
    old = replaced(tmp_path, known_by=known_by)
    status, answer = old.serve(monkeypatch)
    assert (status, answer["ready"]["ready"]) == (0, False)
    assert answer["ready"]["faults"]["store"] == "STORE_BEHIND"
    assert answer["sent"]["code"] == "STORE_BEHIND"
    detail = answer["sent"]["detail"]
    assert f"what was {named}" in detail
    assert "entries 5 to 6 are missing (2)" in detail
    assert "itemproof rebuild" in detail
    status, answer = old.program("status")
    assert status == 0
    # Status starts no chain of its own: what only the test chain knows, it does not.
    assert answer["closed"] is None if known_by == "chain" else answer["closed"]["got"] == "5"
    # A command that writes is refused like a request.
    mint = ("mint", "--gtin", GTIN, "--lot", "L9", "--quantity", "1")
    # Nor does submitting.
    for writing in [mint, ("anchor",), ("submit", str(EXAMPLE))][: 2 if known_by == "chain" else 3]:
        status, answer = old.program(*writing)
        assert (status, answer["error"]["code"]) == (3, "STORE_BEHIND"), writing


def test_a_store_that_is_older_proves_what_it_has(tmp_path: Path) -> None:
    made = Program(tmp_path / "data")
    issued = made("mint", "--gtin", GTIN, "--lot", "L1", "--quantity", "1")[1]
    database = made.folder / "ledger.sqlite"
    shutil.copy(database, tmp_path / "copy")
    assert made("mint", "--gtin", GTIN, "--lot", "L2", "--quantity", "1")[0] == 0
    shutil.copy(tmp_path / "copy", database)
    assert made("status")[1]["closed"]["code"] == "STORE_BEHIND"
    bundle = tmp_path / "proof.json"
    assert made("prove", issued["first_url"], "-o", str(bundle))[0] == 0
    status, answer = made("verify", str(bundle), "--code", issued["first_url"])
    assert (status, answer["verified"]) == (0, True), answer


def test_a_store_that_is_as_new_as_what_is_known_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = replaced(tmp_path, known_by=None)
    status, answer = new.serve(monkeypatch)
    assert (status, answer["ready"]["ready"], answer["read"]) == (0, True, 200)
    assert "code" not in answer["sent"]
    assert new.program("status")[1]["closed"] is None
    assert new.program("mint", "--gtin", GTIN, "--lot", "L9", "--quantity", "1")[0] == 0

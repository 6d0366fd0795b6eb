"""What people see and set of anchoring: cost, means, lag, and when to anchor at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.integration.cli.test_commands import Program
from tests.support.ledger import document, event

OTHER_CONTRACT = "0x" + "ab" * 20


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the program on a folder in which a document waits for its first anchor."""
    made = Program(tmp_path / "data")
    submit(made, 0)
    return made


def submit(program: Program, number: int) -> None:
    path = program.folder.parent / "document.jsonld"
    path.write_text(json.dumps(document(event(number))))
    status, answer = program("submit", str(path))
    assert status == 0, answer


class TestCost:
    def test_is_told_before_and_kept_after(self, program: Program) -> None:
        status, told = program("anchor", "--estimate")
        assert status == 0
        estimate = told["estimate"]
        assert estimate["cost_wei"] == estimate["gas"] * estimate["price_wei"] > 0
        status, answer = program("anchor")
        anchor = answer["anchor"]
        assert (status, anchor["state"]) == (0, "final")
        assert anchor["estimated_gas"] == estimate["gas"]
        assert 0 < anchor["cost_wei"] <= 2 * estimate["cost_wei"]
        assert program("anchor", "--estimate") == (0, {"estimate": None})

    def test_an_estimate_sends_nothing(self, program: Program) -> None:
        before = program.standing()["anchor"]
        assert program("anchor", "--estimate")[0] == 0
        assert program.standing()["anchor"] == before is None

    def test_status_says_what_the_publisher_can_pay(self, program: Program) -> None:
        assert program("status")[1]["anchoring"]["publisher"] is None, "nobody has looked yet"
        assert program("anchor")[0] == 0
        anchoring = program("status")[1]["anchoring"]
        publisher = anchoring["publisher"]
        assert publisher["balance_wei"] > publisher["anchor_cost_wei"] > publisher["anchor_gas"] > 0
        left = publisher["balance_wei"] // publisher["anchor_cost_wei"]
        assert publisher["anchors_left"] == left
        assert (anchoring["unanchored_entries"], anchoring["lag_seconds"]) == (0, 0)


class TestMetrics:
    def test_show_balance_cost_and_lag(self, program: Program) -> None:
        assert program("anchor")[0] == 0
        before = figures(program)
        assert before["itemproof_publisher_balance_wei"] > before["itemproof_anchor_cost_wei"] > 0
        assert before["itemproof_publisher_anchors_left"] > 10
        assert before["itemproof_unanchored_entries"] == 0
        assert before["itemproof_anchor_lag_seconds"] == 0
        assert before["itemproof_finality_lag_seconds"] == 0
        submit(program, 1)
        after = figures(program)
        assert after["itemproof_unanchored_entries"] > 0
        assert after["itemproof_unfinal_entries"] > 0
        assert after["itemproof_anchor_lag_seconds"] > 0

    def test_leave_out_what_nobody_has_looked_at(self, program: Program) -> None:
        assert "itemproof_publisher_balance_wei" not in figures(program)


def figures(program: Program) -> dict[str, float]:
    """Return the figures of a node that asks no chain."""
    settings = Settings()
    with (
        open_node(settings, program.folder, need="existing") as node,
        TestClient(create_app(node, settings)) as client,
    ):
        lines = client.get("/metrics").text.splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


class TestPolicy:
    @pytest.mark.parametrize(("interval", "moves"), [(0, True), (3600, False)])
    def test_the_interval_is_waited_for(self, program: Program, interval: int, moves: bool) -> None:
        assert program("anchor")[0] == 0
        submit(program, 1)
        with open_node(Settings(anchor_interval=interval), program.folder) as node:
            assert node.anchor_step() is moves

    @pytest.mark.parametrize(("entries", "moves"), [(1, True), (1000, False)])
    def test_enough_entries_end_it(self, program: Program, entries: int, moves: bool) -> None:
        assert program("anchor")[0] == 0
        submit(program, 1)
        settings = Settings(anchor_interval=3600, anchor_entries=entries)
        with open_node(settings, program.folder) as node:
            assert node.anchor_step() is moves

    def test_no_more_than_the_highest_fee_is_paid(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ITEMPROOF_ANCHOR_MAX_FEE", "0.000000001")
        status, answer = program("anchor")
        assert (status, answer["error"]["code"]) == (3, "FEE_ABOVE_LIMIT")
        monkeypatch.setenv("ITEMPROOF_ANCHOR_MAX_FEE", "900")
        assert program("anchor")[0] == 0

    @pytest.mark.parametrize(
        ("name", "value"),
        [("INTERVAL", "-1"), ("INTERVAL", "43201"), ("ENTRIES", "many"), ("MAX_FEE", "0")],
    )
    def test_a_setting_that_is_wrong_is_2(
        self, program: Program, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(f"ITEMPROOF_ANCHOR_{name}", value)
        status, answer = program("anchor")
        assert (status, answer["error"]["code"]) == (2, "SETTINGS_INVALID")


class TestContract:
    def test_a_ledger_of_another_contract_is_refused(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ITEMPROOF_CONTRACT", OTHER_CONTRACT)
        status, answer = program("anchor")
        assert (status, answer["error"]["code"]) == (3, "CONTRACT_MISMATCH")

    def test_one_of_the_contract_that_is_named_is_taken(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with open_node(Settings(), program.folder, need="existing") as node:
            contract = node.identity.genesis.contract
        monkeypatch.setenv("ITEMPROOF_CONTRACT", "0x" + contract[2:].upper())
        assert program("anchor")[0] == 0

"""The audit asks of every batch whether its key might say it; capture would have refused it."""

from __future__ import annotations

import pytest

from tests.support.ledger import GTIN, add_participant, document, event
from traceability.ledger import checks
from traceability.ledger.audit.audit import audit
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node

COMMISSIONING = {"action": "ADD", "bizStep": "commissioning"}


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a node log what its own rules forbid, as a dishonest operator might."""
    monkeypatch.setattr("traceability.ledger.capture.check_key", lambda *_args: None)
    assert checks.check_key is not None


def found(node: Node) -> list[str]:
    node.sequencer.run(close=True)
    report = audit(node.store, second_place=node.second_place)
    return [f"{one.table} {one.expected} / {one.found}" for one in report.differences]


@pytest.mark.usefixtures("careless")
class TestOutOfScope:
    def test_items_by_a_carrier_are_named(self, node: Node) -> None:
        participant = add_participant(node, roles=("carrier",))
        node.mint(Lot(GTIN, "L1", 3, {}), participant=participant)
        assert any("a key that is producer or supplier / carrier" in one for one in found(node))

    def test_items_under_another_prefix_are_named(self, node: Node) -> None:
        participant = add_participant(node, prefixes=("400",))
        node.mint(Lot(GTIN, "L1", 3, {}), participant=participant)
        assert found(node) == [f"entries a GTIN under 400 / {GTIN}"]

    def test_events_by_an_auditor_are_named(self, node: Node) -> None:
        participant = add_participant(node, roles=("auditor",))
        node.submission.submit(document(event(1)), participant=participant)
        assert any(one.endswith("/ auditor") for one in found(node))

    def test_commissioning_under_another_prefix_is_named(self, node: Node) -> None:
        participant = add_participant(node, prefixes=("400",))
        node.submission.submit(document(event(1, **COMMISSIONING)), participant=participant)
        assert found(node) == [f"entries a GTIN under 400 / {GTIN}"]


@pytest.mark.usefixtures("careless")
class TestWithinScope:
    def test_items_and_commissioning_under_the_prefix_pass(self, node: Node) -> None:
        participant = add_participant(node, prefixes=("952",))
        node.mint(Lot(GTIN, "L1", 600, {}), participant=participant)
        node.submission.submit(document(event(1, **COMMISSIONING)), participant=participant)
        assert found(node) == []

    def test_a_carrier_ships_what_others_made(self, node: Node) -> None:
        participant = add_participant(node, roles=("carrier",), prefixes=())
        node.submission.submit(document(event(1)), participant=participant)
        assert found(node) == []

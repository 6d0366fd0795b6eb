"""Every figure has its alert in the operators' page, and none is there that is not told."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.support.api import Api
from traceability.ledger.node import Node
from traceability.ledger.second_place import ServedHead

PAGE = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
# Known once an anchorer has looked at its account.
OF_THE_PUBLISHER = {
    "itemproof_publisher_balance_wei",
    "itemproof_anchor_cost_wei",
    "itemproof_publisher_anchors_left",
}


def test_each_figure_is_named_with_an_alert(api: Api) -> None:
    lines = api.client.get("/metrics").text.splitlines()
    told = {line.split()[0] for line in lines if not line.startswith("#")}
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    named = {name for row in rows for name in re.findall(r"`(itemproof_[a-z_]+)`", row)}
    assert named == told | OF_THE_PUBLISHER


def _wait_until_served(node: Node) -> None:
    """Wait until the sequencer has nothing left to add to the second place."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        standing = node.standing()
        head, served = standing.checkpoint, node.second_place.latest()
        if head and served and not standing.waiting and served.tree_size == head.tree_size:
            return
        time.sleep(0.01)
    pytest.fail("the sequencer did not come to rest")


@pytest.mark.parametrize("is_behind", [False, True])
def test_a_store_that_may_only_be_read_is_at_fault(
    api: Api, monkeypatch: pytest.MonkeyPatch, is_behind: bool
) -> None:
    _wait_until_served(api.node)
    if is_behind:
        api.node.second_place.append(ServedHead(1_000, bytes(32)))
    # As after a new start: this process has let writers pass already.
    monkeypatch.setattr(api.node.gate, "_is_open", False)
    text = api.client.get("/metrics").text
    assert f"itemproof_store_fault {int(is_behind)}\n" in text
    # What is read is told all the same.
    assert "itemproof_log_entries " in text
    ready = api.client.get("/readyz").json()
    assert ready["faults"]["store"] == ("STORE_BEHIND" if is_behind else None)

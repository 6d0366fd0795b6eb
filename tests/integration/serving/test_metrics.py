"""Every figure has its alert in the operators' page, and none is there that is not told."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.api import Api

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

"""Reports of recalls without a ledger: lines and verdicts as a test needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.lineage import lot, serial
from traceability.lineage.recalls.counting import figures_of, parts_of
from traceability.lineage.recalls.report import (
    MOCK,
    Balance,
    Holder,
    Line,
    LogHead,
    Party,
    Report,
    Target,
)

ASKED = datetime(2026, 5, 1, 8, tzinfo=UTC)
RECORD = "urn:itemproof:record:AAAA:1"


def line(number: int, state: str = "in_stock", **changes: Any) -> Line:
    """Return the line of one piece."""
    found = Line(
        code=serial(4, f"S{number:04d}"),
        kind="item",
        lot=None,
        state=state,
        holder=0 if state in ("in_stock", "delivered", "in_transit", "sold") else -1,
        place="https://id.gs1.org/414/9521007000011",
        container=None,
        quantity=None,
        unit=None,
        since=1_777_600_000_000,
        biz_step="storing",
        event_id="urn:id:event",
        record=RECORD,
        proof_url=f"https://ledger.example/api/proofs?code={RECORD}",
    )
    return found._replace(**changes)


def report(
    *lines: Line, holder: str = "示例配送中心 Example Distribution", **changes: Any
) -> Report:
    """Return a report that passes, of some lines."""
    pieces = {one.state: sum(other.state == one.state for other in lines) for one in lines}
    values: dict[str, Any] = {
        "kind": MOCK,
        "code": lot(1, "R1"),
        "log": LogHead("ledger.example/log/" + "ab" * 32, "ab" * 32, 96, "cd" * 32),
        "asked": ASKED,
        "finished": ASKED + timedelta(seconds=75),
        "ledger_seconds": 0.25,
        "target": Target(Decimal(240), Decimal(100)),
        "figures": tuple(figures_of(lines)),
        "holders": (Holder(Party(holder, "9521007000011", "00" * 16, None), (), pieces),),
        "parts": tuple(parts_of(lines)),
        "lines": lines,
        "forward": (),
        "backward": (),
        "balance": Balance(3, 1, "0", ()),
        "findings": (),
        "truncated": False,
    }
    return Report(**{**values, **changes})

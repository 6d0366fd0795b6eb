"""An answer of lineage as the audit page shows it: facts, then rows, each with its proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from ledger_api.web.audit_views import AnswerRow, Cell, Fact, LineageShown
from traceability.lineage.rules import kind_of

# Rows that a page shows; the rest is for a file.
SHOWN: Final = 50
Table = tuple[tuple[str, ...], Iterable[AnswerRow], int]


def shown(question: str, found: dict[str, Any]) -> LineageShown:
    """Return what the page shows of an answer."""
    facts, (columns, rows, total) = _TELLING[question](found)
    first = tuple(islice(rows, SHOWN))
    return LineageShown(
        found["code"],
        found["status"],
        tuple(facts),
        columns,
        first,
        more=total - len(first),
        findings=tuple((one["code"], one["subject"]) for one in found["findings"]),
        is_truncated=found["truncated"],
    )


def _text(value: object) -> Cell:
    return Cell("" if value is None else str(value))


def _code(value: str | None) -> Cell:
    return Cell(value or "", "code" if value else "")


def _time(value: str | None) -> Cell:
    return Cell() if value is None else Cell(time=datetime.fromisoformat(value))


def _who(one: dict[str, Any], member: str) -> Cell:
    """Return a party by its name, else by its code."""
    return (
        Cell(f"{one['name']} ({one['gln'] or one[member]})") if one["name"] else _code(one[member])
    )


def _reached(found: dict[str, Any]) -> tuple[list[Fact], Table]:
    """Tell a trace or a recall."""
    items = found["items"]
    facts = [Fact("items", _text(len(items))), Fact("edges", _text(len(found["edges"])))]
    boxes = {one["code"]: str(one["items"]) for one in found.get("holders", ())}
    if boxes:
        facts.append(Fact("containers", _text(len(boxes))))
    known = set(items)
    codes = [*items, *(code for code in boxes if code not in known)]
    columns = ("code", "kind", "holds") if boxes else ("code", "kind")
    rows = (
        AnswerRow(
            (_code(code), Cell(kind_of(code), "object"), _text(boxes.get(code)))[: len(columns)],
            f"/api/proofs?code={quote(code, safe='')}",
        )
        for code in codes
    )
    return facts, (columns, rows, len(codes))


def _journey(found: dict[str, Any]) -> tuple[list[Fact], Table]:
    steps = found["steps"]
    rows = (
        AnswerRow(
            (
                _time(one["event_time"]),
                Cell(one["biz_step"] or one["type"], "biz_step"),
                _code(one["biz_location"] or one["read_point"]),
                _code(one["inherited_from"]),
            ),
            one["proof_url"],
        )
        for one in steps
    )
    return [Fact("steps", _text(len(steps)))], (
        ("time", "step", "place", "through"),
        rows,
        len(steps),
    )


def _where(found: dict[str, Any]) -> tuple[list[Fact], Table]:
    facts = [Fact("state", Cell(f"state_{found['state']}", "said"))]
    for name in ("location", "holder"):
        told = found[name]
        if told is None:
            facts.append(Fact(name, Cell("nobody_said", "said")))
            continue
        cell = _who(told, "code") if name == "holder" else _code(told["code"])
        facts.append(Fact(name, cell, told["proof_url"]))
        facts.append(Fact("basis", Cell(f"basis_{told['basis']}", "said")))
        facts.append(Fact("since", _time(told["since"])))
    rows = (
        AnswerRow((_code(one["code"]), _time(one["since"])), one["proof_url"])
        for one in found["inside"]
    )
    return facts, (("container", "since"), rows, len(found["inside"]))


def _holders(found: dict[str, Any]) -> tuple[list[Fact], Table]:
    facts = [Fact("counted", _text(found["item_count"]))]
    lines = [*found["holders"], *found["quantities"]]
    rows = (
        AnswerRow(
            (
                Cell("nobody_said", "said") if one["holder"] is None else _who(one, "holder"),
                _amount(one),
                _code(one["location"]),
                Cell(f"state_{one['state']}", "said"),
                _time(one["last_seen"]),
            ),
            one["proof_url"],
        )
        for one in lines
    )
    return facts, (("holder", "amount", "place", "state", "last_seen"), rows, len(lines))


def _amount(one: dict[str, Any]) -> Cell:
    if "items" in one:
        return Cell(str(one["items"]), "things")
    if one["quantity"] is None:
        return Cell("unsaid", "said")
    return Cell(f"{one['quantity']} {one['uom'] or ''}".strip())


def _balance(found: dict[str, Any]) -> tuple[list[Fact], Table]:
    facts = [Fact("state", Cell(f"balance_{found['state']}", "said"))]
    names = ("input", "product", "stock", "scrap", "used_elsewhere", "unaccounted")
    if found["unit"] is not None:
        facts += [Fact(name, _text(f"{found[name]} {found['unit']}")) for name in names]
    columns = ("time", "input", "output", "scrap", "unaccounted", "state")
    rows = (
        AnswerRow(
            (
                _time(one["event_time"]),
                *(_text(one[name]) for name in columns[1:5]),
                Cell(f"balance_{one['state']}", "said"),
            ),
            one["proof_url"],
        )
        for one in found["transformations"]
    )
    return facts, (columns, rows, len(found["transformations"]))


def _across(found: dict[str, Any]) -> tuple[list[Fact], Table]:
    rows = (
        AnswerRow(
            (
                _code(one["code"]),
                Cell(one["key"], "cause"),
                _text(one["value"]),
                _time(one["event_time"]),
            ),
            one["proof_url"],
        )
        for one in found["shared"]
    )
    facts = [Fact("items", _text(len(found["items"])))]
    return facts, (("code", "cause", "value", "time"), rows, len(found["shared"]))


_TELLING: Final[dict[str, Callable[[dict[str, Any]], tuple[list[Fact], Table]]]] = {
    "trace": _reached,
    "recall": _reached,
    "journey": _journey,
    "where": _where,
    "holders": _holders,
    "balance": _balance,
    "across": _across,
}

"""An answer as tables: one file of CSV, or a sheet each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any, Final, NamedTuple

from ledger_api.exports.answered import Answered
from ledger_api.exports.cells import Value, csv_lines
from traceability.lineage.rules import kind_of


class Table(NamedTuple):
    """Rows of one kind; `line` names the kind in a file that has rows of all kinds."""

    name: str
    line: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Value, ...]]


ANSWER: Final = ("question", "code", "status", "truncated", "items", "edges", "steps", "proof_url")
ITEMS: Final = ("code", "kind", "status", "proof_url")
EDGES: Final = ("from", "to", "relation", "event_id", "proof_url")
STEPS: Final = (
    *("event_time", "type", "action", "biz_step", "disposition", "read_point", "biz_location"),
    *("roles", "inherited_from", "relation", "declared_erroneous", "status", "event_id"),
    *("record", "proof_url"),
)
HOLDERS: Final = ("code", "kind", "holds", "status", "proof_url")
STATUSES: Final = ("code", "status", "reason", "since", "by", "entry_hash", "proof_url")
FINDINGS: Final = ("finding", "code", "message", "proof_url")


def tables(answered: Answered) -> list[Table]:
    """Return what an answer says; kinds that it says nothing of have no rows."""
    return [
        Table("Answer", "answer", ANSWER, [_answer(answered)]),
        Table("Items", "item", ITEMS, _items(answered)),
        Table("Edges", "edge", EDGES, _edges(answered)),
        Table("Steps", "step", STEPS, _steps(answered)),
        Table("Holders", "holder", HOLDERS, _holders(answered)),
        Table("Statuses", "status", STATUSES, _statuses(answered)),
        Table("Findings", "finding", FINDINGS, _findings(answered)),
    ]


def _answer(answered: Answered) -> tuple[Value, ...]:
    found = answered.found
    sizes = (len(found["items"]), len(found["edges"]), len(answered.steps))
    truncated = "yes" if answered.is_truncated else "no"
    return (
        *(answered.question, answered.code, found["status"], truncated),
        *(*sizes, answered.proof(answered.code)),
    )


def _items(answered: Answered) -> Iterator[tuple[Value, ...]]:
    for code in answered.found["items"]:
        yield code, kind_of(code), answered.status(code), answered.proof(code)


def _edges(answered: Answered) -> Iterator[tuple[Value, ...]]:
    for edge in answered.found["edges"]:
        yield *(edge[name] for name in EDGES[:-1]), answered.url(edge["proof_url"])


def _steps(answered: Answered) -> Iterator[tuple[Value, ...]]:
    for step in answered.steps:
        shown: dict[str, Any] = step | {
            "roles": " ".join(step["roles"]),
            "declared_erroneous": "yes" if step["declared_erroneous"] else "no",
            "proof_url": answered.url(step["proof_url"]),
        }
        yield tuple(shown[name] for name in STEPS)


def _holders(answered: Answered) -> Iterator[tuple[Value, ...]]:
    for one in answered.found.get("holders", ()):
        code = one["code"]
        yield code, kind_of(code), one["items"], answered.status(code), answered.proof(code)


def _statuses(answered: Answered) -> Iterator[tuple[Value, ...]]:
    for said in answered.found["statuses"]:
        for code in said["codes"]:
            yield *(code, *(said.get(name) for name in STATUSES[1:-1])), answered.proof(code)


def _findings(answered: Answered) -> Iterator[tuple[Value, ...]]:
    for one in answered.found["findings"]:
        yield one["code"], one["subject"], one["message"], answered.proof(one["subject"])


def write_csv(answered: Answered, target: IO[bytes]) -> None:
    """Write one table with the columns of all kinds; the first column says of which a row is."""
    found = tables(answered)
    columns = list(dict.fromkeys(name for one in found for name in one.columns))
    columns.remove("proof_url")
    columns.append("proof_url")
    for line in csv_lines([["line", *columns]]):
        target.write(line.encode())
    for one in found:
        places = [columns.index(name) for name in one.columns]
        for line in csv_lines(_wide(one.line, row, places, len(columns)) for row in one.rows):
            target.write(line.encode())


def _wide(line: str, row: tuple[Value, ...], places: list[int], width: int) -> list[Value]:
    values: list[Value] = [None] * width
    for place, value in zip(places, row, strict=True):
        values[place] = value
    return [line, *values]

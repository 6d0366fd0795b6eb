"""A report as a spreadsheet: summary, holders, lots, both ways, findings, every line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Final

from ledger_api.exports.cells import Value
from ledger_api.exports.workbook import Workbook, workbook
from ledger_api.recalls.view import View
from traceability.lineage.recalls.report import Line, Step

FIGURES: Final = (
    "found", "in_stock", "shipped", "delivered", "in_transit", "sold", "used", "removed",
    "unaccounted", "percent",
)  # fmt: skip
HELD: Final = ("in_stock", "delivered", "in_transit", "sold")
LINE_COLUMNS: Final = (
    "code", "lot", "state", "quantity", "unit", "holder", "gln", "place", "container", "since",
    "step", "record", "proof", "uri",
)  # fmt: skip
_LINE_WIDTHS: Final = (44, 34, 12, 12, 8, 30, 15, 34, 26, 26, 18, 40, 60, 60)


def write_sheets(target: IO[bytes], view: View) -> None:
    """Write the workbook to a file; rows go to the disk as they come."""
    with workbook(target, title=view.say(view.report.kind)) as book:
        _table(book, view, "summary", columns=("summary", "found"), rows=_summary(view))
        _table(book, view, "figures", columns=("unit", *FIGURES), rows=_figures(view))
        columns: tuple[str, ...] = (
            "holder",
            "gln",
            "places",
            "in_stock",
            "delivered",
            "in_transit",
            "sold",
        )
        _table(book, view, "holders", columns=columns, rows=_holders(view))
        columns = ("lot", "state", "holder", "count", "from", "to", "quantity", "unit")
        _table(book, view, "lots", columns=columns, rows=_lots(view))
        columns = ("from", "to", "step_pieces", "relation", "proof")
        for name, steps in (("backward", view.report.backward), ("forward", view.report.forward)):
            _table(book, view, name, columns=columns, rows=(_step(view, one) for one in steps))
        if view.report.balance is not None:
            columns = ("finding", "code", "inputs", "outputs", "missing", "proof")
            _table(book, view, "balance", columns=columns, rows=_balance(view))
        rows: Iterable[Sequence[Value]] = (
            [view.code(one.subject), one.code, view.finding(one.code, one.message)]
            for one in view.report.findings
        )
        _table(book, view, "findings", columns=("code", "finding", "finding"), rows=rows)
        rows = (line_cells(view, line) for line in view.report.lines)
        _table(book, view, "lines", columns=LINE_COLUMNS, rows=rows, widths=_LINE_WIDTHS)


def _table(
    book: Workbook,
    view: View,
    name: str,
    *,
    columns: tuple[str, ...],
    rows: Iterable[Iterable[Value]],
    widths: tuple[int, ...] = (40, 40),
) -> None:
    # What a sheet may be called excludes a colon and ends after 31 characters.
    title = view.say(name).replace("：", " ").replace(":", "")[:31]
    sheet = book.sheet(title, columns=[view.say(one) for one in columns], widths=widths)
    for row in rows:
        sheet.add(row)


def _summary(view: View) -> Iterator[Sequence[Value]]:
    report, say = view.report, view.say
    yield [say(report.kind), say("passed" if report.passed else "failed")]
    yield from (["", reason] for reason in view.reasons())
    yield [say("asked_code"), view.code(report.code)]
    yield [say("uri"), report.code]
    yield [say("asked_at"), view.moment(report.asked)]
    yield [say("finished_at"), view.moment(report.finished)]
    yield [say("time_taken"), view.taken()]
    minutes, percent = view.number(report.target.minutes), view.number(report.target.percent)
    yield [say("target"), say("target_is", minutes=minutes, percent=percent)]
    yield [say("percent"), f"{view.number(report.percent)}%"]
    yield [say("balance"), view.balance()]
    yield [say("as_of"), say("as_of_is", **report.log._asdict())]
    yield [say("signed_by"), view.signer()]
    yield ["", say("how_to_check")]
    yield ["", say("proof_note")]
    yield from ([say("recall"), one.entry_hash] for one in report.said)


def _figures(view: View) -> Iterator[list[Value]]:
    for one in view.report.figures:
        amounts: list[Value] = [getattr(one, name) for name in FIGURES]
        yield [view.unit(one.unit), *(_plain(amount) for amount in amounts)]


def _plain(value: Value) -> Value:
    """Return whole amounts as numbers, so that they can be added up; others keep all digits."""
    is_whole = value is not None and not isinstance(value, str) and value % 1 == 0
    return int(value) if is_whole and value is not None else value


def _holders(view: View) -> Iterator[list[Value]]:
    for number, one in enumerate(view.report.holders):
        counts = [one.pieces.get(state, 0) for state in HELD]
        places = "; ".join(map(view.code, one.places))
        yield [view.holder(number), one.party.gln, places, *counts]


def _lots(view: View) -> Iterator[list[Value]]:
    for one in view.report.parts:
        yield [
            view.code(one.lot),
            view.say(one.state),
            view.holder(one.holder),
            one.count,
            view.code(one.first),
            view.code(one.last),
            _plain(one.quantity),
            view.unit(one.unit),
        ]


def _step(view: View, one: Step) -> list[Value]:
    ends = [view.code(one.source), view.code(one.target)]
    return [*ends, one.pieces, view.say(one.relation), one.proof_url]


def _balance(view: View) -> Iterator[list[Value]]:
    found = view.report.balance
    for one in () if found is None else found.shortfalls:
        yield [*view.shortfall(one), one.proof_url]


def line_cells(view: View, line: Line) -> list[Value]:
    """Return a line as the cells of `LINE_COLUMNS`."""
    party = view.report.holders[line.holder].party if line.holder >= 0 else None
    return [
        view.code(line.code),
        view.code(line.lot),
        view.say(line.state),
        _plain(line.quantity),
        view.unit(line.unit),
        view.holder(line.holder),
        None if party is None else party.gln,
        view.code(line.place),
        view.code(line.container),
        view.moment(line.since),
        view.step(line.biz_step),
        line.record,
        line.proof_url,
        line.code,
    ]

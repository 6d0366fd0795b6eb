"""A report as a spreadsheet: summary, holders, lots, both ways, findings, every line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Final

from ledger_api.exports.cells import Value
from ledger_api.exports.workbook import Sheet, Workbook, workbook
from ledger_api.exports.xml_rows import xml_cell
from ledger_api.recalls.line_cells import LINE_COLUMNS, LineCells, plain
from ledger_api.recalls.view import View
from traceability.lineage.recalls.report import Step

FIGURES: Final = (
    "found", "in_stock", "shipped", "delivered", "in_transit", "sold", "used", "removed",
    "unaccounted", "percent",
)  # fmt: skip
HELD: Final = ("in_stock", "delivered", "in_transit", "sold")
_LINE_WIDTHS: Final = (44, 34, 12, 12, 8, 30, 15, 34, 26, 26, 18, 40, 60, 60)


def write_sheets(targets: Sequence[IO[bytes]], views: Sequence[View]) -> None:
    """Write a workbook in each language to a file each; rows go to the disk as they come."""
    with ExitStack() as stack:
        details = []
        for target, view in zip(targets, views, strict=True):
            book = stack.enter_context(workbook(target, title=view.say(view.report.kind)))
            _tables(book, view)
            details.append(_sheet(book, view, "lines", LINE_COLUMNS, widths=_LINE_WIDTHS))
        for cells in LineCells(views, xml_cell).of(views[0].report.lines):
            for sheet, told in zip(details, cells, strict=True):
                sheet.add_written(told)


def _tables(book: Workbook, view: View) -> None:
    """Write everything but the lines."""
    _table(book, view, "summary", columns=("summary", "found"), rows=_summary(view))
    _table(book, view, "figures", columns=("unit", *FIGURES), rows=_figures(view))
    _table(book, view, "holders", columns=("holder", "gln", "places", *HELD), rows=_holders(view))
    columns: tuple[str, ...] = (
        "lot", "state", "holder", "count", "from", "to", "quantity", "unit",
    )  # fmt: skip
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


def _table(
    book: Workbook,
    view: View,
    name: str,
    *,
    columns: tuple[str, ...],
    rows: Iterable[Iterable[Value]],
) -> None:
    sheet = _sheet(book, view, name, columns)
    for row in rows:
        sheet.add(row)


def _sheet(
    book: Workbook,
    view: View,
    name: str,
    columns: tuple[str, ...],
    *,
    widths: tuple[int, ...] = (40, 40),
) -> Sheet:
    # What a sheet may be called excludes a colon and ends after 31 characters.
    title = view.say(name).replace("：", " ").replace(":", "")[:31]
    return book.sheet(title, columns=[view.say(one) for one in columns], widths=widths)


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
        yield [view.unit(one.unit), *(plain(amount) for amount in amounts)]


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
            plain(one.quantity),
            view.unit(one.unit),
        ]


def _step(view: View, one: Step) -> list[Value]:
    ends = [view.code(one.source), view.code(one.target)]
    return [*ends, one.pieces, view.say(one.relation), one.proof_url]


def _balance(view: View) -> Iterator[list[Value]]:
    found = view.report.balance
    for one in () if found is None else found.shortfalls:
        yield [*view.shortfall(one), one.proof_url]

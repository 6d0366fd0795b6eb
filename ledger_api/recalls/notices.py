"""A notice for each holder: what it has, what to do, and a list that a program can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger_api.exports.cells import csv_line, csv_lines
from ledger_api.i18n.translations import HTML_LANGUAGES
from ledger_api.recalls.line_cells import LINE_COLUMNS, LineCells
from ledger_api.recalls.view import View
from traceability.lineage.recalls.report import Held, Line, LotPart

TEMPLATES = Path(__file__).parent / "templates"
# Codes on the notice itself; all of them are in the list beside it.
MOST_CODES: Final = 500
# One line in each language.
Lists = list[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """One row of what a holder has."""

    lot: str
    state: str
    count: str
    quantity: str
    serials: str


def notice_html(view: View, held: Held, *, list_name: str) -> str:
    """Return the notice of a holder as one page that needs nothing beside it."""
    report = view.report
    shown = [view.code(line.code) for line in held.lines[:MOST_CODES]]
    template = _environment().get_template("notice.html")
    return template.render(
        say=view.say,
        language=HTML_LANGUAGES[view.language],
        kind=report.kind,
        code=view.code(report.code),
        party=report.holders[held.holder].party,
        name=view.holder(held.holder),
        finished=view.moment(report.finished),
        signer=view.signer(),
        log_id=report.log.log_id,
        tree_size=report.log.tree_size,
        parts=[_part(view, one) for one in held.parts],
        orders=view.say(f"notice_do_{report.kind}").split("|"),
        codes=shown,
        more=len(held.lines) - len(shown),
        list_name=list_name,
    )


def notice_lists(views: Sequence[View], cells: LineCells, lines: Iterable[Line]) -> Iterator[Lists]:
    """Yield the lines of CSV files of what a holder has, one for each language.

    Parameters
    ----------
    cells
        Writes fields of CSV in the languages of the views.
    """
    heads = [csv_lines([[view.say(name) for name in LINE_COLUMNS]]) for view in views]
    # Without it Excel takes UTF-8 for something else.
    yield ["\ufeff" + "".join(head) for head in heads]
    for told in cells.of(lines):
        yield list(map(csv_line, told))


def _part(view: View, one: LotPart) -> _Part:
    first, last = view.code(one.first), view.code(one.last)
    return _Part(
        lot=view.code(one.lot),
        state=view.say(one.state),
        count=view.number(one.count),
        quantity=f"{view.number(one.quantity)} {view.unit(one.unit)}".strip(),
        serials=first if one.count == 1 else f"{first} … {last}",
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""A notice for each holder: what it has, what to do, and a list that a program can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger_api.exports.cells import csv_lines
from ledger_api.i18n.translations import HTML_LANGUAGES
from ledger_api.recalls.sheets import LINE_COLUMNS, line_cells
from ledger_api.recalls.view import View
from traceability.lineage.recalls.report import Line, LotPart

TEMPLATES = Path(__file__).parent / "templates"
# Codes on the notice itself; all of them are in the list beside it.
MOST_CODES: Final = 500


@dataclass(frozen=True, slots=True)
class _Part:
    """One row of what a holder has."""

    lot: str
    state: str
    count: str
    quantity: str
    serials: str


def notice_html(view: View, holder: int, *, list_name: str) -> str:
    """Return the notice of a holder as one page that needs nothing beside it."""
    report = view.report
    lines = list(report.held_by(holder))
    shown = [view.code(line.code) for line in islice(lines, MOST_CODES)]
    template = _environment().get_template("notice.html")
    return template.render(
        say=view.say,
        language=HTML_LANGUAGES[view.language],
        kind=report.kind,
        code=view.code(report.code),
        party=report.holders[holder].party,
        name=view.holder(holder),
        finished=view.moment(report.finished),
        signer=view.signer(),
        log_id=report.log.log_id,
        tree_size=report.log.tree_size,
        parts=[_part(view, one) for one in report.parts if one.holder == holder],
        orders=view.say(f"notice_do_{report.kind}").split("|"),
        codes=shown,
        more=len(lines) - len(shown),
        list_name=list_name,
    )


def notice_list(view: View, lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines of a CSV file of what a holder has."""
    yield "\ufeff"  # Without it Excel takes UTF-8 for something else.
    yield from csv_lines([[view.say(name) for name in LINE_COLUMNS]])
    yield from csv_lines(line_cells(view, line) for line in lines)


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

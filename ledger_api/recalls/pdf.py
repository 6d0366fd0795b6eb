"""A report as PDF: the verdict on one page, then tables by holder and lot, with page numbers.

Single codes are in the spreadsheet. A table stops after `MOST_ROWS` and says how many are left,
so that a report of a million pieces has no more pages than one of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from html import escape
from itertools import islice
from typing import IO, Any, Final

from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]  # likewise
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # likewise
from reportlab.lib.units import mm  # type: ignore[import-untyped]  # likewise
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # likewise
from reportlab.platypus import (  # type: ignore[import-untyped]  # likewise
    Flowable,
    KeepTogether,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from ledger_api.label_page import FONT, register_font
from ledger_api.recalls.view import View
from traceability.lineage.recalls.report import LotPart, Step

MOST_ROWS: Final = 400
# A row must fit on a page, in the narrowest column that has texts of strangers. The spreadsheet
# has the whole of it.
MOST_TEXT: Final = 400
_MOST_TITLE: Final = 90
_MARGIN = 16 * mm
# The library keeps 6 points free on each side of its frame.
_WIDTH = A4[0] - 2 * _MARGIN - 12
_INK, _GREY, _LINE = HexColor("#1b1f24"), HexColor("#57606a"), HexColor("#d0d7de")
_GOOD, _BAD, _SHADE = HexColor("#1a7f37"), HexColor("#b3261e"), HexColor("#f3f5f7")
_FIGURES = ("found", "in_stock", "shipped", "used", "removed", "unaccounted")
_COLUMNS = (*_FIGURES, "percent")


def _style(size: float, **more: Any) -> ParagraphStyle:
    # A line may end between any two characters, so that long codes and Chinese do not run out.
    base = {"fontName": FONT, "fontSize": size, "leading": size * 1.4, "textColor": _INK}
    return ParagraphStyle(f"s{size}{sorted(more)}", **{**base, "wordWrap": "CJK", **more})


_TEXT, _SMALL = _style(9.5), _style(8)
_FINE = _style(7.5, textColor=_GREY)
_TITLE, _HEADING = _style(20), _style(13, spaceBefore=10, spaceAfter=4)
_BIG, _VERDICT = _style(15), _style(26, textColor=HexColor("#ffffff"))
_WHITE = _style(9.5, textColor=HexColor("#ffffff"))


def write_pdf(target: IO[bytes], view: View) -> None:
    """Write the report to a file.

    Raises
    ------
    LabelFontMissing
        The font has not been built into this installation.
    """
    register_font()
    title = f"{view.say(view.report.kind)} {view.code(view.report.code)}"
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        title=title,
        creator="ItemProof",
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 6 * mm,
        invariant=1,
    )
    document.build([*_first_page(view), *_tables(view)], canvasmaker=partial(_Pages, title=title))


class _Pages(Canvas):  # type: ignore[misc]  # the library ships no types
    """A canvas that writes `1 / N` and the title under each page, once it knows N."""

    def __init__(self, *given: Any, title: str, **more: Any) -> None:
        super().__init__(*given, **more)
        self._shown_title = title[:_MOST_TITLE]
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  # the library's name
        """Put a page aside until all are known."""
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages with their numbers."""
        kept = self._kept
        for number, page in enumerate(kept, 1):
            self.__dict__.update(page)
            self._kept = kept
            self.setFont(FONT, 7.5)
            self.setFillColor(_GREY)
            self.drawString(_MARGIN, 9 * mm, self._shown_title)
            self.drawRightString(A4[0] - _MARGIN, 9 * mm, f"{number} / {len(kept)}")
            super().showPage()
        super().save()


def _first_page(view: View) -> list[Flowable]:
    """Return what somebody in a hurry reads: verdict, figures, time."""
    say, report = view.say, view.report
    return [
        _text(say(report.kind), _TITLE),
        Spacer(1, 3 * mm),
        _text(f"{say('asked_code')}: {view.code(report.code)}"),
        _text(_nature(view), _FINE),
        Spacer(1, 3 * mm),
        _verdict(view),
        Spacer(1, 5 * mm),
        _boxes(view),
        Spacer(1, 4 * mm),
        _figures(view),
        _text(say("figures_note"), _FINE),
        Spacer(1, 4 * mm),
        _facts(view),
        Spacer(1, 4 * mm),
        _text(say("how_to_check"), _FINE),
        _text(say("proof_note"), _FINE),
        PageBreak(),
    ]


def _nature(view: View) -> str:
    report = view.report
    if report.kind == "mock-recall":
        return view.say("exercise")
    records = sum(one.records for one in report.said)
    text = view.say("in_earnest", records=records, entries=len(report.said))
    return text + (" " + view.say("unsaid", count=len(report.unsaid)) if report.unsaid else "")


def _verdict(view: View) -> Table:
    say, report = view.say, view.report
    word = say("passed" if report.passed else "failed")
    reasons = view.reasons() or [f"{say('percent')} {view.number(report.percent)}%"]
    told = [_text(line, _WHITE) for line in (*reasons, f"{say('time_taken')} {view.taken()}")]
    table = Table([[_text(word, _VERDICT), told]], colWidths=[46 * mm, _WIDTH - 46 * mm])
    table.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), _GOOD if report.passed else _BAD),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 10),
            ("TOPPADDING", (0, 0), (-1, -1), 8),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 12),
        ]
    )
    return table


def _boxes(view: View) -> Table:
    """Return the figures of single things, large."""
    found, say = view.report.pieces, view.say
    cells = [
        [_text(view.number(getattr(found, name)), _BIG), _text(say(name), _SMALL)]
        for name in _FIGURES
    ]
    table = Table([cells], colWidths=[_WIDTH / len(cells)] * len(cells))
    table.setStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), _SHADE),
            ("BOX", (0, 0), (-1, -1), 0.5, _LINE),
            ("INNERGRID", (0, 0), (-1, -1), 0.5, _LINE),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
        ]
    )
    return table


def _figures(view: View) -> Table:
    rows = [
        [view.unit(one.unit), *(view.number(getattr(one, name)) for name in _FIGURES),
         f"{view.number(one.percent)}%"]
        for one in view.report.figures
    ]  # fmt: skip
    heads = [view.say("unit"), *(view.say(name) for name in _COLUMNS)]
    return _grid(heads, rows, widths=[1.3, *[1.2] * len(_FIGURES), 1.3])


def _facts(view: View) -> Table:
    say, report = view.say, view.report
    target = {
        "minutes": view.number(report.target.minutes),
        "percent": view.number(report.target.percent),
    }
    ledger = say("ledger_time", seconds=f"{report.ledger_seconds:.2f}")
    rows = [
        [say("asked_at"), view.moment(report.asked)],
        [say("finished_at"), view.moment(report.finished)],
        [say("time_taken"), f"{view.taken()} · {ledger}"],
        [say("target"), say("target_is", **target)],
        [say("holders"), str(sum(any(one.pieces.values()) for one in report.holders))],
        [say("balance"), view.balance()],
        [say("findings"), str(len(report.findings))],
        [say("as_of"), say("as_of_is", **report.log._asdict())],
        [say("signed_by"), view.signer()],
    ]
    table = Table(
        [[_text(name, _FINE), _text(value, _SMALL)] for name, value in rows],
        colWidths=[34 * mm, _WIDTH - 34 * mm],
    )
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
    return table


def _tables(view: View) -> Iterator[Flowable]:
    yield from _holders(view)
    yield from _lots(view)
    yield from _shortfalls(view)
    rows = (
        [view.code(one.subject), view.finding(one.code, one.message)]
        for one in view.report.findings
    )
    heads = {"code": 4.0, "finding": 6.0}
    yield from _section(view, "findings", heads, rows, none="no_findings")
    heads = {"from": 3, "to": 3, "step_pieces": 0.9, "relation": 1.2, "proof": 4}
    for name, steps in (("backward", view.report.backward), ("forward", view.report.forward)):
        yield from _section(view, name, heads, (_step(view, one) for one in steps))


def _holders(view: View) -> list[Flowable]:
    states = ("in_stock", "delivered", "in_transit", "sold")
    rows = (
        [
            view.holder(number),
            one.party.gln or "",
            "; ".join(map(view.code, one.places)),
            *(view.number(one.pieces.get(state, 0)) for state in states),
        ]
        for number, one in enumerate(view.report.holders)
    )
    heads = {"holder": 3, "gln": 2, "places": 3.2, **dict.fromkeys(states, 1.2)}
    return _section(view, "holders", heads, rows)


def _lots(view: View) -> list[Flowable]:
    heads = {"lot": 3, "state": 1.1, "holder": 2.2, "count": 1.2, "serials": 3.6}
    return _section(view, "lots", heads, (_lot(view, one) for one in view.report.parts))


def _lot(view: View, one: LotPart) -> list[str]:
    first, last = view.code(one.first), view.code(one.last)
    count = _amount(view, one.quantity, one.unit) or view.number(one.count)
    serials = first if one.count == 1 else f"{first} … {last}"
    serials = "" if one.first == one.lot else serials
    return [view.code(one.lot), view.say(one.state), view.holder(one.holder), count, serials]


def _shortfalls(view: View) -> list[Flowable]:
    found = view.report.balance
    if found is None or not found.shortfalls:
        return []
    rows = ([*view.shortfall(one), one.proof_url] for one in found.shortfalls)
    amounts = dict.fromkeys(("inputs", "outputs", "missing"), 1.2)
    return _section(view, "balance", {"finding": 2, "code": 3, **amounts, "proof": 4}, rows)


def _amount(view: View, amount: Any, unit: str | None) -> str:
    return "" if amount is None else f"{view.number(amount)} {view.unit(unit)}"


def _step(view: View, one: Step) -> list[str]:
    ends = [view.code(one.source), view.code(one.target)]
    return [*ends, view.number(one.pieces), view.say(one.relation), one.proof_url]


def _section(
    view: View,
    name: str,
    heads: Mapping[str, float],
    rows: Iterable[Sequence[str]],
    *,
    none: str = "no_steps",
) -> list[Flowable]:
    """Return a heading and a table of at most `MOST_ROWS`; `heads` has the widths too."""
    waiting = iter(rows)
    shown = list(islice(waiting, MOST_ROWS))
    left = sum(1 for _ in waiting)
    heading = _text(view.say(name), _HEADING)
    if not shown:
        return [KeepTogether([heading, _text(view.say(none), _SMALL)])]
    table = _grid([view.say(head) for head in heads], shown, widths=list(heads.values()))
    more = [_text(view.say("more", count=view.number(left)), _FINE)] if left else []
    return [heading, table, *more]


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[float]) -> Table:
    cells = [[_text(head, _FINE) for head in heads]]
    # Lots, holders and states come again and again in a column, which has one width.
    known = [cache(_cell) for _ in heads]
    cells += [[text(value) for text, value in zip(known, row, strict=True)] for row in rows]
    unit = _WIDTH / sum(widths)
    table = LongTable(cells, colWidths=[width * unit for width in widths], repeatRows=1)
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return table


def _cell(text: str) -> Paragraph:
    return _text(text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…", _SMALL)


class _Measured(Paragraph):  # type: ignore[misc]  # the library ships no types
    """A text that is broken into lines once: a table asks again on each page and for drawing."""

    _found: tuple[float, tuple[float, float]] | None = None

    def wrap(self, available: float, height: float) -> tuple[float, float]:
        """Return the size in a width."""
        # What was split has to be broken anew.
        if self._found is None or self._found[0] != available or not hasattr(self, "blPara"):
            self._found = available, super().wrap(available, height)
        return self._found[1]


def _text(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    """Return text as it is: what looks like markup in a stranger's name is none."""
    return _Measured(escape(text), style)

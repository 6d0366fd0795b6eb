"""One page of labels: where each stands, its symbol and its words.

Source: GS1 General Specifications, section 5.9 (a module of 0.396 to 0.990 mm, a quiet zone
of four modules) and section 4.14 (human-readable interpretation beside the symbol).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.units import mm  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase.ttfonts import TTFError, TTFont  # type: ignore[import-untyped]  # likewise
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

from ledger_api.i18n.local_text import LocalText
from ledger_api.qr_codes import QUIET_ZONE_MODULES, QRSymbol
from traceability.codes.identifier import identify
from traceability.errors import InvalidInput, Unavailable

# A common stock of 3 × 7 labels; sheets of plain paper are cut along the ticks.
PAGE_SIZE = (210 * mm, 297 * mm)
COLUMNS, ROWS = 3, 7
LABELS_PER_PAGE = COLUMNS * ROWS
LABEL_WIDTH, LABEL_HEIGHT = 63.5 * mm, 38.1 * mm
COLUMN_STEP = 66.04 * mm
LEFT, TOP = 7.2 * mm, 15.15 * mm
PADDING = 1.6 * mm
TICK = 1.5 * mm

SMALLEST_MODULE, LARGEST_MODULE = 0.396 * mm, 0.990 * mm
# With its quiet zone. A long address gets more room before it gets a smaller module.
USUAL_SYMBOL, LARGEST_SYMBOL = 31 * mm, 36 * mm
COMFORTABLE_MODULE = 0.5 * mm

FONT = "ItemProofLabel"
FONT_FILE = Path(__file__).parent / "web" / "static" / "build" / "NotoSansSC-Regular.ttf"
LEADING = 1.2
GAP = 0.6 * mm
NAME_SIZE = 8.2
CODE_SIZE = 7.2
AI_WIDTH = 4.6 * mm
SERIAL_GROUP, SERIAL_LINE = 4, 8  # a serial has at most 20 characters


class LabelFontMissing(Unavailable):
    """The font for labels has not been built into this installation."""

    code = "LABEL_FONT_MISSING"


class LabelAddressTooLong(InvalidInput):
    """The address needs a symbol whose modules would be too small to print on this label."""

    code = "LABEL_ADDRESS_TOO_LONG"


@dataclass(frozen=True, slots=True)
class Label:
    """One item's code: what the symbol says and what a person reads."""

    gtin: str
    lot: str
    serial: str

    def url(self, base_url: str) -> str:
        """Return the address in the symbol.

        Raises
        ------
        InvalidInput
            The codes break GS1's rules.
        """
        pairs = (("10", self.lot), ("21", self.serial))
        return identify("01", self.gtin, qualifiers=pairs).digital_link(base_url)


def register_font(file: Path = FONT_FILE) -> None:
    """Make the font known to the PDF library; only the glyphs in use are embedded.

    Raises
    ------
    LabelFontMissing
        No such file, or it is no TrueType font.
    """
    try:
        pdfmetrics.registerFont(TTFont(FONT, str(file)))
    except (TTFError, OSError) as cause:
        raise LabelFontMissing(
            f"font for labels is missing: expected {file.name} beside the pages",
            expected=file.name,
        ) from cause


def draw_page(
    canvas: Canvas,
    labels: Sequence[tuple[Label, QRSymbol]],
    *,
    product: LocalText,
    footer: str,
) -> None:
    """Draw up to `LABELS_PER_PAGE` labels, row by row, and close the page."""
    _draw_ticks(canvas)
    for place, (label, symbol) in enumerate(labels):
        canvas.saveState()
        column, row = place % COLUMNS, place // COLUMNS
        top = PAGE_SIZE[1] - TOP - row * LABEL_HEIGHT
        canvas.translate(LEFT + column * COLUMN_STEP, top - LABEL_HEIGHT)
        side = _draw_symbol(canvas, symbol)
        _draw_words(canvas, label, product=product, left=side + PADDING)
        canvas.restoreState()
    canvas.setFont(FONT, 6.5)
    canvas.setFillGray(0.4)
    canvas.drawRightString(LEFT + 2 * COLUMN_STEP + LABEL_WIDTH, 7 * mm, footer)
    canvas.showPage()


def module_width(modules: int) -> float:
    """Return the width of a module, in points, for a symbol of so many with its quiet zone.

    Raises
    ------
    LabelAddressTooLong
        It would be narrower than a scanner is sure to read.
    """
    width = min(LARGEST_MODULE, USUAL_SYMBOL / modules)
    if width < COMFORTABLE_MODULE:
        width = min(COMFORTABLE_MODULE, LARGEST_SYMBOL / modules)
    if width < SMALLEST_MODULE:
        most = int(LARGEST_SYMBOL / SMALLEST_MODULE)
        raise LabelAddressTooLong(
            f"address too long for the label: expected at most {most} modules, got {modules}",
            expected=f"at most {most} modules",
            got=f"{modules} modules",
        )
    return float(width)


def _draw_symbol(canvas: Canvas, symbol: QRSymbol) -> float:
    """Draw the symbol at the label's left, in the middle; return where its room ends."""
    modules = symbol.size + 2 * QUIET_ZONE_MODULES
    module = module_width(modules)
    canvas.saveState()
    bottom = (LABEL_HEIGHT - modules * module) / 2
    canvas.translate(PADDING + QUIET_ZONE_MODULES * module, bottom + QUIET_ZONE_MODULES * module)
    canvas.scale(module, module)
    canvas.setFillGray(0)
    path = canvas.beginPath()
    for x, y, length in symbol.runs():
        path.rect(x, symbol.size - 1 - y, length, 1)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()
    return float(PADDING + modules * module)


def _draw_words(canvas: Canvas, label: Label, *, product: LocalText, left: float) -> None:
    """Write the product's name and, under it, the code as a person reads it."""
    width = LABEL_WIDTH - left - PADDING
    words: list[_Word] = []
    for text, size, most in ((product.zh, NAME_SIZE, 3), (product.en, 6.0, 2)):
        lines = fit_lines(text, size, width=width, lines=most)
        words += [_Word("", line, size, gap=0 if at else GAP) for at, line in enumerate(lines)]
    for ai, value in _readable(label):
        size = _size_that_fits(value, width - AI_WIDTH)
        words.append(_Word(ai or " ", value, size, gap=GAP if ai else 0))
    y = (LABEL_HEIGHT + sum(word.gap + word.size * LEADING for word in words)) / 2
    for word in words:
        y -= word.gap + word.size * LEADING
        _draw_text(canvas, word.ai, x=left, y=y, size=5.5, grey=0.35)
        x = left + AI_WIDTH if word.ai else left
        _draw_text(canvas, word.text, x=x, y=y, size=word.size)


@dataclass(frozen=True, slots=True)
class _Word:
    """One line of a label, indented behind its application identifier, if it has one."""

    ai: str
    text: str
    size: float
    gap: float


def _readable(label: Label) -> list[tuple[str, str]]:
    """Return each line's application identifier, if it begins one, and its text."""
    starts = range(0, len(label.serial), SERIAL_LINE)
    lines = [label.serial[at : at + SERIAL_LINE] for at in starts]
    serial = [f"{line[:SERIAL_GROUP]} {line[SERIAL_GROUP:]}".rstrip() for line in lines]
    return [
        ("(01)", label.gtin),
        ("(10)", label.lot),
        *zip(["(21)", "", ""], serial, strict=False),
    ]


def _draw_text(
    canvas: Canvas, text: str, *, x: float, y: float, size: float, grey: float = 0.0
) -> None:
    canvas.setFont(FONT, size)
    canvas.setFillGray(grey)
    canvas.drawString(x, y, text)


def _draw_ticks(canvas: Canvas) -> None:
    """Draw short grey lines in the margins, along which a plain sheet is cut."""
    canvas.setStrokeGray(0.6)
    canvas.setLineWidth(0.2)
    bottom = PAGE_SIZE[1] - TOP - ROWS * LABEL_HEIGHT
    for column in range(COLUMNS):
        for x in (LEFT + column * COLUMN_STEP, LEFT + column * COLUMN_STEP + LABEL_WIDTH):
            canvas.line(x, bottom - TICK, x, bottom - 2 * TICK)
            canvas.line(x, PAGE_SIZE[1] - TOP + TICK, x, PAGE_SIZE[1] - TOP + 2 * TICK)
    right = LEFT + (COLUMNS - 1) * COLUMN_STEP + LABEL_WIDTH
    for row in range(ROWS + 1):
        y = PAGE_SIZE[1] - TOP - row * LABEL_HEIGHT
        canvas.line(LEFT - 2 * TICK, y, LEFT - TICK, y)
        canvas.line(right + TICK, y, right + 2 * TICK, y)


def fit_lines(text: str, size: float, *, width: float, lines: int) -> list[str]:
    """Break a text into at most so many lines; what does not fit ends in an ellipsis.

    Lines break at spaces where there are any, and otherwise between any two characters, as
    Chinese does.
    """
    found: list[str] = []
    rest = text.strip()
    while rest and len(found) < lines:
        end = _fitting(rest, size, width)
        if end < len(rest):
            if len(found) == lines - 1:
                return [*found, _shortened(rest, size, width)]
            space = rest.rfind(" ", 0, end + 1)
            end = space if space > 0 else end
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return found


def _fitting(text: str, size: float, width: float) -> int:
    """Return how many characters fit, at least one."""
    end = len(text)
    while end > 1 and pdfmetrics.stringWidth(text[:end], FONT, size) > width:
        end -= 1
    return end


def _shortened(text: str, size: float, width: float) -> str:
    end = _fitting(text, size, width - pdfmetrics.stringWidth("…", FONT, size))
    return text[:end].rstrip() + "…"


def _size_that_fits(text: str, width: float) -> float:
    """Return a size at which a code stands on one line: a code is never shortened."""
    needed = pdfmetrics.stringWidth(text, FONT, CODE_SIZE)
    return float(CODE_SIZE * min(1.0, width / needed))

"""Sheets of QR labels as PDF: 21 labels of 63.5 × 38.1 mm on A4, everything vector."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

from ledger_api.i18n.local_text import LocalText
from ledger_api.label_page import LABELS_PER_PAGE, PAGE_SIZE, Label, draw_page, register_font
from ledger_api.qr_codes import QRSymbol, make_symbol
from traceability.errors import InvalidInput

# Every page stays in memory until the file is written.
MAX_LABELS = 100_000
# Below this, starting processes costs more than they save.
PROCESSES_FROM = 400
CHUNK = 64

Progress = Callable[[int], None]


class LabelBaseURLRefused(InvalidInput):
    """What the codes would begin with cannot be opened by whoever scans them."""

    code = "LABEL_BASE_URL"


class LabelCountRefused(InvalidInput):
    """A sheet of no labels, or of more than one file should hold."""

    code = "LABEL_COUNT"


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """What was written."""

    labels: int
    pages: int


def check_base_url(base_url: str, *, allow_local: bool = False) -> None:
    """Refuse what a stranger's phone could not open.

    Raises
    ------
    LabelBaseURLRefused
        Not http or https, with credentials, query or fragment, or this machine's own name.
    """
    host = _host(base_url)
    if not host:
        raise LabelBaseURLRefused(
            f"base URL is no web address: expected https://host[/path], got {base_url!r}",
            expected="https://host[/path]",
            got=base_url,
        )
    if not allow_local and _is_this_machine(host):
        raise LabelBaseURLRefused(
            f"base URL leads nowhere for others: expected a public host, got {host!r}",
            expected="a public host",
            got=host,
        )


def write_label_sheet(
    path: Path,
    labels: Sequence[Label],
    *,
    base_url: str,
    product: LocalText,
    allow_local: bool = False,
    progress: Progress | None = None,
) -> LabelSheet:
    """Write a PDF of one label each; the file appears only when it is complete.

    Parameters
    ----------
    path
        File to write or replace.
    labels
        At least one, at most `MAX_LABELS`.
    base_url
        What each address begins with, up to the GTIN's `/01/`.
    product
        The name printed on each label; Chinese above English.
    allow_local
        Accept an address of this machine, for a trial print.
    progress
        Called with the number of labels drawn so far, after each page.

    Raises
    ------
    LabelBaseURLRefused, LabelCountRefused, LabelAddressTooLong, LabelFontMissing
        Nothing is written.
    """
    check_base_url(base_url, allow_local=allow_local)
    _check_count(len(labels))
    register_font()
    pages = -(-len(labels) // LABELS_PER_PAGE)
    canvas = Canvas("", pagesize=PAGE_SIZE, pageCompression=1, invariant=1)
    canvas.setTitle(f"{product.pick('zh')} {labels[0].lot}".strip())
    canvas.setCreator("ItemProof")
    drawn = zip(labels, _symbols([label.url(base_url) for label in labels]), strict=True)
    for page in range(1, pages + 1):
        some = list(islice(drawn, LABELS_PER_PAGE))
        draw_page(canvas, some, product=product, footer=f"{page} / {pages}")
        if progress is not None:
            progress(min(page * LABELS_PER_PAGE, len(labels)))
    _write_whole(path, canvas.getpdfdata())
    return LabelSheet(len(labels), pages)


def _host(base_url: str) -> str:
    """Return the host of a plain web address, or nothing."""
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port  # A port that is no number raises as well.
    except ValueError:
        return ""
    extra = parts.query or parts.fragment or "@" in parts.netloc
    return "" if parts.scheme not in ("http", "https") or extra else host or ""


def _is_this_machine(host: str) -> bool:
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check_count(given: int) -> None:
    if not 1 <= given <= MAX_LABELS:
        raise LabelCountRefused(
            f"number of labels is out of range: expected 1 to {MAX_LABELS}, got {given}",
            expected=f"1 to {MAX_LABELS}",
            got=str(given),
        )


def _symbols(urls: Sequence[str]) -> Iterator[QRSymbol]:
    """Yield each address's symbol in order; choosing the mask takes nearly all the time."""
    if len(urls) < PROCESSES_FROM or (os.cpu_count() or 1) == 1:
        yield from map(make_symbol, urls)
        return
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as processes:
        yield from processes.map(make_symbol, urls, chunksize=CHUNK)


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside the file, then put it in its place: a crash leaves the old one whole."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise

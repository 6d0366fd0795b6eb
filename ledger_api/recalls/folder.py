"""The folder of a report: written beside its place, signed last, and moved there whole.

A crash leaves a folder whose name begins with a dot and that nobody takes for a report, since it
has no signature; the next run to the same place removes it. `report.json` is what all the other
files are made from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import orjson

from ledger_api.exports.cells import csv_field
from ledger_api.i18n.translations import LANGUAGES
from ledger_api.recalls.line_cells import LineCells
from ledger_api.recalls.notices import notice_html, notice_lists
from ledger_api.recalls.sheets import write_sheets
from ledger_api.recalls.view import View
from ledger_api.statuses import FileUnwritable
from traceability.hashing.envelope import Envelope
from traceability.lineage.recalls.report import Report, line_json
from traceability.verify.recall_report import FileSum

SIGNATURE: Final = "signature.json"
REPORT: Final = "report.json"
CHUNK: Final = 2**20
# Lines of the JSON are written so many at a time.
LINES: Final = 1_000

Sign = Callable[[Report, dict[str, FileSum]], Envelope]


@dataclass
class _Draft:
    """The files written so far, with their sums."""

    folder: Path
    files: dict[str, FileSum] = field(default_factory=dict)

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[IO[bytes]]:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            yield file
        self.files[name] = sum_of(path)

    @contextlib.contextmanager
    def files_of(self, names: Iterable[str]) -> Iterator[list[IO[bytes]]]:
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(self.file(name)) for name in names]

    def text(self, name: str, text: str) -> None:
        with self.file(name) as file:
            file.write(text.encode())


def write_report(
    target: Path, report: Report, *, timezone: str, author: str | None, sign: Sign
) -> tuple[str, ...]:
    """Write the folder of a report and return the names of its files.

    Parameters
    ----------
    target
        A folder that does not exist, or is empty.
    author
        The name of the participant that signs beside the operator.

    Raises
    ------
    FileUnwritable
        There is something in the folder already, or it cannot be made.
    """
    draft = _begin(target)
    try:
        _write_all(draft, report, timezone=timezone, author=author)
        envelope = sign(report, draft.files)
        (draft.folder / SIGNATURE).write_bytes(envelope.to_bytes())
        if target.exists():
            target.rmdir()
        draft.folder.replace(target)
    except BaseException:
        shutil.rmtree(draft.folder, ignore_errors=True)
        raise
    return (*sorted(draft.files), SIGNATURE)


def require_free(target: Path) -> None:
    """Refuse a place that has something in it, before any work is done for it.

    Raises
    ------
    FileUnwritable
    """
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists():
        raise FileUnwritable(f"report needs a folder of its own, this one is not empty: {target}")
    if not target.absolute().parent.is_dir():
        raise FileUnwritable(f"report cannot be written: its folder is absent: {target}")
    if not os.access(target.absolute().parent, os.W_OK | os.X_OK):
        raise FileUnwritable(f"report cannot be written: its folder is closed: {target}")


def _begin(target: Path) -> _Draft:
    require_free(target)
    folder = target.absolute().with_name(f".{target.absolute().name}.new")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return _Draft(folder)


def _write_all(draft: _Draft, report: Report, *, timezone: str, author: str | None) -> None:
    from ledger_api.recalls.pdf import write_pdf  # noqa: PLC0415 # comes with who asks for it

    with draft.file(REPORT) as file:
        _write_json(file, report)
    views = [View(report, language, timezone, author) for language in LANGUAGES]
    for view in views:
        with draft.file(f"report-{view.language}.pdf") as file:
            write_pdf(file, view)
    with draft.files_of([f"report-{view.language}.xlsx" for view in views]) as files:
        write_sheets(files, views)
    _write_notices(draft, views)


def _write_notices(draft: _Draft, views: Sequence[View]) -> None:
    report = views[0].report
    cells = LineCells(views, csv_field)
    for held in report.held():
        stem = f"{held.holder + 1:04d}-{_slug(report, held.holder)}"
        names = [f"{stem}-{view.language}" for view in views]
        for view, name in zip(views, names, strict=True):
            draft.text(f"notices/{name}.html", notice_html(view, held, list_name=f"{name}.csv"))
        with draft.files_of([f"notices/{name}.csv" for name in names]) as files:
            for told in notice_lists(views, cells, held.lines):
                for file, text in zip(files, told, strict=True):
                    file.write(text.encode())


def _slug(report: Report, holder: int) -> str:
    party = report.holders[holder].party
    return party.gln or party.participant or "party"


def _write_json(file: IO[bytes], report: Report) -> None:
    """Write the report's JSON line by line: its text may be larger than its value."""
    head = orjson.dumps(
        {
            **report.summary_json(),
            "backward": [one._asdict() for one in report.backward],
            "forward": [one._asdict() for one in report.forward],
        },
        option=orjson.OPT_INDENT_2,
    )
    file.write(head.rstrip()[:-1].rstrip() + b',\n  "lines": [')
    for start in range(0, len(report.lines), LINES):
        some = report.lines[start : start + LINES]
        parts = b",\n    ".join(orjson.dumps(line_json(line)) for line in some)
        file.write((b"," if start else b"") + b"\n    " + parts)
    file.write(b"\n  ]\n}\n")


def sum_of(path: Path) -> FileSum:
    """Return length and SHA-256 of a file."""
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(CHUNK):
            size += len(part)
            digest.update(part)
    return FileSum(size, digest.digest())


def sums_of(folder: Path) -> dict[str, FileSum]:
    """Return the sums of all files of a report's folder, but its signature's.

    Links count as what they lead to; what lies deeper than one folder has a name that no report
    has, and is refused by it.
    """
    found = (path for path in folder.rglob("*") if not path.is_dir())
    sums = {path.relative_to(folder).as_posix(): sum_of(path) for path in found}
    sums.pop(SIGNATURE, None)
    return sums

"""`--export FORMAT -o FILE` of `trace`, `recall` and `journey`: their answer as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_api.statuses import OptionInvalid

if TYPE_CHECKING:
    from ledger_api.cli.running import Command
    from ledger_api.exports.exporting import Asked

# The names of `exports.formats`, which help need not wait for.
NAMES = "csv, xlsx, mermaid, graphml, cytoscape, epcis, epcis-xml, fsma204"
Export = Annotated[
    str | None,
    typer.Option("--export", metavar="FORMAT", help=f"Write a file: {NAMES}."),
]
ExportFile = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="The file that --export writes."),
]


def exported(command: Command, asked: Asked, *, form: str | None, path: Path | None) -> bool:
    """Write the answer to a file where that is asked for; tell whether it was.

    Raises
    ------
    OptionInvalid
        One of the two options is there without the other, or there is no such format.
    FileUnwritable
    """
    if form is None and path is None:
        return False
    from ledger_api.cli.files import require_writable, written_whole
    from ledger_api.exports.exporting import export
    from ledger_api.exports.formats import FORMATS

    found = FORMATS.get(form or "")
    if found is None or path is None:
        raise _wrong(form, path, tuple(FORMATS))
    require_writable(path)
    with command.node(need="existing") as node, written_whole(path) as file:
        base_url = command.settings.base_url
        answer = export(node, asked, found, base_url=base_url, target=file)
    facts = {
        "code": answer["code"],
        "format": found.name,
        "file": str(path),
        "bytes": path.stat().st_size,
        "items": len(answer["items"]),
        "edges": len(answer["edges"]),
        "findings": answer["findings"],
        "truncated": answer["truncated"],
    }
    say = command.output.say
    lines = [say("exported", **facts)]
    lines += [f"  ! {say('truncated')}"] if answer["truncated"] else []
    command.output.answer(facts, lines)
    return True


def _wrong(form: str | None, path: Path | None, names: tuple[str, ...]) -> OptionInvalid:
    expected = ", ".join(names)
    if form is None:
        return OptionInvalid(
            f"option is missing: expected --export FORMAT with -o, one of {expected}",
            chinese=f"缺少选项：-o 须与 --export 格式同用，格式为 {expected} 之一",
            pointer="--export",
        )
    if form not in names:
        return OptionInvalid(
            f"export format is unknown: expected one of {expected}, got {form[:40]!r}",
            chinese=f"未知的导出格式：须为 {expected} 之一，实为 {form[:40]!r}",
            pointer="--export",
        )
    if path is None:
        return OptionInvalid(
            "option is missing: expected -o FILE with --export",
            chinese="缺少选项：--export 须与 -o 文件同用",
            pointer="-o",
        )
    raise AssertionError(form)

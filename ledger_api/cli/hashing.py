"""`hash`: the CBV event hash of each event of a document, faulty events told beside the others.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.cli.submitting import Files, read_file, require_readable
from ledger_api.i18n.fault_texts import fault_detail
from ledger_api.statuses import EXIT_OK, EXIT_REFUSED, EXIT_USAGE, FileUnusable
from traceability.errors import InvalidInput, ItemProofError
from traceability.strict_json import MAX_BYTES

if TYPE_CHECKING:
    from traceability.events.faults import Fault
    from traceability.events.model import Document, SubmittedEvent
    from traceability.events.xml.lines import Lines

IgnoreFields = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-fields",
        metavar="NAME",
        help="Leave members of this name out, at any depth: as written, or {namespace}name.",
    ),
]


@dataclass(slots=True)
class _Found:
    """What the files gave so far, in their order."""

    ignore: frozenset[str]
    events: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[Path, Fault]] = field(default_factory=list)

    def add_event(self, path: Path, event: SubmittedEvent) -> None:
        from traceability.hashing.event_hash import event_hash

        found = event_hash(event.payload, ignore=self.ignore)
        self.events.append(
            {
                "pointer": event.pointer,
                "event_hash": found.uri,
                "revision": found.revision,
                "path": str(path),
            }
        )

    def add_error(self, path: Path, error: ItemProofError, pointer: str = "") -> None:
        from traceability.ledger.drafting import fault_of

        self.faults.append((path, fault_of(error, pointer)))


def hash_events(
    files: Files,
    ignore_fields: IgnoreFields = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Print the CBV 2.0 hash of each event; exit 1 where one has faults."""
    ignore = frozenset(ignore_fields or ())
    run(data, as_json, lambda command: _hash(command, files, ignore))


def _hash(command: Command, files: list[Path], ignore: frozenset[str]) -> int:
    require_readable(files)
    found = _Found(ignore)
    for path in files:
        try:
            _hash_file(path, found)
        except InvalidInput as error:
            found.add_error(path, error)
    _answer(command.output, found)
    if any(fault.code == FileUnusable.code for _, fault in found.faults):
        return EXIT_USAGE
    return EXIT_REFUSED if found.faults else EXIT_OK


def _hash_file(path: Path, found: _Found) -> None:
    document, lines = _read(path)
    for fault in document.faults:
        line = None if lines is None else lines.of(fault.pointer)
        found.faults.append((path, replace(fault, line=line)))
    for event in document.events:
        try:
            found.add_event(path, event)
        except InvalidInput as error:
            found.add_error(path, error, event.pointer)


def _read(path: Path) -> tuple[Document, Lines | None]:
    """Return a file's document, and where its parts stand if it is XML."""
    from traceability.events.jsonld import parse_document
    from traceability.events.xml.reading import read_xml
    from traceability.ledger.drafting import form_of
    from traceability.strict_json import parse_json

    data = read_file(path)
    if form_of(data) == "xml":
        source = read_xml(data, max_bytes=MAX_BYTES)
        return parse_document(source.value), source.lines
    return parse_document(parse_json(data)), None


def _answer(output: Output, found: _Found) -> None:
    told = [{"path": str(path)} | fault.to_dict() for path, fault in found.faults]
    lines = [f"{event['event_hash']}  {event['path']}#{event['pointer']}" for event in found.events]
    output.answer({"events": found.events, "faults": told}, lines)
    for path, fault in [] if output.as_json else found.faults:
        detail = fault_detail(fault, language=output.lang)
        pointer = f"{path}#{fault.pointer}"
        output.progress(output.say("fault", pointer=pointer, code=fault.code, detail=detail))

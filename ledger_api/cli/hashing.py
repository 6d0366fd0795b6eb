"""`hash`: the CBV event hash of each event of a document, faulty events told beside the others.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.cli.long_files import opened, seekable
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.cli.submitting import Files, require_readable
from ledger_api.i18n.fault_texts import fault_detail
from ledger_api.statuses import EXIT_OK, EXIT_REFUSED, EXIT_USAGE, FileUnusable
from traceability.errors import InvalidInput, ItemProofError
from traceability.strict_json import MAX_BYTES

if TYPE_CHECKING:
    from traceability.events.faults import Fault
    from traceability.events.model import SubmittedEvent
    from traceability.events.xml.lines import Lines
    from traceability.ledger.pieces import ParsedPiece
    from traceability.strict_json import JSONValue

IgnoreFields = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore-fields",
        metavar="NAME",
        help="Leave members of this name out, at any depth: as written, or {namespace}name.",
    ),
]


class _Found:
    """What the files gave so far, in their order; put aside, since there may be millions."""

    def __init__(self, ignore: frozenset[str], stack: ExitStack) -> None:
        from traceability.ledger.spill import Spill

        self.ignore = ignore
        self.events: Spill[dict[str, Any]] = stack.enter_context(Spill(None))
        self.faults: Spill[tuple[Path, Fault]] = stack.enter_context(Spill(None))

    def add_event(self, path: Path, event: SubmittedEvent, pointer: str) -> None:
        from traceability.hashing.event_hash import event_hash

        found = event_hash(event.payload, ignore=self.ignore)
        self.events.add(
            {
                "pointer": pointer,
                "event_hash": found.uri,
                "revision": found.revision,
                "path": str(path),
            }
        )

    def add_error(self, path: Path, error: ItemProofError, pointer: str = "") -> None:
        from traceability.ledger.drafting import fault_of

        self.faults.add((path, fault_of(error, pointer)))


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
    with ExitStack() as stack:
        found = _Found(ignore, stack)
        for path in files:
            try:
                _hash_file(path, found)
            except InvalidInput as error:
                found.add_error(path, error)
        _answer(command.output, found)
        if any(fault.code == FileUnusable.code for _, fault in found.faults):
            return EXIT_USAGE
        return EXIT_REFUSED if len(found.faults) else EXIT_OK


def _hash_file(path: Path, found: _Found) -> None:
    from traceability.events.jsonld import parse_document
    from traceability.ledger.drafting import form_of
    from traceability.ledger.pieces import ParsedPiece, parsed_pieces

    with opened(path) as file:
        if file.is_long:
            with seekable(file) as source:
                for part in parsed_pieces(source, form_of(file.beginning)):
                    _hash_document(path, found, part)
        else:
            value, lines = _read(file.beginning)
            _hash_document(path, found, ParsedPiece(parse_document(value), lines))


def _hash_document(path: Path, found: _Found, part: ParsedPiece) -> None:
    for fault in part.document.faults:
        line = None if part.lines is None else part.lines.of(fault.pointer)
        found.faults.add((path, replace(fault, pointer=part.placed(fault.pointer), line=line)))
    for event in part.document.events:
        pointer = part.placed(event.pointer)
        try:
            found.add_event(path, event, pointer)
        except InvalidInput as error:
            found.add_error(path, error, pointer)


def _read(data: bytes) -> tuple[JSONValue, Lines | None]:
    """Return the value of a short document, and where its parts stand if it is XML."""
    from traceability.events.xml.reading import read_xml
    from traceability.ledger.drafting import form_of
    from traceability.strict_json import parse_json

    if form_of(data) == "xml":
        source = read_xml(data, max_bytes=MAX_BYTES)
        return source.value, source.lines
    return parse_json(data), None


def _answer(output: Output, found: _Found) -> None:
    events = found.events
    told = ({"path": str(path)} | fault.to_dict() for path, fault in found.faults)
    lines = (f"{event['event_hash']}  {event['path']}#{event['pointer']}" for event in events)
    output.answer_long({"events": events, "faults": told}, lines)
    for path, fault in () if output.as_json else found.faults:
        detail = fault_detail(fault, language=output.lang)
        pointer = f"{path}#{fault.pointer}"
        output.progress(output.say("fault", pointer=pointer, code=fault.code, detail=detail))

"""`validate`, `submit` and `hash`: EPCIS documents from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.defaults import default_participant
from ledger_api.reports import submission_json
from traceability.errors import ItemProofError
from traceability.events.jsonld import parse_document
from traceability.hashing.ed25519 import load_signing_key
from traceability.hashing.event_hash import event_hash
from traceability.ledger.node import Node
from traceability.strict_json import MAX_BYTES, parse_json

Files = Annotated[list[Path], typer.Argument(help="EPCIS 2.0 documents, JSON-LD.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="Your own signing key (PEM); default: held here.")
]
Proceed = Annotated[
    bool, typer.Option("--proceed", help="Take the sound events of a faulty document.")
]


def validate(files: Files, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Check documents as `submit` would, and keep nothing."""
    run(data, as_json, lambda command: _validate(command, files))


def _validate(command: Command, files: list[Path]) -> int:
    reports = []
    for path in files:
        try:
            document = parse_document(parse_json(read_file(path)))
        except ItemProofError as error:
            reports.append(_refused(path, error))
            continue
        reports.append(_checked(path, document))
    return _answer(command, reports)


def _checked(path: Path, document: Any) -> dict[str, Any]:
    faulty = {fault.pointer for fault in document.faults}
    records = [
        {"pointer": event.pointer, "result": "valid", "event_id": event.event_id}
        for event in document.events
    ]
    records += [
        {"pointer": fault.pointer, "result": "rejected", "event_id": None, "error": fault.to_dict()}
        for fault in document.faults
    ]
    return {
        "path": str(path),
        "status": "REJECTED" if faulty else "ACCEPTED",
        "accepted": len(document.events),
        "duplicate": 0,
        "rejected": len(document.faults),
        "records": records,
    }


def submit(
    files: Files,
    key: KeyFile = None,
    proceed: Proceed = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Submit documents: check, sign, log. A new data folder opens a ledger of its own."""
    run(data, as_json, lambda command: _submit(command, files, key, proceed))


def _submit(command: Command, files: list[Path], key: Path | None, proceed: bool) -> int:
    with command.node() as node:
        reports = [_submit_one(node, path, key, proceed) for path in files]
        node.sequencer.run()
    return _answer(command, reports)


def _submit_one(node: Node, path: Path, key: Path | None, proceed: bool) -> dict[str, Any]:
    try:
        value = parse_json(read_file(path))
        result = node.submission.submit(
            value,
            participant=None if key else default_participant(node),
            key=load_signing_key(key) if key else None,
            proceed=proceed,
        )
    except ItemProofError as error:
        return _refused(path, error)
    return {"path": str(path)} | submission_json(result)


def read_file(path: Path) -> bytes:
    """Read a file, one byte more than the limit at most; the parser says that it is too long."""
    with path.open("rb") as handle:
        return handle.read(MAX_BYTES + 1)


def _refused(path: Path, error: ItemProofError) -> dict[str, Any]:
    record = {
        "pointer": error.pointer,
        "result": "rejected",
        "event_id": None,
        "error": error.to_dict(),
    }
    return {
        "path": str(path),
        "status": "REJECTED",
        "accepted": 0,
        "duplicate": 0,
        "rejected": 1,
        "records": [record],
    }


def _answer(command: Command, reports: list[dict[str, Any]]) -> int:
    lines = []
    for report in reports:
        lines.append(
            f"{report['path']}: {report['status']}  accepted {report['accepted']}, "
            f"duplicate {report['duplicate']}, rejected {report['rejected']}"
        )
        lines += [
            f"  {record['pointer'] or '/'}  {fault['code']}: {fault['message']}"
            for record in report["records"]
            for fault in [record.get("error")]
            if fault
        ]
    command.output.answer({"files": reports}, lines)
    return 0 if all(report["status"] == "ACCEPTED" for report in reports) else 1


def hash_events(files: Files, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Print the CBV 2.0 hash of each event."""
    run(data, as_json, lambda command: _hash(command, files))


def _hash(command: Command, files: list[Path]) -> None:
    events = []
    for path in files:
        document = parse_document(parse_json(read_file(path)))
        for event in document.require_faultless():
            found = event_hash(event.payload)
            events.append(
                {
                    "pointer": event.pointer,
                    "event_hash": found.uri,
                    "revision": found.revision,
                    "path": str(path),
                }
            )
    lines = [f"{event['event_hash']}  {event['path']}#{event['pointer']}" for event in events]
    command.output.answer({"events": events}, lines)

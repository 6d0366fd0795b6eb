"""`evidence`: records with their proofs and what checks them, as one ZIP."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import typer

from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

AudienceName = Literal["public", "partner", "auditor"]
Codes = Annotated[list[str] | None, typer.Argument(help="Item codes, event ids, record names.")]
Lots = Annotated[list[str] | None, typer.Option("--lot", help="A lot's number, or GTIN/LOT.")]
Batches = Annotated[list[int] | None, typer.Option("--batch", help="Number of a batch.")]
Since = Annotated[str | None, typer.Option("--from", help="Received from then on (ISO 8601).")]
Before = Annotated[str | None, typer.Option("--to", help="Received before then (ISO 8601).")]
EVERY = 1_000


def evidence(
    output: Annotated[Path, typer.Option("-o", "--output", help="ZIP to write.")],
    codes: Codes = None,
    lot: Lots = None,
    batch: Batches = None,
    everything: Annotated[bool, typer.Option("--all", help="Every record.")] = False,
    items: Annotated[bool, typer.Option(help="Each single item of lots and batches.")] = False,
    upstream: Annotated[bool, typer.Option(help="What the codes were made of, too.")] = False,
    audience: Annotated[AudienceName, typer.Option(help="Who it is for.")] = "auditor",
    since: Since = None,
    before: Before = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Write records, their proofs and the verifier as one ZIP for an auditor.

    It takes the place of a file that is there, whole or not at all.
    """
    choice = {
        "codes": tuple(codes or ()),
        "lots": tuple(lot or ()),
        "batches": tuple(batch or ()),
        "everything": everything,
        "upstream": upstream,
        "items": items,
        "since": _milliseconds(since, "--from"),
        "before": _milliseconds(before, "--to"),
    }
    run(data, as_json, lambda command: _write(command, choice, audience, output))


def _write(command: Command, asked: dict[str, Any], audience: AudienceName, output: Path) -> None:
    from ledger_api.version import VERSION
    from traceability.ledger.evidence.choosing import Choice
    from traceability.ledger.evidence.writing import EvidenceRequest, write_evidence

    choice = Choice(**asked)
    choice.check()

    def told(records: int) -> None:
        if records % EVERY == 0:
            command.output.progress(command.output.say("evidence_progress", records=records))

    with command.node(need="existing") as node:
        # What may not be written is read all the same: up to the head that it has.
        if node.gate.fault() is None:
            node.sequencer.run(close=True)
        request = EvidenceRequest(choice, audience, VERSION)
        replaced = output.exists()
        with _whole(output) as file:
            folder = output.absolute().parent
            found = write_evidence(node, request, file.write, folder=folder, progress=told)
    value = {"path": str(output), "bytes": output.stat().st_size, "audience": audience}
    value |= asdict(found)
    lines = [command.output.say("evidence", **value)]
    lines += [command.output.say("replaced", path=output)] if replaced else []
    command.output.answer(value | {"replaced": replaced}, lines)


def _milliseconds(text: str | None, option: str) -> int | None:
    """Return a time in milliseconds; one without offset is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} is no time: expected 2026-05-01 or longer") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """Write beside the file's place, and move it there when it is whole."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

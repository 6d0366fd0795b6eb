"""Recalls over HTTP: the report as JSON, or its signed folder as one ZIP."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import orjson
from fastapi.responses import Response, StreamingResponse

from ledger_api.auth import Caller
from ledger_api.exports.serving import asker_of
from ledger_api.recalls.asking import proofs_at, write_recall
from ledger_api.recalls.requests import RecallBody
from ledger_api.services import Services
from traceability.ledger.node import Node
from traceability.ledger.recalls import RecallAsked, Recalled, recall_report

ZIP: Final = "application/zip"
CHUNK: Final = 2**16


def answer(
    services: Services, caller: Caller, body: RecallBody, *, is_exercise: bool, as_zip: bool
) -> Response:
    """Return the report of a recall; of a real one once its entries are logged."""
    participant = caller.participant
    if is_exercise and participant is not None and not holds_key(services.node, participant):
        # Who keeps its keys to itself has the operator's signature alone on an exercise.
        participant = None
    asked = body.question(
        now=services.node.clock(),
        is_exercise=is_exercise,
        participant=participant,
        asker=asker_of(caller),
    )
    return _zipped(services, asked) if as_zip else _as_json(services, asked)


def holds_key(node: Node, participant: bytes) -> bool:
    """Tell whether a participant has a live key here."""
    with node.store.reading() as repositories:
        rows = repositories.keys.of_participant(participant)
    return any(row.revoked_arrival is None and node.keyring.holds(row.key_id) for row in rows)


def _as_json(services: Services, asked: RecallAsked) -> Response:
    base = services.settings.base_url
    recalled = recall_report(services.node, asked, proof_url=proofs_at(base))
    _wait(services, recalled)
    return Response(orjson.dumps(recalled.report.to_json()), media_type="application/json")


def _wait(services: Services, recalled: Recalled) -> None:
    if recalled.declared:
        services.workers.wait_logged(recalled.declared[-1].arrival)


def _zipped(services: Services, asked: RecallAsked) -> Response:
    """Write the folder beside the data, pack it, and remove it before the answer begins."""
    settings, data_dir = services.settings, services.node.data_dir
    packed = tempfile.TemporaryFile(dir=data_dir)  # noqa: SIM115 # closed when sent
    try:
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=".recall-") as made:
            folder = Path(made) / "report"
            written = write_recall(
                services.node,
                asked,
                folder,
                base_url=settings.base_url,
                timezone=settings.timezone,
            )
            _wait(services, written.recalled)
            _pack(packed, folder, written.files)
    except BaseException:
        packed.close()
        raise
    headers = {
        "Content-Disposition": f'attachment; filename="{written.recalled.report.kind}.zip"',
        "Content-Length": str(packed.tell()),
    }
    return StreamingResponse(_parts(packed), media_type=ZIP, headers=headers)


def _pack(target: IO[bytes], folder: Path, names: tuple[str, ...]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            # One folder in the archive, so that unpacking it does not mix it with other files.
            archive.write(folder / name, f"report/{name}")


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(CHUNK):
            yield part

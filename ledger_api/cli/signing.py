"""`submit --url`: documents signed on this machine, or on another, and sent to a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from traceability.errors import InvalidInput, Refused, SettingsInvalid

if TYPE_CHECKING:
    from traceability.client import Accepted, DraftRecord, Submitter
    from traceability.client.faults import BatchRefused
    from traceability.client.sending import Signed
    from traceability.events.faults import Fault
    from traceability.hashing.signatures import SecretKey
    from traceability.strict_json import JSONValue

Url = Annotated[
    str | None,
    typer.Option("--url", help="Sign here, and send to the node at this address."),
]
TrustFile = Annotated[
    Path | None, typer.Option("--trust", help="With --url: the trust file to check answers by.")
]
ApiKeyFile = Annotated[
    Path | None, typer.Option("--api-key-file", help="With --url: file with your API key.")
]
SignedFiles = Annotated[
    bool, typer.Option("--signed", help="With --url: the files are batches that sign has signed.")
]
ChainFolder = Annotated[
    Path | None,
    typer.Option("--chain", help="With --url: what the key has signed; default: KEY.chain."),
]
Report = dict[str, Any]
# Why a sound event of a refused document is not in the log.
NOT_SENT: Report = {
    "code": "ROLLED_BACK",
    "message": "event is sound, but another event of the document is not",
}


class SigningIncomplete(SettingsInvalid):
    """Signing here and sending needs a key of one's own and a trust file."""

    code = "SIGNING_INCOMPLETE"


class FormNotSigned(InvalidInput):
    """Only EPCIS JSON-LD is signed on one's own machine."""

    code = "FORM_NOT_SIGNED"


@dataclass(frozen=True, slots=True)
class Remote:
    """A node to send to, as the options name it."""

    url: str
    trust: Path
    api_key_file: Path | None
    chain: Path | None = None


def chain_folder(key: Path | None, named: Path | None, trust: Path | None) -> Path:
    """Return where the key's chain is remembered, once key and trust file are named.

    Raises
    ------
    SigningIncomplete
    """
    if key is None:
        raise SigningIncomplete("--url needs --key FILE: a node's own keys stay with the node")
    require_trust(trust)
    return named or key.with_name(f"{key.name}.chain")


def require_trust(trust: Path | None) -> Path:
    """Return the trust file that answers are checked by.

    Raises
    ------
    SigningIncomplete
    """
    if trust is None:
        raise SigningIncomplete("--url needs --trust FILE: nothing that the node says is believed")
    return trust


def submit_remotely(
    files: Sequence[Path], remote: Remote, *, key: SecretKey, chain: Path, proceed: bool
) -> Iterator[Report]:
    """Sign and send each file as a batch of its own; what was left unsent goes first."""
    from traceability.client import HttpTransport, KeyFolder, Submitter
    from traceability.verify.trust import load_trust

    trust = load_trust(remote.trust)
    with HttpTransport(remote.url, api_key=_api_key(remote)) as transport:
        submitter = Submitter(transport, trust, key=key, folder=KeyFolder(chain))
        left = submitter.resume()
        if left is not None:
            yield _resumed(left)
        for path in files:
            yield _one(path, submitter, proceed=proceed)


def _resumed(accepted: Accepted) -> Report:
    """Return what became of a batch that an earlier run had signed and not sent."""
    found = {"status": "ACCEPTED", "accepted": 0, "duplicate": 0, "rejected": 0, "records": []}
    return {"path": "outbox.json", **found, **_where(accepted)}


def _where(accepted: Accepted) -> Report:
    from traceability.hashing.encoding import b64u_encode

    return {
        "sequence": accepted.sequence,
        "batch_root": accepted.batch_root.hex(),
        "entry_hash": b64u_encode(accepted.entry_hash),
        "leaf_index": accepted.leaf_index,
        "receipt": str(accepted.receipt_file),
        "shown": accepted.is_shown,
    }


def _one(path: Path, submitter: Submitter, *, proceed: bool) -> Report:
    from traceability.client import draft_batch, master_data_record
    from traceability.client.faults import BatchRefused

    try:
        value = read_document(path)
        records, faults = drafted(value)
        if not records or (faults and not proceed):
            return _report(path, records, faults, problem=NOT_SENT)
        try:
            accepted = submitter.submit(draft_batch([*records, *master_data_record(value)]))
        except BatchRefused as error:
            return _report(path, records, faults, problem=error.problem)
        return _report(path, records, faults, accepted=accepted) | _where(accepted)
    except (InvalidInput, Refused) as error:
        record = {"pointer": error.pointer, "result": "rejected", "event_id": None}
        return _counted(path, [record | {"error": error.to_dict()}])


def read_document(path: Path) -> JSONValue:
    """Return a document that can be signed here.

    Raises
    ------
    FormNotSigned, InvalidInput
    """
    from traceability.ledger.drafting import form_of
    from traceability.strict_json import parse_json

    data = path.read_bytes()
    if form_of(data) == "xml":
        raise FormNotSigned("document is XML: expected EPCIS JSON-LD to sign here")
    return parse_json(data)


def drafted(value: JSONValue) -> tuple[list[DraftRecord], tuple[Fault, ...]]:
    """Return the sound events of a document, and the faults of the others."""
    from traceability.client import event_record
    from traceability.events.jsonld import parse_document

    document = parse_document(value)
    return [event_record(event) for event in document.events], document.faults


def faulty(path: Path, records: Sequence[DraftRecord], faults: Sequence[Fault]) -> Report:
    """Return why nothing of a document is signed."""
    return _report(path, records, faults, problem=NOT_SENT)


def send_signed(files: Sequence[Path], remote: Remote) -> Iterator[Report]:
    """Send batches that were signed elsewhere; what was left unsent goes first."""
    from traceability.client import HttpTransport, KeyFolder
    from traceability.client.faults import BatchRefused
    from traceability.client.sending import Sender, read_signed
    from traceability.verify.trust import load_trust

    trust = load_trust(remote.trust)
    with HttpTransport(remote.url, api_key=_api_key(remote)) as transport:
        for path in files:
            body = path.read_bytes()
            signed = read_signed(body, log=trust.log)
            key_id = signed.statement.header.key
            folder = remote.chain or path.with_name(f"{key_id.hex()[:16]}.chain")
            sender = Sender(transport, trust, key_id=key_id, folder=KeyFolder(folder))
            try:
                yield _sent(path, signed, sender.send(body))
            except BatchRefused as error:
                yield _counted(path, [_rejected(error)])


def _sent(path: Path, signed: Signed, accepted: Accepted) -> Report:
    """Return what became of a signed batch; each of its records was taken."""
    from traceability.verify.identity import record_urn

    rows = []
    for index in range(signed.statement.record_count):
        urn = record_urn(accepted.entry_hash, index)
        row: Report = {"pointer": f"/records/{index}", "event_id": urn, "result": "accepted"}
        rows.append(row | {"record": urn})
    return _counted(path, rows) | _where(accepted)


def _rejected(error: BatchRefused) -> Report:
    """Return what the node says of a batch as a whole."""
    told = _error(error.problem, 0) if "code" in error.problem else error.to_dict()
    pointer = str(error.problem.get("pointer", ""))
    return {"pointer": pointer, "event_id": None, "result": "rejected", "error": told}


def _api_key(remote: Remote) -> str | None:
    named = remote.api_key_file
    return None if named is None else named.read_text(encoding="utf-8").strip()


def _report(
    path: Path,
    records: Sequence[DraftRecord],
    faults: Sequence[Fault],
    *,
    accepted: Accepted | None = None,
    problem: Report | None = None,
) -> Report:
    from traceability.verify.identity import record_urn

    rows: list[Report] = [
        {"pointer": fault.pointer, "result": "rejected", "event_id": None, "error": fault.to_dict()}
        for fault in faults
    ]
    for index, record in enumerate(records):
        row: Report = {"pointer": record.pointer, "event_id": record.payload.get("eventID")}
        if accepted is not None:
            urn = record_urn(accepted.entry_hash, index)
            outcome: Report = {"result": "accepted", "record": urn}
            row["event_id"] = row["event_id"] or urn
        else:
            outcome = {"result": "rejected", "error": _error(problem or NOT_SENT, index)}
        rows.append(row | outcome)
    return _counted(path, rows)


def _error(problem: Report, index: int) -> Report:
    """Return why a record was refused; where the answer names one, the others are rolled back."""
    named = str(problem.get("pointer", "")).split("/")[1:3]
    if named[:1] == ["records"] and named != ["records", str(index)]:
        problem = NOT_SENT
    message = problem.get("message") or problem.get("detail") or problem["code"]
    return {"code": str(problem["code"]), "message": str(message)}


def _counted(path: Path, rows: list[Report]) -> Report:
    counts = {
        name: sum(row["result"] == name for row in rows)
        for name in ("accepted", "duplicate", "rejected")
    }
    if not rows or counts["rejected"] == len(rows):
        status = "REJECTED"
    else:
        status = "PARTIALLY_ACCEPTED" if counts["rejected"] else "ACCEPTED"
    return {"path": str(path), "status": status, **counts, "records": rows}

"""`validate` and `submit`: EPCIS documents from files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.cli.long_files import TakeLong, long_checker, long_submitter, opened
from ledger_api.cli.output import Output
from ledger_api.cli.passphrases import PassphraseFile, own_key
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, error_of, run
from ledger_api.cli.signing import (
    ApiKeyFile,
    ChainFolder,
    Remote,
    SignedFiles,
    SigningIncomplete,
    TrustFile,
    Url,
    chain_folder,
    require_trust,
    send_signed,
    submit_remotely,
)
from ledger_api.i18n.fault_texts import fault_detail
from ledger_api.i18n.terms import term
from ledger_api.statuses import (
    EXIT_OK,
    EXIT_REFUSED,
    EXIT_USAGE,
    FileUnusable,
    LedgerMissing,
    exit_status,
)
from traceability.errors import InvalidInput, ItemProofError, Refused
from traceability.events.faults import Fault

if TYPE_CHECKING:
    from traceability.hashing.signatures import SecretKey
    from traceability.ledger.drafting import DocumentBody
    from traceability.ledger.node import Node
    from traceability.ledger.submission import Submission, SubmissionResult

Files = Annotated[list[Path], typer.Argument(help="EPCIS documents, JSON-LD or XML.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="Key file of your own; default: a key held here.")
]
Proceed = Annotated[
    bool, typer.Option("--proceed", help="Take the sound events of a faulty document.")
]
Report = dict[str, Any]


def validate(files: Files, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Check documents against the standard and the ledger's records, and keep nothing.

    Where the data folder holds no ledger, each document is checked by itself. Not checked: what
    the signer may sign, the one-code rules, and whether two of the files contradict each other.
    """
    run(data, as_json, lambda command: _validate(command, files))


def _validate(command: Command, files: list[Path]) -> int:
    require_readable(files)
    with ExitStack() as stack:
        submission = _ledger(stack, command)
        check_long = long_checker(command, submission)
        reports = [_taken(path, _checker(submission), check_long) for path in files]
    return answer_reports(command, reports)


def _ledger(stack: ExitStack, command: Command) -> Submission | None:
    """Return what judges a document by a ledger, where there is one."""
    try:
        return stack.enter_context(command.node(need="existing")).submission
    except LedgerMissing:
        return None


def _checker(submission: Submission | None) -> Callable[[DocumentBody], Report]:
    from traceability.ledger.submission import check_alone

    judge = check_alone if submission is None else submission.check_body
    return lambda body: _checked(judge(body))


def _checked(result: SubmissionResult) -> Report:
    """Return a verdict; one faulty event would have the document refused."""
    from ledger_api.reports import submission_json

    found = submission_json(result)
    return found | {"status": "REJECTED" if found["rejected"] else "ACCEPTED"}


def submit(
    files: Files,
    key: KeyFile = None,
    proceed: Proceed = False,
    passphrase_file: PassphraseFile = None,
    url: Url = None,
    trust: TrustFile = None,
    api_key_file: ApiKeyFile = None,
    chain: ChainFolder = None,
    signed: SignedFiles = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Submit documents: check, sign, log. A new data folder opens a ledger of its own.

    With --url they are signed here and sent to a node, and its answers are checked; with --signed,
    too, they were signed on another machine.
    """

    def work(command: Command) -> int:
        require_readable(files)
        if signed:
            remote = _remote(url, require_trust(trust), api_key_file, chain)
            return _reported(command, send_signed(files, remote))
        place = chain_folder(key, chain, trust) if url is not None else None
        signing = None if key is None else own_key(command, key, passphrase_file)
        if url is None or signing is None or place is None:
            return _submit(command, files, signing, proceed)
        remote = _remote(url, require_trust(trust), api_key_file, place)
        reports = submit_remotely(files, remote, key=signing, chain=place, proceed=proceed)
        return _reported(command, reports)

    run(data, as_json, work)


def _remote(url: str | None, trust: Path, api_key_file: Path | None, chain: Path | None) -> Remote:
    if url is None:
        raise SigningIncomplete("--signed needs --url URL: where to send what was signed")
    return Remote(url, trust, api_key_file, chain)


def _reported(command: Command, told: Iterator[Report]) -> int:
    """Answer with what became of each file, also where something stops the command."""
    reports: list[Report] = []
    try:
        for report in told:
            reports.append(report)
    except (ItemProofError, OSError) as error:
        return _stopped(command, reports, error)
    return answer_reports(command, reports)


def _submit(command: Command, files: list[Path], key: SecretKey | None, proceed: bool) -> int:
    reports: list[dict[str, Any]] = []
    try:
        with command.node() as node:
            submit_one = _submitter(node, key, proceed)
            submit_long = long_submitter(command, node, key=key, proceed=proceed)
            try:
                for path in files:
                    reports.append(_taken(path, submit_one, submit_long))
            finally:
                # Whatever stops the command: what was kept before it gets its place in the log.
                node.sequencer.run()
    except (ItemProofError, OSError) as error:
        return _stopped(command, reports, error)
    return answer_reports(command, reports)


def _submitter(
    node: Node, key: SecretKey | None, proceed: bool
) -> Callable[[DocumentBody], Report]:
    from ledger_api.defaults import default_participant
    from ledger_api.reports import submission_json

    participant = None if key else default_participant(node)

    def submit_one(body: DocumentBody) -> Report:
        result = node.submission.submit_body(
            body, participant=participant, key=key, proceed=proceed
        )
        return submission_json(result)

    return submit_one


def _taken(path: Path, take_one: Callable[[DocumentBody], Report], take_long: TakeLong) -> Report:
    """Return what became of one file; only a short one is read whole."""
    from traceability.ledger.drafting import DocumentBody, form_of

    try:
        with opened(path) as file:
            if file.is_long:
                found = take_long(file)
            else:
                found = take_one(DocumentBody(file.beginning, form_of(file.beginning)))
    except (InvalidInput, Refused) as error:
        return _refused(path, error)
    return {"path": str(path)} | found


def _stopped(command: Command, reports: list[Report], error: ItemProofError | OSError) -> int:
    """Say what was kept before an error that is none of a document's."""
    if not reports:
        raise error
    found = error_of(error, command.data_dir)
    if not command.output.as_json:
        command.output.answer({}, _lines(reports, command.output))
    command.output.error(found, beside={"files": reports})
    return exit_status(found)


def require_readable(files: list[Path]) -> None:
    """Refuse a command of which a file cannot be read, before anything is done for the others.

    Raises
    ------
    FileUnusable
    """
    faults = [f"{str(path)!r} {fault}" for path in files for fault in _unreadable(path)]
    if faults:
        raise FileUnusable(f"file cannot be read: {', '.join(faults)}")


def _unreadable(path: Path) -> Iterator[str]:
    # A pipe can be read only once: nothing is opened here.
    if not path.exists():
        yield "is absent"
    elif path.is_dir():
        yield "is a folder"
    elif not os.access(path, os.R_OK):
        yield "may not be read"


def _refused(path: Path, error: ItemProofError) -> Report:
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


def answer_reports(command: Command, reports: list[Report]) -> int:
    """Tell what became of each file, and return the exit status."""
    command.output.answer({"files": reports}, _lines(reports, command.output))
    faults = [fault for report in reports for fault in _faults(report)]
    if any(fault["code"] == FileUnusable.code for fault in faults):
        return EXIT_USAGE
    accepted = all(report["status"] == "ACCEPTED" for report in reports)
    return EXIT_OK if accepted else EXIT_REFUSED


def _faults(report: Report) -> Iterator[dict[str, str]]:
    for record in report["records"]:
        if record.get("error"):
            yield {"pointer": record["pointer"] or "/"} | record["error"]


def _lines(reports: list[Report], output: Output) -> list[str]:
    lines = []
    for report in reports:
        status = report["status"]
        if output.lang == "zh":
            status = term("submission", status, language=output.lang)
        lines.append(output.say("file", **(report | {"status": status})))
        lines += _master_data_line(report, output)
        lines += [f"  {_fault_line(fault, output)}" for fault in _faults(report)]
        told = [breach for record in report["records"] for breach in record.get("breaches", ())]
        lines += [f"  {_fault_line(breach, output)}" for breach in told]
        if report.get("unlisted"):
            lines.append(f"  {output.say('unlisted', count=report['unlisted'])}")
    return lines


def _master_data_line(report: Report, output: Output) -> list[str]:
    found = report.get("master_data")
    if found is None:
        return []
    result = term("record result", found["result"], language=output.lang)
    return [output.say("master_data", **(found | {"result": result}))]


def _fault_line(fault: dict[str, Any], output: Output) -> str:
    detail = fault_detail(Fault(**fault), language=output.lang)
    return output.say("fault", pointer=fault["pointer"], code=fault["code"], detail=detail)

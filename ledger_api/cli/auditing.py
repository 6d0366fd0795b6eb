"""`audit`: all that is stored, against the log and the chain; for a person, or for cron."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.cli.files import require_writable, write_whole
from ledger_api.cli.options import option_invalid
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, error_of, run
from ledger_api.statuses import EXIT_OK, EXIT_REFUSED, EXIT_UNAVAILABLE, exit_status
from traceability.errors import ItemProofError, Unavailable

if TYPE_CHECKING:
    from traceability.ledger.audit.audit import AuditReport, ChainHead
    from traceability.ledger.node import Node

# What a report may be written as.
FORMS = (".html", ".json")

Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes; default: one for each processor.")
]
Resume = Annotated[
    Path | None,
    typer.Option(help="Keep progress in this file, and go on from it where it is there."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin anew, whatever the file holds.")]
Reports = Annotated[
    list[Path] | None,
    typer.Option("--report", help="Write the report too: FILE.html or FILE.json; repeatable."),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="No progress, and no words where everything agrees.")
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the store is to be audited."""

    offline: bool
    jobs: int | None
    resume: Path | None
    fresh: bool
    reports: Sequence[Path]
    quiet: bool


def audit(
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the contract for its head.")
    ] = False,
    mirror: Annotated[
        Path | None, typer.Option(help="Check this mirror instead, with nothing of a node.")
    ] = None,
    rpc: Annotated[
        list[str] | None, typer.Option(help="Endpoint to ask of a mirror's chain; may be repeated.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="Trust file for a mirror; default: trust.json in the data folder."),
    ] = None,
    jobs: Jobs = None,
    resume: Resume = None,
    fresh: Fresh = False,
    report: Reports = None,
    quiet: Quiet = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Re-hash every stored byte against the log and the chain; exit 1 names what differs.

    Exit 0: everything agrees; 1: differences; 2: usage; 3: not finished, or nothing differs and
    something could not be checked.
    """
    reports = tuple(report or ())
    wanted = Wanted(offline, jobs, resume, fresh, reports, quiet)
    for path in reports:
        if path.suffix not in FORMS:
            raise typer.BadParameter(f"expected a report named .html or .json, got {path.name}")

    def work(command: Command) -> int:
        for path in (*reports, *(() if resume is None else (resume,))):
            require_writable(path)
        if mirror is None:
            return _audit_store(command, wanted)
        from ledger_api.cli.auditing_mirrors import audit_folder

        _refuse_for_mirrors(wanted)
        return audit_folder(command, mirror, wanted, trust=trust, rpc=rpc or [])

    run(data, as_json, work)


def _refuse_for_mirrors(wanted: Wanted) -> None:
    """Refuse what says how a store is audited: a mirror's audit is short and does without."""
    given = {
        "--jobs": wanted.jobs is not None,
        "--resume": wanted.resume is not None,
        "--fresh": wanted.fresh,
    }
    named = [option for option, is_given in given.items() if is_given]
    if named:
        raise option_invalid(", ".join(named), "option_not_of_mirrors")


def _audit_store(command: Command, wanted: Wanted) -> int:
    from ledger_api.wiring import require_ledger

    require_ledger(command.settings, command.data_dir)
    if wanted.fresh and wanted.resume is not None:
        wanted.resume.unlink(missing_ok=True)
    found = _found(command, wanted)
    value = report_json(found)
    if failed := write_reports(wanted.reports, value, command):
        return answer_unwritten(command, failed, value, audit_lines(value, command.output))
    if command.output.as_json or not (wanted.quiet and found.ok):
        command.output.answer(value, audit_lines(value, command.output))
    return status_of(found)


def status_of(found: AuditReport) -> int:
    """Return an audit's exit status: what could not be checked refutes nothing."""
    if found.total:
        return EXIT_REFUSED
    return EXIT_UNAVAILABLE if found.unchecked else EXIT_OK


def _found(command: Command, wanted: Wanted) -> AuditReport:
    """Audit; a store that cannot even be opened is refused only if nothing in it says why."""
    from traceability.store.faults import StoreFault, StoreUnavailable

    need = "existing" if wanted.offline else "required"
    try:
        with command.node(need=need) as node:  # type: ignore[arg-type] # one of the two
            return _run(command, node, wanted)
    except (StoreUnavailable, StoreFault) as error:
        found = _damage(command)
        if found is None:
            raise error from None
        return found


def _damage(command: Command) -> AuditReport | None:
    """Return what keeps the store from being read; None where it holds nothing of the kind."""
    from traceability.ledger.audit.audit import AuditReport
    from traceability.ledger.audit.unreadable import unreadable
    from traceability.store.engine import open_engine
    from traceability.store.store import Store

    url = command.settings.database(command.data_dir)
    with Store(open_engine(url), command.data_dir) as store:
        found = unreadable(store)
    return AuditReport({"records": 0}, tuple(found), len(found)) if found else None


def write_reports(
    paths: Sequence[Path], value: dict[str, Any], command: Command
) -> ItemProofError | None:
    """Write the report to files; return what hindered it, so that what was found is still told."""
    try:
        for path in paths:
            write_whole(path, _rendered(path, value))
    except (ItemProofError, OSError) as error:
        return error_of(error, command.data_dir)
    return None


def answer_unwritten(
    command: Command, failed: ItemProofError, value: dict[str, Any], lines: list[str]
) -> int:
    """Tell what was found, and that its report could not be written."""
    if not command.output.as_json:
        command.output.answer({}, lines)
    command.output.error(failed, beside=value)
    return EXIT_REFUSED if value["total"] else exit_status(failed)


def _run(command: Command, node: Node, wanted: Wanted) -> AuditReport:
    from traceability.chain.registry import artifact
    from traceability.ledger.audit.audit import audit as run_audit

    bar = nullcontext(silent) if wanted.quiet else command.output.bar("audit", rate=True)
    with bar as report:
        return run_audit(
            node.store,
            second_place=node.second_place,
            chain_head=None if wanted.offline else _chain_head(node),
            code_hash=artifact().code_hash,
            duplicate_key=node.identity.duplicate_key,
            can_sign=node.keyring.can_sign,
            jobs=wanted.jobs or _jobs(node),
            progress_file=wanted.resume,
            progress=lambda _part, done, total: report(done, total),
        )


def silent(_done: int, _total: int) -> None:
    """Show nothing."""


def _jobs(node: Node) -> int:
    from traceability.ledger.audit.worth import worthwhile_jobs
    from traceability.store.faults import StoreFault, StoreUnavailable

    try:
        with node.store.reading() as repositories:
            return worthwhile_jobs(repositories, processors=len(os.sched_getaffinity(0)))
    except (StoreFault, StoreUnavailable):
        return 1  # A sum that is too large, or no table: the audit names it.


def report_json(found: AuditReport) -> dict[str, Any]:
    """Return the report's form for machines."""
    head = found.head
    return {
        "ok": found.ok,
        "checked": found.checked,
        "differences": [difference.to_json() for difference in found.differences],
        "total": found.total,
        "unchecked": [one.to_json() for one in found.unchecked],
        "head": None if head is None else _readable(head._asdict()),
        **run_facts(found.seconds),
    }


def run_facts(seconds: float) -> dict[str, Any]:
    """Return when an audit ended, how long it took, and by which program it was done."""
    from traceability.ledger.audit.progress import code_version

    return {
        "code_version": code_version(),
        "seconds": round(seconds, 3),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _readable(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with digests as hexadecimal digits."""
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }


def _rendered(path: Path, value: dict[str, Any]) -> bytes:
    if path.suffix == ".json":
        return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
    from ledger_api.cli.audit_page import audit_page

    return audit_page(value).encode()


def audit_lines(report: dict[str, Any], output: Output) -> list[str]:
    """Return what was checked and what differs, a line each."""
    checked = [output.say(name, count=count) for name, count in report["checked"].items()]
    lines = [output.say("checked", checked=", ".join(checked))]
    lines += [output.say("difference", **found) for found in report["differences"]]
    left = report.get("unchecked", [])
    lines += [output.say("left_unchecked", why=_why(one, output), **one) for one in left]
    if left and not report["total"]:
        return [*lines, output.say("some_unchecked", count=len(left))]
    found = output.say("agrees") if report["ok"] else output.say("differences", **report)
    return [*lines, found]


def _why(left: dict[str, str], output: Output) -> str:
    """Return why something could not be checked."""
    return output.say(f"unchecked_{left['reason']}", detail=left["detail"])


def _chain_head(node: Node) -> ChainHead:
    if node.chain is None:
        raise Unavailable("no chain to ask: use --offline")
    chain = node.chain

    def head() -> tuple[int, bytes]:
        chain.require_chain(node.identity.genesis.chain_id)
        found = chain.head(node.identity.log)
        return found.tree_size, found.root_hash

    return head

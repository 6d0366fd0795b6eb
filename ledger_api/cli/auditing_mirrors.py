"""`audit --mirror`: a mirror checked by its files, a trust file and the chain; no node is asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger_api.cli.auditing import (
    Wanted,
    answer_unwritten,
    audit_lines,
    run_facts,
    silent,
    write_reports,
)
from ledger_api.cli.output import Output
from ledger_api.cli.running import Command
from ledger_api.statuses import EXIT_OK, EXIT_REFUSED, EXIT_UNAVAILABLE
from traceability.errors import MissingTrust

if TYPE_CHECKING:
    from traceability.ledger.mirror.auditing import MirrorAudit
    from traceability.ledger.mirror.folder import MirrorFolder
    from traceability.verify.trust import Trust


class EndpointMissing(MissingTrust):
    """Nothing says which endpoint to ask whether the anchors' blocks are the chain's."""

    code = "ENDPOINT_MISSING"


def audit_folder(
    command: Command, path: Path, wanted: Wanted, *, trust: Path | None, rpc: Sequence[str]
) -> int:
    """Check a mirror and print the report; its own trust file is believed only where it is named.

    A chain that could not be asked, or that proves nothing, refutes nothing: the status is 3. So it
    is where parts are missing: what they would prove stays unproven.
    """
    from traceability.ledger.mirror.folder import MirrorFolder
    from traceability.verify.trust import load_trust

    trusted = load_trust(trust or command.data_dir / "trust.json")
    endpoints = tuple(rpc) or trusted.endpoints or tuple(command.settings.rpc_urls)
    if not endpoints and not wanted.offline:
        raise EndpointMissing(
            "no endpoint to ask of the anchors' blocks: name one with --rpc, or say --offline"
        )
    trusted = replace(trusted, endpoints=() if wanted.offline else endpoints)
    started = time.monotonic()
    report = _audit(command, MirrorFolder(path), trusted, quiet=wanted.quiet)
    value = _value(report)
    shown = _shown(report, value, trusted) | run_facts(time.monotonic() - started)
    lines = _lines(report, value, command.output)
    if failed := write_reports(wanted.reports, shown, command):
        return answer_unwritten(command, failed, value, lines)
    if report.ok and report.chain_fault is not None:
        command.output.error(report.chain_fault, beside=value)
        return EXIT_UNAVAILABLE
    if command.output.as_json or not (wanted.quiet and value["ok"]):
        command.output.answer(value, lines)
    if not report.ok:
        return EXIT_REFUSED
    return EXIT_UNAVAILABLE if report.missing else EXIT_OK


def _lines(report: MirrorAudit, value: dict[str, Any], output: Output) -> list[str]:
    *lines, verdict = audit_lines(value, output)
    if report.unchecked_blocks:
        lines.append(output.say("unchecked_blocks", count=report.unchecked_blocks))
    if not report.is_contract_asked:
        lines.append(output.say("contract_unasked"))
    for part in report.missing:
        name = "missing_before" if part.is_before else "missing_part"
        lines.append(output.say(name, file=part.file, tree_size=part.tree_size))
    if report.ok and report.missing:
        verdict = output.say("parts_missing", count=len(report.missing))
    return [*lines, verdict]


def _shown(report: MirrorAudit, value: dict[str, Any], trust: Trust) -> dict[str, Any]:
    """Return what a report in a file says besides: of which log, and why it is not complete."""
    head = {
        "log": trust.log.hex(),
        "chain_id": trust.chain_id,
        "contract": trust.contract,
        "tree_size": report.tree_size,
        "root_hash": report.root_hash.hex(),
    }
    fault = report.chain_fault
    return {**value, "head": head, "chain_fault": None if fault is None else fault.to_dict()}


def _audit(command: Command, folder: MirrorFolder, trust: Trust, *, quiet: bool) -> MirrorAudit:
    from ledger_api.chain_view import EndpointsView
    from traceability.chain.values import Finality
    from traceability.ledger.mirror.auditing import audit_mirror

    finality = Finality.parse(command.settings.finality)
    shown = nullcontext(silent) if quiet else command.output.bar("audit")
    with EndpointsView(trust, finality=finality) as view, shown as bar:
        asks = bool(trust.endpoints)
        return audit_mirror(
            folder,
            trust,
            chain=view if asks else None,
            proven_head=view.proven_head if asks else None,
            progress=bar,
        )


def _value(report: MirrorAudit) -> dict[str, Any]:
    return {
        "ok": report.ok and report.chain_fault is None and not report.missing,
        "tree_size": report.tree_size,
        "root_hash": report.root_hash.hex(),
        "checked": report.checked,
        "unchecked_blocks": report.unchecked_blocks,
        "contract_asked": report.is_contract_asked,
        "missing": [part._asdict() for part in report.missing],
        "differences": [difference.to_json() for difference in report.differences],
        "total": report.total,
    }

"""`audit --mirror`: a mirror checked by its files, a trust file and the chain; no node is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger_api.cli.administering import audit_lines
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
    command: Command, path: Path, *, trust: Path | None, rpc: Sequence[str], offline: bool
) -> int:
    """Check a mirror and print the report; its own trust file is believed only where it is named.

    A chain that could not be asked, or that proves nothing, refutes nothing: the status is 3.
    """
    from traceability.ledger.mirror.folder import MirrorFolder
    from traceability.verify.trust import load_trust

    trusted = load_trust(trust or command.data_dir / "trust.json")
    endpoints = tuple(rpc) or trusted.endpoints or tuple(command.settings.rpc_urls)
    if not endpoints and not offline:
        raise EndpointMissing(
            "no endpoint to ask of the anchors' blocks: name one with --rpc, or say --offline"
        )
    trusted = replace(trusted, endpoints=() if offline else endpoints)
    report = _audit(command, MirrorFolder(path), trusted)
    value = _value(report)
    if report.ok and report.chain_fault is not None:
        command.output.error(report.chain_fault, beside=value)
        return EXIT_UNAVAILABLE
    lines = audit_lines(value, command.output)
    if report.unchecked_blocks:
        lines.insert(-1, command.output.say("unchecked_blocks", count=report.unchecked_blocks))
    command.output.answer(value, lines)
    return EXIT_OK if report.ok else EXIT_REFUSED


def _audit(command: Command, folder: MirrorFolder, trust: Trust) -> MirrorAudit:
    from ledger_api.chain_view import EndpointsView
    from traceability.chain.values import Finality
    from traceability.ledger.mirror.auditing import audit_mirror

    finality = Finality.parse(command.settings.finality)
    with EndpointsView(trust, finality=finality) as view, command.output.bar("audit") as bar:
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
        "ok": report.ok and report.chain_fault is None,
        "tree_size": report.tree_size,
        "root_hash": report.root_hash.hex(),
        "checked": report.checked,
        "unchecked_blocks": report.unchecked_blocks,
        "differences": [difference.to_json() for difference in report.differences],
        "total": report.total,
    }

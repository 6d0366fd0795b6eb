"""`anchor`, `status`, `prove` and `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ledger_api.chain_view import EndpointsView
from ledger_api.cli.files import write_whole
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.i18n.terms import term
from ledger_api.reports import anchor_json, checkpoint_json
from traceability.ledger.node import Node
from traceability.verify.reading import MAX_BUNDLE_BYTES
from traceability.verify.trust import load_trust
from traceability.verify.verifier import verify_bundle

AudienceName = Literal["public", "partner", "auditor"]
AcceptName = Literal["final", "anchored", "logged"]


def anchor(data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Anchor everything that has arrived, and wait until it is final."""

    def work(command: Command) -> None:
        with command.node(need="required") as node:
            node.anchor_and_wait()
            _print_standing(command, node)

    run(data, as_json, work)


def status(data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Say where things stand: the newest checkpoint and the newest anchor."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node:
            _print_standing(command, node)

    run(data, as_json, work)


def _print_standing(command: Command, node: Node) -> None:
    standing = node.standing()
    checkpoint = checkpoint_json(standing.checkpoint)
    anchored = anchor_json(standing.anchor, node.identity)
    value = {"checkpoint": checkpoint, "anchor": anchored, "waiting": standing.waiting}
    lines = []
    if checkpoint:
        lines.append(f"log        {checkpoint['tree_size']} entries, {checkpoint['root_hash']}")
    if anchored:
        lines.append(
            f"anchor     {anchored['tree_size']} entries in block {anchored['block_number']}, "
            f"{anchored['gas_used']} gas, {anchored['state']}"
        )
    else:
        lines.append("anchor     none yet")
    lines.append(f"waiting    {standing.waiting} entries")
    command.output.answer(value, lines)


def prove(
    code: Annotated[str, typer.Argument(help="Item code, event id or record name.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Bundle to write.")],
    audience: Annotated[AudienceName, typer.Option(help="Who it is for.")] = "auditor",
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Write the proof bundle of a code."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node:
            node.sequencer.run(close=True)
            bundle = node.prove(code, audience=audience)
        data_bytes = bundle.to_bytes()
        write_whole(output, data_bytes)
        size = len(data_bytes)
        command.output.answer(
            {"code": code, "path": str(output), "bytes": size, "audience": audience},
            [f"proof bundle of {code}: {output} ({size} bytes)"],
        )

    run(data, as_json, work)


def verify(
    file: Annotated[Path, typer.Argument(help="Proof bundle.")],
    trust: Annotated[
        Path | None, typer.Option(help="Trust file; default: trust.json in the data folder.")
    ] = None,
    accept: Annotated[AcceptName, typer.Option(help="The least state to accept.")] = "final",
    code: Annotated[
        str | None, typer.Option(help="Demand that the bundle is of this code.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Check a proof bundle against a trust file, offline where the file pins the block."""

    def work(command: Command) -> int:
        trusted = load_trust(trust or command.data_dir / "trust.json")
        with file.open("rb") as handle:
            bundle = handle.read(MAX_BUNDLE_BYTES + 1)
        with EndpointsView(trusted) as view:
            chain = view if trusted.endpoints else None
            report = verify_bundle(bundle, trusted, accept=accept, code=code, chain=chain)
        command.output.answer(report.to_json(), _report_lines(command, report.to_json()))
        return report.exit_status

    run(data, as_json, work)


_MARKS = {"passed": "✓", "failed": "✗", "not_checked": "–"}


def _report_lines(command: Command, report: dict[str, Any]) -> list[str]:
    lang = command.output.lang
    verdict = "verified" if report["verified"] else "refused"
    lines = [f"{term('verdict', verdict, language=lang)}  {report.get('state') or ''}".rstrip()]
    for step in report["steps"]:
        reason = f": {step['reason']}" if step.get("reason") else ""
        lines.append(f"  {_MARKS[step['result']]} ({step['step']}) {step['name']}{reason}")
    return [*lines, *_fact_lines(report, lang)]


# What a reader of a terminal is told besides the steps; zh, then en.
_FACTS = {
    "status": ("状态", "status"),
    "not_before": ("不早于", "not before"),
    "not_after": ("此后未改动", "unchanged since"),
    "claimed_time": ("签署方自述时间", "claimed time"),
    "unchecked": ("未核验", "not checked"),
}


def _fact_lines(report: dict[str, Any], lang: str) -> list[str]:
    """Return who signed and when; nothing where the record itself was refused."""
    if "signer" not in report or report["signer"] is None:
        return []
    words = {name: pair[0 if lang == "zh" else 1] for name, pair in _FACTS.items()}
    seen = report["status_as_of"]
    facts = {
        "status": f"{report['status']} (as of {seen['tree_size']} entries, later unknown)",
        "not_before": report["not_before"] or words["unchecked"],
        "not_after": report["not_after"] or words["unchecked"],
        "claimed_time": report["claimed_time"],
    }
    lines = [f"  {words[name]}: {value}" for name, value in facts.items()]
    return [f"  {report['signer']['description']}", *lines]

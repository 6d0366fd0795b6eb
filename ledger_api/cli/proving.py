"""`anchor`, `status`, `prove` and `verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ledger_api.cli.files import write_whole
from ledger_api.cli.judging import Sources
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.i18n.terms import error_words, term

if TYPE_CHECKING:
    from traceability.ledger.node import Node

LogAddress = Annotated[
    str | None, typer.Option(help="Log to look in: address of a node or of a served mirror.")
]
Endpoints = Annotated[
    list[str] | None, typer.Option(help="Endpoint to ask about a receipt; may be repeated.")
]
EvidenceFile = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write a verdict's evidence: of a receipt, of a fork."),
]
ForkFile = Annotated[
    Path | None,
    typer.Option(help="Compare this head (checkpoint, bundle) with FILE's; alone: evidence."),
]
MirrorFolder = Annotated[
    Path | None, typer.Option(help="Mirror in which to look for a receipt's entry, or for nodes.")
]
AudienceName = Literal["public", "partner", "auditor"]
AcceptName = Literal["final", "anchored", "logged"]


def anchor(
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it would cost; send nothing.")
    ] = False,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Anchor everything that has arrived, and wait until it is final."""

    def work(command: Command) -> None:
        with command.node(need="required") as node:
            if estimate:
                _print_estimate(command, node)
                return
            node.anchor_and_wait()
            _print_standing(command, node)

    run(data, as_json, work)


def _print_estimate(command: Command, node: Node) -> None:
    found = node.anchor_estimate()
    value: dict[str, Any] = {"estimate": None}
    lines = [command.output.say("nothing_to_anchor")]
    if found is not None:
        value = {"estimate": {"gas": found.gas, "price_wei": found.price, "cost_wei": found.cost}}
        lines = [command.output.say("estimate", **value["estimate"])]
    command.output.answer(value, lines)


def status(
    code: Annotated[
        str | None, typer.Argument(help="Item, lot, event id or urn:itemproof:record:….")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Say where the log stands; of a code, what became of its record since."""

    def work(command: Command) -> None:
        with command.node(need="existing") as node:
            if code is not None:
                _print_status(command, node, code)
                return
            _print_standing(command, node)
            if (closed := node.gate.fault()) is not None:
                command.output.warn(closed)

    run(data, as_json, work)


def _print_status(command: Command, node: Node, code: str) -> None:
    from ledger_api.cli.saying import standing_lines
    from ledger_api.standings import status_json

    value = status_json(node, code)
    command.output.answer(value, standing_lines(value, command.output))


def _print_standing(command: Command, node: Node) -> None:
    from ledger_api.reports import anchor_json, anchoring_json, checkpoint_json
    from traceability.ledger.anchor_figures import anchor_figures

    standing = node.standing()
    anchoring = anchoring_json(anchor_figures(node.store, now=node.clock()))
    checkpoint = checkpoint_json(standing.checkpoint)
    anchored = anchor_json(standing.anchor, node.identity)
    closed = node.gate.fault()
    keys = node.keyring.files.standing()
    value = {
        "checkpoint": checkpoint,
        "anchor": anchored,
        "waiting": standing.waiting,
        "anchoring": anchoring,
        "closed": None if closed is None else closed.to_dict(),
        "keys": asdict(keys),
    }
    say = command.output.say
    lines = [say("no_anchor")]
    if anchored:
        values = {**anchored, "entries": anchored["tree_size"], "gas": anchored["gas_used"]}
        state = _term("state", anchored["state"], command.output)
        lines = [say("anchor", **(values | {"block": anchored["block_number"], "state": state}))]
    if checkpoint:
        head = say("log", entries=checkpoint["tree_size"], root=checkpoint["root_hash"])
        lines.insert(0, head)
    lines.append(say("waiting", entries=standing.waiting))
    lines.append(say("anchoring", **anchoring))
    lines.append(say(f"keys_{keys.protected_by}", **asdict(keys)))
    if anchored and anchored["cost_wei"] is not None:
        lines.append(say("cost", **anchored))
    if anchoring["publisher"]:
        lines.append(say("publisher", **anchoring["publisher"]))
    command.output.answer(value, lines)


def prove(
    code: Annotated[str, typer.Argument(help="Item code, event id or record name.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Bundle to write.")],
    audience: Annotated[AudienceName, typer.Option(help="Who it is for.")] = "auditor",
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Write the proof bundle of a code, in the place of a file that is there, whole or not at all.

    What is logged of the record and not in the proof yet is said.
    """

    def work(command: Command) -> None:
        from ledger_api.standings import newer_than

        with command.node(need="existing") as node:
            # What may not be written is read all the same: up to the head that it has.
            if node.gate.fault() is None:
                node.sequencer.run(close=True)
            bundle = node.prove(code, audience=audience)
            newer = newer_than(node, bundle)
        data_bytes = bundle.to_bytes()
        replaced = write_whole(output, data_bytes)
        size = len(data_bytes)
        value = {"code": code, "path": str(output), "bytes": size, "audience": audience}
        lines = [command.output.say("proof", code=code, path=output, size=size)]
        lines += [command.output.say("replaced", path=output)] if replaced else []
        lines += [_newer_line(one, command.output) for one in newer]
        command.output.answer({**value, "replaced": replaced, "newer_statuses": newer}, lines)

    run(data, as_json, work)


def _newer_line(said: dict[str, Any], output: Output) -> str:
    from ledger_api.cli.saying import said_line

    return output.say("newer_status", said=said_line(said, output))


def verify(
    file: Annotated[Path | None, typer.Argument(help="Proof bundle; or name a receipt.")] = None,
    receipt: Annotated[
        Path | None, typer.Option(help="Judge this receipt instead of a proof bundle.")
    ] = None,
    fork: ForkFile = None,
    mirror: MirrorFolder = None,
    log: LogAddress = None,
    rpc: Endpoints = None,
    output: EvidenceFile = None,
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
    """Check a proof bundle, a receipt, or two heads of one log against a trust file.

    A bundle is checked offline where the file pins its block. Of a receipt it says whether the
    promise was kept (status 0) or broken (1), or is pending or unresolved (3). Of two heads: one
    history (0), two (1), or not to be told (3).
    """
    if (receipt is not None) == (file is not None or fork is not None):
        raise typer.BadParameter("expected a proof bundle, or --receipt or --fork with a file")

    def work(command: Command) -> int:
        sources = Sources(mirror, log, rpc or ())
        if fork is not None:
            from ledger_api.cli.forking import compare

            files = [fork] if file is None else [fork, file]
            return compare(command, files, trust=trust, sources=sources, output=output)
        if file is not None:
            return _verify_bundle(command, file, trust=trust, accept=accept, code=code)
        from ledger_api.cli.judging import judge_receipt

        if receipt is None:
            raise AssertionError("either is named")
        return judge_receipt(command, receipt, trust=trust, sources=sources, output=output)

    run(data, as_json, work)


def verifier(
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path(
        "itemproof_verify.py"
    ),
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Write the verifier as one file that needs Python alone, for whoever has nothing of ours."""

    def work(command: Command) -> None:
        import hashlib

        from ledger_api.version import VERSION
        from traceability.verify.alone.building import build_verifier

        text = build_verifier(VERSION)
        write_whole(output, text)
        value = {"path": str(output), "sha256": hashlib.sha256(text).hexdigest()}
        command.output.answer(value, [command.output.say("verifier", **value)])

    run(data, as_json, work)


def _verify_bundle(
    command: Command, file: Path, *, trust: Path | None, accept: AcceptName, code: str | None
) -> int:
    from ledger_api.chain_view import EndpointsView
    from traceability.verify.reading import MAX_BUNDLE_BYTES
    from traceability.verify.trust import load_trust
    from traceability.verify.verifier import verify_bundle

    trusted = load_trust(trust or command.data_dir / "trust.json")
    with file.open("rb") as handle:
        bundle = handle.read(MAX_BUNDLE_BYTES + 1)
    with EndpointsView(trusted) as view:
        chain = view if trusted.endpoints else None
        report = verify_bundle(bundle, trusted, accept=accept, code=code, chain=chain)
    command.output.answer(report.to_json(), _report_lines(command.output, report.to_json()))
    return report.exit_status


_MARKS = {"passed": "✓", "failed": "✗", "not_checked": "–"}


def _report_lines(output: Output, report: dict[str, Any]) -> list[str]:
    verdict = output.say("verified" if report["verified"] else "refused")
    lines = [f"{verdict}  {_term('state', report.get('state') or '', output)}".rstrip()]
    for step in report["steps"]:
        name = _term("step title", step["name"], output)
        line = f"  {_MARKS[step['result']]} ({step['step']}) {name}"
        lines.append(line + (f": {_reason(step, output)}" if step.get("reason") else ""))
    return [*lines, *_fact_lines(report, output)]


def _term(kind: str, name: str, output: Output) -> str:
    """Return the word for a name; English has the names as they are in the JSON."""
    return name if output.lang == "en" or not name else term(kind, name, language=output.lang)


def _reason(step: dict[str, Any], output: Output) -> str:
    title = error_words(step["code"], language=output.lang).title
    return output.say("reason", title=title, reason=step["reason"])


def _fact_lines(report: dict[str, Any], output: Output) -> list[str]:
    """Return who signed and when; nothing where the record itself was refused."""
    if "signer" not in report or report["signer"] is None:
        return []
    say, signer = output.say, report["signer"]
    by = "signed_for" if signer["custody"] == "operator" else "signed"
    seen = report["status_as_of"]["tree_size"]
    return [
        f"  {line}"
        for line in (
            say(by, name=signer["name"]),
            say("status", status=_term("status", report["status"], output), entries=seen),
            say("not_before", time=report["not_before"] or say("unchecked")),
            say("not_after", time=report["not_after"] or say("unchecked")),
            say("claimed_time", time=report["claimed_time"]),
            *(say("suspect", **one) for one in report["warnings"]),
        )
    ]

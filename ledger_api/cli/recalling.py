"""`mock-recall` and `verify-report`: where everything is that a fault reaches, signed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger_api.cli.limiting import options_read
from ledger_api.cli.options import option_invalid, require_one_of
from ledger_api.cli.output import Output
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run
from ledger_api.recalls.defaults import DEFAULT_MINUTES, DEFAULT_PERCENT, EXACT_TEXT
from ledger_api.statuses import EXIT_REFUSED
from traceability.hashing.statement import STATUS_REASONS

if TYPE_CHECKING:
    from ledger_api.recalls.asking import Written
    from traceability.ledger.node import Node
    from traceability.ledger.recalls import RecallAsked

Code = Annotated[str, typer.Argument(help="Lot or item at fault, in any form of GS1.")]
Folder = Annotated[Path, typer.Option("-o", "--output", help="Folder to write the report to.")]
Minutes = Annotated[str, typer.Option("--target", help="Minutes that it may take.")]
Percent = Annotated[str, typer.Option("--target-percent", help="Percent to be accounted for.")]
ToleranceText = Annotated[
    str, typer.Option(help="Material that may be missing: 0.5%, 200 g, 0.1% + 5 KGM.")
]
Asked = Annotated[
    str | None, typer.Option("--asked", help="When the call came (ISO 8601); default: now.")
]
Declare = Annotated[
    bool, typer.Option("--declare", help="No exercise: mark the records as recalled, for good.")
]
Reason = Annotated[str, typer.Option(help=f"With --declare: {', '.join(STATUS_REASONS)}.")]
Participant = Annotated[
    str | None,
    typer.Option(help="GLN or id of the participant that signs; default: the operator."),
]


def mock_recall(
    code: Code,
    output: Folder,
    target: Minutes = DEFAULT_MINUTES,
    target_percent: Percent = DEFAULT_PERCENT,
    tolerance: ToleranceText = EXACT_TEXT,
    asked: Asked = None,
    declare: Declare = False,
    reason: Reason = "",
    participant: Participant = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Find everything that a fault reaches and write a signed report; exit 1 off target.

    PDF, spreadsheet, JSON, and a notice for each holder, in Chinese and English.
    """
    given = _Options(
        code, output, target, target_percent, tolerance, asked, declare, reason, participant
    )
    run(data, as_json, lambda command: _recall(command, given))


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command was given."""

    code: str
    output: Path
    target: str
    target_percent: str
    tolerance: str
    asked: str | None
    declare: bool
    reason: str
    participant: str | None

    def question(self, node: Node | None = None) -> RecallAsked:
        """Return what is asked; without a node, only to see whether it can be."""
        from ledger_api.recalls.asking import target_of
        from traceability.ledger.recalls import RecallAsked
        from traceability.lineage.balance.tolerance import read_tolerance

        who = None
        if node is not None and self.participant is not None:
            who = _participant(node, self.participant)
        with options_read():
            target = target_of(self.target, self.target_percent)
            tolerance = read_tolerance(self.tolerance)
        return RecallAsked(
            code=self.code,
            target=target,
            asked=datetime.now(UTC) if self.asked is None else _moment(self.asked),
            tolerance=tolerance,
            reason=self.reason or None,
            participant=who,
        )


def _recall(command: Command, given: _Options) -> int:
    from ledger_api.recalls.asking import write_recall
    from ledger_api.recalls.folder import require_free

    if given.declare:
        require_one_of("--reason", given.reason, STATUS_REASONS)
    elif given.reason:
        raise option_invalid("--reason", "option_with", other="--declare")
    begun = given.question().asked
    require_free(given.output)
    settings = command.settings
    with command.node(need="existing") as node:
        asked = replace(given.question(node), asked=begun)
        written = write_recall(
            node, asked, given.output, base_url=settings.base_url, timezone=settings.timezone
        )
        if given.declare:
            node.sequencer.run(close=True)
    report = written.recalled.report
    value = {**report.summary_json(), "folder": str(given.output), "files": list(written.files)}
    command.output.answer(value, _lines(written, given.output, command.output))
    return 0 if report.passed else EXIT_REFUSED


def _participant(node: Node, text: str) -> bytes:
    from ledger_api.cli.keys import find_participant

    return find_participant(node, text)


def _moment(text: str) -> datetime:
    """Return a time; one without offset is UTC, and one to come is refused."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise option_invalid("--asked", "option_time", got=text[:40]) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > datetime.now(UTC):
        raise option_invalid("--asked", "option_past", got=text[:40])
    return found


def _lines(written: Written, folder: Path, output: Output) -> list[str]:
    from ledger_api.recalls.view import View

    report = written.recalled.report
    view = View(report, output.lang, "UTC")
    say = view.say
    head = say("passed" if report.passed else "failed")
    lines = [f"{say(report.kind)}  {view.code(report.code)}: {head}, {view.taken()}"]
    lines += [f"  ! {reason}" for reason in view.reasons()]
    for one in report.figures:
        names = ("found", "in_stock", "shipped", "used", "removed", "unaccounted")
        told = ", ".join(f"{say(name)} {view.number(getattr(one, name))}" for name in names)
        lines.append(f"  {view.unit(one.unit)}: {told} ({view.number(one.percent)}%)")
    for number, holder in enumerate(report.holders):
        pieces = ", ".join(f"{say(name)} {count}" for name, count in holder.pieces.items())
        lines += [f"  {view.holder(number)}: {pieces}"] if pieces else []
    lines.append(f"  {say('balance')}: {view.balance()}")
    if report.said:
        records = sum(one.records for one in report.said)
        lines.append("  " + say("in_earnest", records=records, entries=len(report.said)))
    return [*lines, output.say("report_written", folder=folder, files=len(written.files))]


def verify_report(
    folder: Annotated[Path, typer.Argument(help="Folder of a recall report.")],
    trust: Annotated[
        Path | None, typer.Option(help="Trust file; default: the data folder's.")
    ] = None,
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Check who signed a recall report, and every byte of its files."""

    def work(command: Command) -> None:
        from ledger_api.recalls.asking import check_folder
        from traceability.verify.trust import load_trust

        manifest = check_folder(folder, load_trust(trust or command.data_dir / "trust.json"))
        author = manifest.author
        value = {
            "verified": True,
            "summary": dict(manifest.summary),
            "files": sorted(manifest.files),
            "participant": None if author is None else author.participant.hex(),
        }
        line = command.output.say("report_verified", folder=folder, files=len(manifest.files))
        command.output.answer(value, [line])

    run(data, as_json, work)

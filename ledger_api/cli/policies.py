"""`policy show|set|history`: who sees what of a participant's records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger_api.cli.keys import find_participant
from ledger_api.cli.running import DEFAULT_DATA, AsJSON, Command, DataDir, run

MAX_POLICY_BYTES = 2**20
MAX_TOLD = 1_000
Owner = Annotated[str, typer.Argument(help="GLN or id of the participant.")]

policy_app = typer.Typer(help="Disclosure policies: who sees what.", no_args_is_help=True)


@policy_app.command("show")
def show_policy(participant: Owner, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False) -> None:
    """Show the policy in force; none is the default: the public sees least, partners all."""

    def work(command: Command) -> None:
        found = _told(command, participant)
        value = {name: found[name] for name in ("participant", "in_force")}
        applies = found["in_force"]
        lines = [command.output.say("policy_none")]
        if applies is not None:
            lines = [_line(command, applies), json.dumps(applies["policy"], ensure_ascii=False)]
        command.output.answer(value, lines)

    run(data, as_json, work)


@policy_app.command("history")
def policy_versions(
    participant: Owner, data: DataDir = DEFAULT_DATA, as_json: AsJSON = False
) -> None:
    """List the recorded policies, the newest first."""

    def work(command: Command) -> None:
        found = _told(command, participant)
        lines = [_line(command, one) for one in found["history"]]
        command.output.answer(found, lines or [command.output.say("policy_none")])

    run(data, as_json, work)


@policy_app.command("set")
def next_policy(
    participant: Owner,
    file: Annotated[Path, typer.Argument(help="The policy, JSON.")],
    data: DataDir = DEFAULT_DATA,
    as_json: AsJSON = False,
) -> None:
    """Record the next version of a policy; it applies to what is given out from then on."""

    def work(command: Command) -> None:
        from traceability.ledger.policy_setting import set_policy
        from traceability.strict_json import parse_json

        with file.open("rb") as handle:
            body = handle.read(MAX_POLICY_BYTES + 1)
        value = parse_json(body, max_bytes=MAX_POLICY_BYTES)
        with command.node(need="existing") as node:
            set_policy(node, find_participant(node, participant), value)
            node.sequencer.run(close=True)
        applies = _told(command, participant)["in_force"]
        command.output.answer({"in_force": applies}, [_line(command, applies)])

    run(data, as_json, work)


def _told(command: Command, participant: str) -> dict[str, Any]:
    from ledger_api.policies.answers import policies_json

    with command.node(need="existing") as node:
        owner = find_participant(node, participant)
        with node.store.reading() as repositories:
            return policies_json(repositories, owner, most=MAX_TOLD)


def _line(command: Command, one: dict[str, Any]) -> str:
    name = "policy" if one["version"] is not None else "policy_unreadable"
    return command.output.say(name, **one)

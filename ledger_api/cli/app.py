"""Every command of the program, in the order in which a newcomer meets them."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

from ledger_api.cli import (
    administering,
    asking,
    auditing,
    backing_up,
    balancing,
    declaring,
    demoing,
    erasing,
    evidence,
    hashing,
    issuing,
    locating,
    mirroring,
    policies,
    proving,
    publishers,
    recalling,
    serving,
    signing_offline,
    spc,
    submitting,
)


def _usage_error() -> Any:
    """Return what every error of typer's parser derives from; typer does not export it."""
    return typer.BadParameter.__base__


app = typer.Typer(
    name="itemproof",
    help="One item, one code, one proof: a supply-chain traceability ledger.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demoing.demo)
app.command()(serving.serve)
app.command()(submitting.validate)
app.command()(submitting.submit)
app.command()(signing_offline.sign)
app.command("hash")(hashing.hash_events)
app.command()(issuing.mint)
app.command()(issuing.labels)
app.command()(proving.anchor)
app.command()(proving.status)
app.command()(proving.prove)
app.command()(proving.verify)
app.command()(proving.verifier)
app.command()(evidence.evidence)
for question in (
    asking.trace,
    asking.recall,
    asking.journey,
    locating.where,
    locating.holders,
    balancing.balance,
    balancing.across,
    asking.score,
    asking.grade,
):
    app.command()(question)
app.command()(recalling.mock_recall)
app.command()(recalling.verify_report)
app.command()(declaring.declare)
app.command()(erasing.erase)
app.command()(auditing.audit)
app.command()(backing_up.backup)
app.command()(backing_up.restore)
app.command()(mirroring.mirror)
app.command()(mirroring.rebuild)
app.add_typer(publishers.key_app, name="key")
app.add_typer(administering.participant_app, name="participant")
app.add_typer(policies.policy_app, name="policy")
app.add_typer(administering.db_app, name="db")
app.add_typer(spc.spc_app, name="spc")


def main() -> None:
    """Run the program; with `--json`, wrong usage is one JSON object too."""
    try:
        status = app(standalone_mode=False)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except _usage_error() as error:
        error.show()
        if "--json" in sys.argv:
            found = {"code": "USAGE", "message": error.format_message()}
            sys.stdout.write(json.dumps({"error": found}, ensure_ascii=False) + "\n")
        status = error.exit_code
    sys.exit(status or 0)

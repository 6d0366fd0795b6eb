"""Every command of the program, in the order in which a newcomer meets them."""

from __future__ import annotations

import typer

from ledger_api.cli import administering, asking, demoing, issuing, proving, serving, submitting

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
app.command("hash")(submitting.hash_events)
app.command()(issuing.mint)
app.command()(issuing.labels)
app.command()(proving.anchor)
app.command()(proving.status)
app.command()(proving.prove)
app.command()(proving.verify)
for question in (asking.trace, asking.recall, asking.journey, asking.score, asking.grade):
    app.command()(question)
app.command()(administering.audit)
app.add_typer(administering.key_app, name="key")
app.add_typer(administering.participant_app, name="participant")
app.add_typer(administering.db_app, name="db")


def main() -> None:
    """Run the program."""
    app()

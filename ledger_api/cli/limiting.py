"""The options by which a question of lineage is limited, paged and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ledger_api.cli.running import Command
    from ledger_api.exports.exporting import Asked
    from ledger_api.lineage.limiting import Within
    from ledger_api.lineage.paging import Page

Earliest = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Only what happened then or later."),
]
Before = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="As things stood before that time.")
]
Steps = Annotated[
    list[str] | None,
    typer.Option("--step", metavar="STEP", help="Only events of a business step; repeatable."),
]
Locations = Annotated[
    list[str] | None,
    typer.Option("--location", metavar="CODE", help="Only events at a place; repeatable."),
]
Depth = Annotated[
    int | None, typer.Option("--depth", min=0, help="At most so many steps from the code.")
]
Most = Annotated[
    int | None, typer.Option("--limit", min=1, max=1_000_000, help="At most so many; see --cursor.")
]
Cursor = Annotated[
    str | None, typer.Option("--cursor", help="Go on where the page before ended: its `next`.")
]
AsRows = Annotated[
    bool, typer.Option("--ndjson", help="Rows of JSON, one a line, told as they are found.")
]


# From, to, steps, places, depth: as they were typed.
Words = tuple[str | None, str | None, list[str] | None, list[str] | None, int | None]


def within_words(words: Words) -> Within:
    """Return the limits that were typed."""
    from ledger_api.lineage.limiting import Within

    earliest, before, steps, places, depth = words
    return Within(earliest, before, tuple(steps or ()), tuple(places or ()), depth)


def told_in_rows(command: Command, asked: Asked, page: Page) -> None:
    """Write an answer as rows, each as soon as it is known."""
    from ledger_api.lineage.rows import rows

    with command.node(need="existing") as node:
        for piece in rows(node, asked, page):
            typer.echo(piece, nl=False)


def page_lines(found: dict[str, Any], command: Command) -> list[str]:
    """Say how much there is in all, and how to go on."""
    if not found.get("next"):
        return []
    total = found["total"]
    count = sum(total[name] for name in total.keys() - {"items", "edges"}) or total["items"]
    return [command.output.say("page", total=count, cursor=found["next"])]

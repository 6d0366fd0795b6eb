"""The options by which a question of lineage is limited, paged and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ledger_api.statuses import OptionInvalid
from traceability.errors import InvalidInput

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


@contextmanager
def options_read() -> Iterator[None]:
    """Let a malformed option end the command as misuse, under its own code and in its own words."""
    try:
        yield
    except InvalidInput as error:
        error.is_option = True
        raise


def within_words(words: Words) -> Within:
    """Return the limits that were typed, if they can be read.

    Raises
    ------
    LineageLimitInvalid, UnknownWord
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    from ledger_api.lineage.limiting import Within
    from traceability.lineage.choice import choice_of

    earliest, before, steps, places, depth = words
    with options_read():
        choice_of(earliest=earliest, before=before, biz_steps=steps or (), places=places or ())
    return Within(earliest, before, tuple(steps or ()), tuple(places or ()), depth)


def require_export_alone(*, ndjson: bool, page: tuple[int | None, str | None]) -> None:
    """Refuse, beside --export, options that would be passed over in silence.

    Raises
    ------
    OptionInvalid
    """
    named = {"--ndjson": ndjson or None, "--limit": page[0], "--cursor": page[1]}
    for name in (name for name, value in named.items() if value is not None):
        raise OptionInvalid(
            f"options exclude each other: expected --export alone, got also {name}",
            chinese=f"选项不能同时使用：应为仅 --export，实为还有 {name}",
        )


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

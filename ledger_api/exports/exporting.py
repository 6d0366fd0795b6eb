"""A question asked of a ledger, and its answer written in a format; for commands and HTTP."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Literal

from ledger_api.exports.answered import Answered
from ledger_api.exports.events import Gathered, Kept, gather
from ledger_api.lineage.limiting import UNLIMITED, Within
from ledger_api.standings import LineageAnswer, with_standings
from traceability.lineage.journeys import journey
from traceability.lineage.streaming import End, stream_recall
from traceability.lineage.tracing import recall, trace
from traceability.lineage.where import holders, where

if TYPE_CHECKING:
    from ledger_api.exports.formats import Format
    from traceability.ledger.node import Node
    from traceability.ledger.partners import Asker
    from traceability.lineage.results import Limits
    from traceability.store.repositories import Repositories

Question = Literal["trace", "recall", "journey", "where", "holders"]
Direction = Literal["upstream", "downstream", "both"]
_QUESTIONS: dict[str, Callable[..., LineageAnswer]] = {
    "recall": recall,
    "journey": journey,
    "where": where,
    "holders": holders,
}

# How to have an answer that is longer than its limit.
HOW = "ask for rows, which have no limit: Accept: application/x-ndjson, or --ndjson"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a code, and who asks it; `direction` is of traces only."""

    question: Question
    code: str
    asker: Asker
    direction: Direction = "upstream"
    within: Within = UNLIMITED


def answer(node: Node, asked: Asked) -> dict[str, Any]:
    """Return the answer as JSON.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    with node.store.reading() as repositories:
        return _answer(repositories, node, asked)


def _answer(repositories: Repositories, node: Node, asked: Asked) -> dict[str, Any]:
    limits = asked.within.limits(repositories, asked.asker)
    found = (
        trace(repositories, asked.code, direction=asked.direction, limits=limits)
        if asked.question == "trace"
        else _QUESTIONS[asked.question](repositories, asked.code, limits=limits)
    )
    value = with_standings(repositories, node.identity, found)
    if asked.question == "recall" and len(value["items"]) >= limits.max_items:
        value |= _beyond(repositories, asked, limits)
    return value


def _beyond(repositories: Repositories, asked: Asked, limits: Limits) -> dict[str, Any]:
    """Return how much a recall that reached its limit has in all, and how to have it."""
    told = stream_recall(repositories, asked.code, limits=replace(limits, max_items=sys.maxsize))
    (end,) = deque(told, maxlen=1)
    if not isinstance(end, End) or end.items <= limits.max_items:
        return {}
    whole = {"items": end.items, "edges": end.edges, "limit": limits.max_items, "how": HOW}
    return {"beyond_limit": whole}


def export(
    node: Node, asked: Asked, form: Format, *, base_url: str, target: IO[bytes]
) -> dict[str, Any]:
    """Write the answer to a file that is open for bytes, and return it as JSON.

    Raises
    ------
    As `answer` does.
    """
    with closing(Kept()) as kept:
        with node.store.reading() as repositories:
            found = _answer(repositories, node, asked)
            gathered = Gathered()
            if form.needs_events:
                gathered = gather(repositories, found, asker=asked.asker, kept=kept)
        form.write(Answered(asked.question, found, base_url, gathered), target)
    return found

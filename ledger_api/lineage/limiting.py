"""The limits of a question as its words say them, and what its asker may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query

from traceability.ledger.sight import sight_of
from traceability.lineage.choice import choice_of
from traceability.lineage.results import Limits

if TYPE_CHECKING:
    from traceability.ledger.partners import Asker
    from traceability.store.repositories import Repositories


@dataclass(frozen=True, slots=True)
class Within:
    """Limits in words: times and codes as they were written; none for no limit."""

    earliest: str | None = None
    before: str | None = None
    biz_steps: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    depth: int | None = None

    def limits(self, repositories: Repositories, asker: Asker) -> Limits:
        """Return the limits, with what the asker may see.

        Raises
        ------
        LineageLimitInvalid, UnknownWord
        CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
        """
        choice = choice_of(
            earliest=self.earliest,
            before=self.before,
            biz_steps=self.biz_steps,
            places=self.locations,
            sight=sight_of(repositories, asker),
        )
        return Limits(max_depth=self.depth, choice=choice)


UNLIMITED = Within()


def within_of(
    earliest: Annotated[
        str | None,
        Query(alias="from", description="Only what happened at this time or later, with its zone."),
    ] = None,
    before: Annotated[
        str | None,
        Query(alias="to", description="As things stood before this time."),
    ] = None,
    *,
    biz_step: Annotated[
        list[str] | None, Query(description="Only events of this business step; may be repeated.")
    ] = None,
    location: Annotated[
        list[str] | None, Query(description="Only events at this place; may be repeated.")
    ] = None,
    depth: Annotated[
        int | None, Query(ge=0, le=10_000, description="At most so many steps from the code.")
    ] = None,
) -> Within:
    """Return the limits that a request asks for."""
    return Within(earliest, before, tuple(biz_step or ()), tuple(location or ()), depth)


WithinOf = Annotated[Within, Depends(within_of)]

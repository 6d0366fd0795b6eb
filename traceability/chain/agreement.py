"""What several endpoints say together: the word of most of those that answer, or none.

Endpoints are not trusted, and honest ones may lag. Where no answer has more than half of the
votes nothing is believed: the fault is named, and the next step asks again.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from traceability.chain.faults import ContractMismatch, EndpointsDisagree

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Hashable)
MAX_TOLD = 40


@dataclass(frozen=True, slots=True)
class Vote(Generic[T]):
    """What one endpoint answers: a value, or that there is no such contract."""

    place: str
    said: T | ContractMismatch

    @property
    def key(self) -> Hashable:
        """What equal votes have in common."""
        if isinstance(self.said, ContractMismatch):
            return ContractMismatch
        return self.said


def agreed(votes: Sequence[Vote[T]], subject: str, *, abstains: bool = False) -> T | None:
    """Return what more than half of the votes say.

    Parameters
    ----------
    votes
        One for each endpoint that answered, at least one.
    subject
        What was asked, for the message.
    abstains
        A vote for None counts for nothing: the endpoint has not seen the block yet.

    Returns
    -------
    None too where the votes are split between None and one value: some have not seen it yet.

    Raises
    ------
    EndpointsDisagree
        No answer has more than half of the votes.
    ContractMismatch
        Most endpoints know no such contract.
    """
    counted = [vote for vote in votes if vote.said is not None] if abstains else list(votes)
    if not counted:
        return None
    groups: dict[Hashable, list[Vote[T]]] = {}
    for vote in counted:
        groups.setdefault(vote.key, []).append(vote)
    if len(groups) > 1:
        logger.warning("chain.endpoints_disagree subject=%s %s", subject, told(counted))
    largest = max(groups.values(), key=len)
    if 2 * len(largest) > len(counted):
        return _said(largest[0])
    if len(groups) == 2 and None in groups:  # noqa: PLR2004 - None and one value
        return None
    raise EndpointsDisagree(f"endpoints disagree on {subject}: {told(counted)}")


def told(votes: Sequence[Vote[T]]) -> str:
    """Return who says what, short."""
    return ", ".join(f"{_short(vote.said)} by {vote.place}" for vote in votes)


def _said(vote: Vote[T]) -> T:
    if isinstance(vote.said, ContractMismatch):
        raise vote.said
    return vote.said


def _short(said: object) -> str:
    match said:
        case bytes():
            return said.hex()[:16]
        case ContractMismatch():
            return "no such contract"
        case None:
            return "nothing"
    size = getattr(said, "tree_size", getattr(said, "block_number", said))
    return str(size)[:MAX_TOLD]

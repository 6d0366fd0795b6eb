"""The question `balance`: does the material of a code's chain add up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from traceability.lineage.balance.accounts import Account, Closing, account, chain, close
from traceability.lineage.balance.collecting import Collector
from traceability.lineage.balance.findings import findings_of
from traceability.lineage.balance.measuring import measure
from traceability.lineage.balance.results import Balance, Made
from traceability.lineage.balance.tolerance import EXACT, Tolerance
from traceability.lineage.balance.units import MASS
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.results import Limits, ProofURL, proof_path
from traceability.lineage.rules import BOTH, kind_of
from traceability.lineage.tracing import collection_paused, find_node, walks_of
from traceability.lineage.walking import Sources
from traceability.store.repositories import Repositories


def balance(
    repositories: Repositories,
    code: str,
    *,
    tolerance: Tolerance = EXACT,
    direction: str = BOTH,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Balance:
    """Return the balance of every transformation of a code's lineage, and of all together.

    Parameters
    ----------
    tolerance
        What may be missing or too much, as `read_tolerance` reads it.
    direction
        upstream, downstream or both: which transformations make the chain.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    DirectionUnknown
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    limits = limits or Limits()
    sources = Sources(reader_for(repositories, limits.choice), limits.choice)
    walks = walks_of(sources, direction, limits)
    start = find_node(sources, code, repositories=repositories)
    with collection_paused():
        for walk in walks:
            walk.run(start)
        collector = Collector(sources)
        makings = collector.makings({event for walk in walks for event in walk.events})
        measuring = partial(measure, weights=collector.weights(makings))
        closings = [close(one, measure=measuring, tolerance=tolerance) for one in makings]
        dimension = dimension_of(closings)
        accounts = [
            account(one, uses, measure=measuring, dimension=dimension)
            for one, uses in sorted(collector.uses(makings).items())
        ]
    made = _made(sources, closings, proof_url)
    asked = sources.codes[start]
    return Balance(
        code=asked,
        direction=direction,
        tolerance=tolerance.text,
        totals=chain(closings, accounts, tolerance=tolerance),
        made=made,
        accounts=tuple(one for one in accounts if _is_told(one, asked)),
        findings=findings_of(made, accounts, tolerance=tolerance),
        truncated=any(walk.truncated for walk in walks),
    )


def dimension_of(closings: Sequence[Closing]) -> str:
    """Return what the accounts are kept in: mass, unless all transformations are in another."""
    dimensions = {one.dimension for one in closings}
    (only,) = dimensions if len(dimensions) == 1 else (MASS,)
    return only or MASS


def _is_told(one: Account, asked: str) -> bool:
    """Tell whether an account says more than that a thing was made, and is there."""
    is_single = kind_of(one.code) == "item"
    return not is_single or one.code == asked or one.left != one.entered or bool(one.missing)


def _made(sources: Sources, closings: Sequence[Closing], proof_url: ProofURL) -> tuple[Made, ...]:
    references = sources.reader.references(
        {event for closing in closings for event in closing.making.events}
    )
    found = []
    for closing in closings:
        records = [references[event] for event in closing.making.events]
        names = tuple(record.known_as(event_id) for event_id, record in records)
        found.append(Made(closing, names, tuple(proof_url(record) for _, record in records)))
    return tuple(found)

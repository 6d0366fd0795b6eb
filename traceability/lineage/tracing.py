"""The questions `trace` and `recall`: what something was made of, and what was made of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from traceability.codes.identifier import Identifier
from traceability.codes.nearest import other_readings
from traceability.codes.uris import canonical_uri, parse_code
from traceability.errors import InvalidInput, NotFound
from traceability.lineage.answers import Answer
from traceability.lineage.downstream import Downstream
from traceability.lineage.limited_reading import reader_for
from traceability.lineage.results import Limits, ProofURL, Trace, proof_path
from traceability.lineage.rules import BOTH, DIRECTIONS, DOWNSTREAM, UPSTREAM
from traceability.lineage.upstream import Upstream
from traceability.lineage.walking import Sources, Walk
from traceability.store.repositories import Repositories

_DIRECTIONS = " or ".join(DIRECTIONS)


class DirectionUnknown(InvalidInput):
    """A trace goes upstream, downstream or both."""

    code = "DIRECTION_UNKNOWN"


class CodeNotTraced(NotFound):
    """No event names the code, and no item or lot was minted under it."""

    code = "CODE_NOT_TRACED"


def trace(
    repositories: Repositories,
    code: str,
    *,
    direction: str = BOTH,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Trace:
    """Return what a code was made of, what was made of it, or both.

    Parameters
    ----------
    code
        In any form that `parse_code` takes, or any other absolute URI that events name.
    direction
        upstream, downstream or both.
    proof_url
        Gives the address of the proof bundle of a record.

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
        return Answer(sources, start, walks=walks).trace(direction, proof_url=proof_url)


def recall(
    repositories: Repositories,
    code: str,
    *,
    limits: Limits | None = None,
    proof_url: ProofURL = proof_path,
) -> Trace:
    """Return everything that a fault of this code reaches, and the containers that hold it now.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    limits = limits or Limits()
    sources = Sources(reader_for(repositories, limits.choice), limits.choice)
    start = find_node(sources, code, repositories=repositories)
    walk = Downstream(sources, limits)
    with collection_paused():
        walk.run(start)
        return Answer(sources, start, walks=[walk]).recall(proof_url=proof_url)


def walks_of(sources: Sources, direction: str, limits: Limits) -> list[Walk]:
    """Return the walks that a direction asks for.

    Raises
    ------
    DirectionUnknown
    """
    if direction not in DIRECTIONS:
        raise DirectionUnknown(
            f"direction is unknown: expected {_DIRECTIONS}, got {direction[:40]!r}",
            expected=_DIRECTIONS,
            got=direction[:40],
        )
    walks: list[Walk] = []
    if direction in (UPSTREAM, BOTH):
        walks.append(Upstream(sources, limits))
    if direction in (DOWNSTREAM, BOTH):
        walks.append(Downstream(sources, limits))
    return walks


def find_node(sources: Sources, code: str, *, repositories: Repositories) -> int:
    """Return the number of a code that is known: named by an event, or minted, or erased since.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code, or the lot that it carries is not the item's; the nearest
        code that is known is named.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    """
    identifier = _identifier(code)
    uri = canonical_uri(code) if identifier is None else identifier.canonical
    if _is_known(sources, repositories, uri, lot=_lot_of_item(identifier)):
        return sources.codes.intern([uri])[0]
    nearest = _nearest(sources, repositories, identifier)
    raise CodeNotTraced(
        f"code is unknown: no event and no minted item has {uri[:100]!r}"
        + (f"; the nearest known one is {nearest}" if nearest else ""),
        expected=nearest,
    )


def _lot_of_item(identifier: Identifier | None) -> str | None:
    return identifier.lot if identifier is not None and identifier.serial else None


def _nearest(
    sources: Sources, repositories: Repositories, identifier: Identifier | None
) -> str | None:
    """Return another reading of a code that is known to the asker."""
    for one in () if identifier is None else other_readings(identifier):
        if _is_known(sources, repositories, one.canonical, lot=_lot_of_item(one)):
            return one.canonical
    return None


def _is_known(sources: Sources, repositories: Repositories, uri: str, *, lot: str | None) -> bool:
    """Tell whether a code was named, minted or erased; an item, in the lot that its code says."""
    is_named = bool(sources.codes.known([uri]))
    minted = sources.lots.of([uri]) if lot or not is_named else []
    is_listed = any(sources.reader.may_list(one.batch) for one in minted)
    is_minted = is_listed or (not is_named and sources.lots.has(uri))
    in_its_lot = lot is None or not minted or any(one.has_lot(lot) for one in minted)
    is_known = is_minted or is_named or _was_known(sources, repositories, uri, lot=lot)
    return in_its_lot and is_known


def _was_known(sources: Sources, repositories: Repositories, uri: str, *, lot: str | None) -> bool:
    """Tell whether a record that was erased answered for a code; in its lot, if it was an item."""
    known = repositories.erased_codes.records_of(uri)
    places = [one for one in known if sources.reader.may_list(one[0])]
    runs = [repositories.items.run(batch) for batch, _ in places]
    return any(run is None or lot in (None, run.lot) for run in runs)


@contextmanager
def collection_paused() -> Iterator[None]:
    """Let Python's cyclic garbage wait.

    An answer is a million small tuples that all live until its end; looking through them again
    and again for cycles would take a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _identifier(code: str) -> Identifier | None:
    try:
        return parse_code(code)
    except InvalidInput:
        if canonical_uri(code) == code and not code.startswith("urn:epc:"):
            return None
        raise

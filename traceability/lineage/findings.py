"""What the reader of a trace must know beyond its edges: gaps, doubts and contradictions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from traceability.lineage.codes import named
from traceability.lineage.cycles import cycles
from traceability.lineage.queries import Reader
from traceability.lineage.results import Finding
from traceability.lineage.rules import CONTAINMENT_TYPE
from traceability.lineage.upstream import Upstream
from traceability.lineage.walking import Sources, Walk
from traceability.store.repositories.events import ROLES

UNKNOWN_ORIGIN = "UNKNOWN_ORIGIN"
CYCLE = "CYCLE"
LOT_USED_BY_QUANTITY = "LOT_USED_BY_QUANTITY"
CLASS_WITHOUT_LOT = "CLASS_WITHOUT_LOT"
ERROR_DECLARED_BY_ANOTHER = "ERROR_DECLARED_BY_ANOTHER"
CONTAINMENT_CYCLE = "CONTAINMENT_CYCLE"
IN_TWO_CONTAINERS = "IN_TWO_CONTAINERS"
UNKNOWN_LOCATION = "UNKNOWN_LOCATION"
UNKNOWN_HOLDER = "UNKNOWN_HOLDER"
SEEN_AFTER_ITS_END = "SEEN_AFTER_ITS_END"
ONLY_ITS_LOT_WAS_SEEN = "ONLY_ITS_LOT_WAS_SEEN"
LOT_IN_PARTS = "LOT_IN_PARTS"
AMOUNTS_MAY_OVERLAP = "AMOUNTS_MAY_OVERLAP"

# So many serials of a lot are looked at before it is said that no event produces it.
MEMBERS_LOOKED_AT = 100_000

MESSAGES = {
    UNKNOWN_ORIGIN: "no event says where this came from",
    CYCLE: "this was made from itself, perhaps over several steps",
    LOT_USED_BY_QUANTITY: "this lot was used by quantity: a serial of it may have been used or not",
    CLASS_WITHOUT_LOT: "this names a kind of goods without a lot: all of that kind is meant",
    ERROR_DECLARED_BY_ANOTHER: "another participant declares this event erroneous: it still counts",
    CONTAINMENT_CYCLE: "this container is inside itself",
    IN_TWO_CONTAINERS: "this is in two containers at the same time",
    UNKNOWN_LOCATION: "no event says where this is",
    UNKNOWN_HOLDER: "no event says who holds this",
    SEEN_AFTER_ITS_END: "this was used up or destroyed, and seen again afterwards",
    ONLY_ITS_LOT_WAS_SEEN: "no event names this itself: what is said was said of its lot",
    LOT_IN_PARTS: "a lot can be in several places: this is what was last said, its holders say all",
    AMOUNTS_MAY_OVERLAP: "an amount may have been told in several places: these do not add up",
}


def finding(code: str, subject: str) -> Finding:
    """Return a finding with its standing message."""
    return Finding(code, subject, MESSAGES[code])


def findings_of(sources: Sources, walks: Sequence[Walk]) -> tuple[Finding, ...]:
    """Return what there is to say about walks that have ended, ordered by code and subject."""
    found: set[Finding] = set()
    for walk in walks:
        found |= _doubts(sources, walk)
        if isinstance(walk, Upstream):
            found |= {
                finding(UNKNOWN_ORIGIN, sources.codes[node])
                for node in without_origin(sources, walk)
            }
    disputed = disputes(sources.reader, {event for walk in walks for event in walk.events})
    return tuple(sorted(found | _cycles(sources, walks) | disputed))


def _doubts(sources: Sources, walk: Walk) -> set[Finding]:
    codes = sources.codes
    classes = [node for node in walk.depths if codes.kinds[node] == "class"]
    found = {finding(CLASS_WITHOUT_LOT, codes[node]) for node in classes}
    if not isinstance(walk, Upstream):
        lots = {lot for _, lot in walk.partial_memberships}
        found |= {finding(LOT_USED_BY_QUANTITY, codes[lot]) for lot in lots}
    return found


def _cycles(sources: Sources, walks: Sequence[Walk]) -> set[Finding]:
    found: set[Finding] = set()
    for walk in walks:
        for one in cycles(_onward(walk)):
            found.add(finding(CYCLE, min(sources.codes[node] for node in one)))
    return found


def _onward(walk: Walk) -> set[tuple[int, int]]:
    """Return the walk's edges, near to far, without the many that lead to a last node."""
    # From a lot to its serials only: a serial's way back to its lot is a doubt, no origin.
    if isinstance(walk, Upstream):
        goods = {(serial, lot) for lot, serial in walk.partial_memberships}
    else:
        goods = set(walk.full_memberships)
    near = {node for node, _ in walk.edges} | {node for node, _ in goods}
    edges = {(node, other) for (node, _), far in walk.edges.items() for other in far & near}
    return edges | {ends for ends in goods if ends[1] in near}


def disputes(reader: Reader, events: Collection[int]) -> set[Finding]:
    """Return which events of an answer another participant declares erroneous."""
    references = reader.references(reader.disputed(events)).values()
    return {
        finding(ERROR_DECLARED_BY_ANOTHER, record.known_as(event_id))
        for event_id, record in references
    }


def without_origin(sources: Sources, walk: Upstream) -> set[int]:
    """Return the nodes that no event produces; `rules.without_origin` says what that means."""
    targets = {target for target, _ in walk.edges}
    targets |= {target for _, target, _ in walk.containments}
    targets |= {target for _, target in walk.full_memberships.keys() | walk.partial_memberships}
    gaps = walk.depths.keys() - targets
    gaps -= _produced(sources, gaps)
    pairs = [(lot, serial) for lot, serial in walk.partial_memberships if lot in gaps]
    produced = _produced(sources, {serial for _, serial in pairs})
    gaps -= {lot for lot, serial in pairs if serial in produced}
    return {lot for lot in gaps if lot not in walk.full or not _has_produced_member(sources, lot)}


def _has_produced_member(sources: Sources, lot: int) -> bool:
    members = sources.lots.members(sources.codes[lot], limit=MEMBERS_LOOKED_AT)
    known = sources.codes.known([one.serial for one in members])
    return bool(_produced(sources, known.values()))


def _produced(sources: Sources, nodes: Iterable[int]) -> set[int]:
    """Return the nodes that an event makes, commissions or packs."""
    known = named(set(nodes))
    found = {node for node, _ in sources.named(known, "output", any_of=True)}
    for role, kind in (("epc", "ObjectEvent"), ("parent", CONTAINMENT_TYPE)):
        rows = sources.reader.by_role(known, ROLES[role])
        counting = sources.events.counting({event for _, event in rows}, type=kind)
        adding = {event for event in counting if sources.events[event].action == "ADD"}
        found |= {node for node, event in rows if event in adding}
    return found

"""The names of places and products: from cards, minted lots and master data that the asker may see.

Source: CBV 2.0, section 10 (master data attributes of trade items, locations and parties).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger_api.lots import lot_name
from traceability.codes.identifier import Identifier
from traceability.codes.uris import parse_code
from traceability.errors import InvalidInput
from traceability.events.master_data import VOCABULARY_LIST
from traceability.ledger.master_data import master_data_row
from traceability.strict_json import parse_json
from traceability.verify.identity import record_urn

if TYPE_CHECKING:
    from ledger_api.exports.events import Shown
    from traceability.ledger.partners import Asker
    from traceability.store.repositories import Repositories

LOCATION_MEMBERS = ("readPoint", "bizLocation")
PARTY_MEMBERS = (("sourceList", "source"), ("destinationList", "destination"))
_GLN_KEYS = ("410", "411", "412", "413", "414", "415", "416", "417")


class Named(NamedTuple):
    """What master data, a minted lot or a participant's card says of a GLN, GTIN or other code."""

    key: str
    attributes: dict[str, str]
    proof_path: str = ""


def parsed(code: str) -> Identifier | None:
    """Return what a code is, if it is a GS1 code."""
    try:
        return parse_code(code)
    except InvalidInput:
        return None


def gln_of(code: str) -> str | None:
    """Return the GLN in the code of a place or a party."""
    found = parsed(code)
    return found.key if found is not None and found.ai in _GLN_KEYS else None


def locations_of(event: dict[str, Any]) -> Iterator[str]:
    """Yield the places and parties that an event names."""
    for member in LOCATION_MEMBERS:
        if member in event:
            yield event[member]["id"]
    for member, name in PARTY_MEMBERS:
        for one in event.get(member, ()):
            yield one[name]


def names_of(
    repositories: Repositories, shown: Iterable[Shown], *, asker: Asker
) -> Iterator[Named]:
    """Yield what is known of the places and lots of events, the surest first."""
    shown = list(shown)
    yield from _cards(repositories, shown)
    yield from _lots(repositories, shown)
    yield from _master_data(repositories, shown, asker)


def _cards(repositories: Repositories, shown: list[Shown]) -> Iterator[Named]:
    """Yield the cards, which are for everybody, of the participants whose GLNs are named."""
    glns = {gln_of(code) for one in shown for code in locations_of(one.event)} - {None}
    for gln in sorted(one for one in glns if one):
        row = repositories.participants.by_gln(gln)
        if row is not None:
            yield Named(gln, {"name": row.name})


def _lots(repositories: Repositories, shown: list[Shown]) -> Iterator[Named]:
    """Yield the products of minted lots by what their lots say, which is for everybody."""
    lots = {amount.lot for one in shown for amount in one.happening.amounts}
    for code in sorted(lots):
        found = parsed(code)
        if found is None or found.gtin is None or found.lot is None:
            continue
        for run in repositories.items.runs_of_lot(found.lot, gtin=found.gtin)[:1]:
            name = lot_name(repositories, run)
            text = " / ".join(part for part in (name.en, name.zh) if part)
            if text:
                yield Named(found.gtin, {"name": text})


def _master_data(repositories: Repositories, shown: list[Shown], asker: Asker) -> Iterator[Named]:
    batches = {one.happening.record.batch: one.happening.record for one in shown}
    for batch, record in sorted(batches.items()):
        found = repositories.batches.get(batch)
        is_own = found is not None and found.participant == asker.participant
        row = master_data_row(repositories, batch) if asker.sees_all or is_own else None
        if row is None or row.payload is None:
            continue
        path = f"/api/proofs?code={record_urn(record.entry_hash, row.record_index)}"
        for code, attributes in _elements(parse_json(row.payload)):
            yield Named(code, attributes, path)


def _elements(value: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for vocabulary in value[VOCABULARY_LIST]:
        for element in vocabulary.get("vocabularyElementList", ()):
            attributes = {
                one["id"].replace("#", ":").rpartition(":")[2]: str(one["attribute"])
                for one in element.get("attributes", ())
                if isinstance(one.get("attribute"), str | int | float)
            }
            code = element["id"]
            found = parsed(code)
            yield gln_of(code) or (found and found.gtin) or code, attributes

"""Who may ask for what: the parties that an event names, and those that a policy names.

Source: EPCIS 2.0, sections 7.3.5.3 and 7.3.5.4 (business transactions, sources, destinations);
CBV 2.0, sections 8.5 and 8.6 (how they are written).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from traceability.codes.uris import parse_code
from traceability.errors import Forbidden, InvalidInput
from traceability.hashing.commitment import RecordKind
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.disclosure_policy import Policy
from traceability.store.repositories import Repositories
from traceability.strict_json import JSONValue, parse_json
from traceability.verify.identity import LOT_MEDIA_TYPE

_PARTIES = (
    ("sourceList", "source"),
    ("destinationList", "destination"),
    ("bizTransactionList", "bizTransaction"),
)
# Places and parties are named by a GLN under these application identifiers.
_GLN_KEYS = ("410", "411", "412", "413", "414", "415", "416", "417")
# CBV 2.0, section 8.5.2: a transaction's name begins with the GLN of whose system it is in.
_TRANSACTION = re.compile(r"urn:epcglobal:cbv:bt:([0-9]{13}):.+")


class NotAPartner(Forbidden):
    """The participant is named neither in the event nor in its owner's policy."""

    code = "NOT_A_PARTNER"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a participant, the public, or somebody who may see everything."""

    participant: bytes | None = None
    sees_all: bool = False


OPERATOR: Asker = Asker(sees_all=True)
PUBLIC: Asker = Asker()


def parties_of(event: JSONValue) -> frozenset[str]:
    """Return the GLNs of the parties that an event names."""
    return frozenset(gln for uri in _named(event) for gln in _gln(uri))


def _named(event: JSONValue) -> Iterator[str]:
    for member, name in _PARTIES:
        found = event.get(member) if isinstance(event, dict) else None
        for part in found if isinstance(found, list) else []:
            uri = part.get(name) if isinstance(part, dict) else None
            if isinstance(uri, str):
                yield uri


def _gln(uri: str) -> Iterator[str]:
    transaction = _TRANSACTION.fullmatch(uri)
    if transaction:
        yield transaction[1]
        return
    try:
        found = parse_code(uri)
    except InvalidInput:
        return
    if found.ai in _GLN_KEYS:
        yield found.key


def require_partner(
    repositories: Repositories, address: RecordAddress, asker: Asker, *, policy: Policy
) -> None:
    """Refuse whoever may not see what partners see of a record.

    Raises
    ------
    NotAPartner
    """
    batch = repositories.batches.get(address.batch)
    if asker.sees_all or (batch is not None and batch.participant == asker.participant):
        return
    row = None if asker.participant is None else repositories.participants.get(asker.participant)
    gln = None if row is None else row.gln
    if row is not None and _is_for_everybody(repositories, address):
        return
    if gln is None or (gln not in policy.partners and gln not in _parties(repositories, address)):
        raise NotAPartner(
            "participant is no partner of this record: neither the event nor its owner's "
            "disclosure policy names it"
        )


def _is_for_everybody(repositories: Repositories, address: RecordAddress) -> bool:
    row = repositories.batches.record(address.batch, address.record_index)
    return row is None or row.media_type == LOT_MEDIA_TYPE or row.kind == RecordKind.PARTICIPANT


def _parties(repositories: Repositories, address: RecordAddress) -> frozenset[str]:
    row = repositories.batches.record(address.batch, address.record_index)
    if row is None or row.payload is None or row.kind != RecordKind.EVENT:
        return frozenset()
    return parties_of(parse_json(row.payload))

"""Worlds for lineage: events and minted lots, written into a store as capture would."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from traceability.codes.keys import check_digit
from traceability.events.attributes import Attribute
from traceability.hashing.canonical import canonicalize
from traceability.lineage.choice import EVERYTHING, Choice
from traceability.lineage.parties import DESTINATION, Party, party_code
from traceability.lineage.results import RecordReference
from traceability.lineage.rules import Fact, Graph, NamedObject, erroneous
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import RecordRow
from traceability.store.repositories.events import EventFacts, EventObjectRow, NewEvent
from traceability.store.repositories.items import ItemRun

BASE = "https://id.gs1.org"
HERE, ELSEWHERE = b"h" * 16, b"e" * 16


def gtin(number: int) -> str:
    """Return a GTIN-14 with a right check digit."""
    body = f"0950600013{number:03d}"
    return body + check_digit(body)


def lot(product: int, number: str) -> str:
    """Return the code of a lot."""
    return f"{BASE}/01/{gtin(product)}/10/{number}"


def serial(product: int, number: str) -> str:
    """Return the code of a single item."""
    return f"{BASE}/01/{gtin(product)}/21/{number}"


def product_class(product: int) -> str:
    """Return the code of a product without lot or serial."""
    return f"{BASE}/01/{gtin(product)}"


def sscc(number: int) -> str:
    """Return the code of a logistic unit."""
    body = f"09506000{number:09d}"
    return f"{BASE}/00/{body}{check_digit(body)}"


def grai(number: int) -> str:
    """Return the code of a returnable asset."""
    body = f"0950600013{number:02d}"
    return f"{BASE}/8003/0{body}{check_digit(body)}{number}"


def place(number: int) -> str:
    """Return the code of a place."""
    body = f"09506000{number:04d}"
    return f"{BASE}/414/{body}{check_digit(body)}"


def firm(number: int) -> str:
    """Return the code of a party."""
    body = f"09506001{number:04d}"
    return party_code(body + check_digit(body))


@dataclass
class World:
    """Events in the order of their arrival, and minted lots; times are whole numbers."""

    facts: list[Fact] = field(default_factory=list)
    minted: dict[str, list[str]] = field(default_factory=dict)
    party_codes: dict[bytes, str] = field(default_factory=dict)
    said: dict[int, Sequence[Attribute]] = field(default_factory=dict)

    def say(self, number: int, *attributes: Attribute) -> int:
        """Let an event say how something was made."""
        self.said[number] = attributes
        return number

    def event(
        self,
        type: str,
        time: int,
        *,
        action: str | None = None,
        transformation_id: str | None = None,
        event_id: str | None = None,
        declares_error: bool = False,
        participant: bytes = HERE,
        biz_step: str | None = None,
        disposition: str | None = None,
        read_point: str | None = None,
        biz_location: str | None = None,
        parties: Sequence[Party] = (),
        **roles: Sequence[str | tuple[str, str | None, str | None]],
    ) -> int:
        """Add an event; a role's objects are codes, or (code, quantity, unit)."""
        objects = [
            NamedObject(role, *([one] if isinstance(one, str) else one))
            for role, named in roles.items()
            for one in named
        ]
        fact = Fact(
            number=len(self.facts) + 1,
            type=type,
            action=action,
            time=time,
            objects=tuple(objects),
            transformation_id=transformation_id,
            event_id=event_id,
            declares_error=declares_error,
            participant=participant,
            biz_step=biz_step,
            disposition=disposition,
            read_point=read_point,
            biz_location=biz_location,
            parties=tuple(parties),
        )
        self.facts.append(fact)
        return fact.number

    def make(self, time: int, inputs: Sequence[str], outputs: Sequence[str], **more: object) -> int:
        """Add a transformation."""
        return self.event("TransformationEvent", time, input=inputs, output=outputs, **more)  # type: ignore[arg-type]  # the rest are options

    def pack(self, time: int, parent: str, children: Sequence[str], **more: object) -> int:
        """Put children into a parent."""
        return self._aggregate("ADD", time, parent, children, **more)

    def unpack(self, time: int, parent: str, children: Sequence[str] = (), **more: object) -> int:
        """Take children, or everything, out of a parent."""
        return self._aggregate("DELETE", time, parent, children, **more)

    def _aggregate(
        self, action: str, time: int, parent: str, children: Sequence[str], **more: object
    ) -> int:
        return self.event(
            "AggregationEvent", time, action=action, parent=[parent], child=children, **more
        )  # type: ignore[arg-type]  # the rest are options

    def observe(self, time: int, codes: Sequence[str], **more: object) -> int:
        """See things somewhere."""
        return self.event("ObjectEvent", time, action="OBSERVE", epc=codes, **more)  # type: ignore[arg-type]  # the rest are options

    def commission(self, time: int, codes: Sequence[str], **more: object) -> int:
        """Bring things into being."""
        return self.event("ObjectEvent", time, action="ADD", epc=codes, **more)  # type: ignore[arg-type]  # the rest are options

    def decommission(self, time: int, codes: Sequence[str], **more: object) -> int:
        """Say that things are no more."""
        return self.event("ObjectEvent", time, action="DELETE", epc=codes, **more)  # type: ignore[arg-type]  # the rest are options

    def ship(self, time: int, codes: Sequence[str], *, to: str, **more: object) -> int:
        """Send things to a party."""
        parties = [Party(DESTINATION, "possessing_party", to)]
        return self.observe(time, codes, biz_step="shipping", parties=parties, **more)

    def mint(self, product: int, number: str, serials: Sequence[str]) -> str:
        """Mint items of a lot and return the lot's code."""
        self.minted[lot(product, number)] = sorted(serial(product, one) for one in serials)
        return lot(product, number)

    def graph(self, choice: Choice = EVERYTHING) -> Graph:
        """Return all of it as the rules see it."""
        lots_of: dict[str, list[str]] = {}
        for code, serials in self.minted.items():
            for one in serials:
                lots_of.setdefault(one, []).append(code)
        return Graph(self.facts, lots_of, choice, party_codes=self.party_codes)

    def seen_by(self, participant: bytes, party: str, choice: Choice = EVERYTHING) -> Graph:
        """Return what one participant may see: its own, and what names it as a party.

        All lots are minted by `HERE`.
        """
        whole = self.graph(choice)
        seen = [
            fact
            for fact in self.facts
            if fact.participant == participant or any(one.code == party for one in fact.parties)
        ]
        named = {item.code for fact in seen for item in fact.objects}
        lots_of = {
            serial: lots
            for serial, lots in whole.lots_of.items()
            if serial in named or participant == HERE
        }
        withdrawn = erroneous(self.facts)
        return replace(whole, facts=seen, lots_of=lots_of, withdrawn=withdrawn)


@dataclass(frozen=True)
class Written:
    """Where a world's events ended up: (batch, record index) to the fact's number."""

    numbers: Mapping[tuple[int, int], int]

    def number(self, record: RecordReference) -> str:
        """Serve as proof URL: the fact's number, or nothing for an item record."""
        found = self.numbers.get((record.batch, record.record_index))
        return "" if found is None else str(found)


_nonces = itertools.count()


def add_batch(repositories: Repositories, participant: bytes, *, count: int) -> int:
    """Add an entry and its batch, without signatures."""
    leaf_hash = hashlib.sha256(f"entry {next(_nonces)}".encode()).digest()
    arrival = repositories.entries.add(
        leaf_hash=leaf_hash, type="batch", key_id=None, sequence=None, envelope=b"", received=0
    )
    return repositories.batches.add(
        arrival=arrival,
        participant=participant,
        record_count=count,
        batch_root=leaf_hash,
        submitted=0,
    )


def write(repositories: Repositories, world: World) -> Written:
    """Write a world into the store, in the order of its facts."""
    for code, serials in world.minted.items():
        add_minted(repositories, code, [one.rpartition("/")[2] for one in serials])
    numbers: dict[tuple[int, int], int] = {}
    batches = {
        participant: add_batch(repositories, participant, count=len(world.facts))
        for participant in sorted({fact.participant for fact in world.facts})
    }
    rows = []
    for fact in world.facts:
        batch = batches[fact.participant]
        numbers[batch, fact.number] = fact.number
        said = world.said.get(fact.number, ())
        rows.append(NewEvent(batch, fact.number, _event_facts(fact), _object_rows(fact), said))
    repositories.events.add(rows)
    repositories.batches.add_records(
        [_record(batches[fact.participant], fact) for fact in world.facts if fact.parties]
    )
    return Written(numbers)


def _record(batch: int, fact: Fact) -> RecordRow:
    """Return the record of an event, with the parties that it names."""
    lists: dict[str, list[dict[str, str]]] = {}
    for side, type, code in fact.parties:
        lists.setdefault(f"{side}List", []).append({"type": type, side: code})
    payload = canonicalize({"type": fact.type, **lists})
    return RecordRow(batch, fact.number, 1, 1, b"r" * 32, None, payload, b"s" * 32)


def add_minted(repositories: Repositories, code: str, serials: Sequence[str]) -> int:
    """Add the item records of a lot; return their batch."""
    parts = code.split("/")
    batch = add_batch(repositories, HERE, count=len(serials) + 1)
    repositories.items.add_run(
        ItemRun(batch, parts[4], parts[6], 1, len(serials)),
        ((batch, index, one, b"s" * 16) for index, one in enumerate(serials, 1)),
    )
    return batch


def _event_facts(fact: Fact) -> EventFacts:
    return EventFacts(
        type=fact.type,
        action=fact.action,
        event_time=fact.time,
        biz_step=fact.biz_step,
        disposition=fact.disposition,
        read_point=fact.read_point,
        biz_location=fact.biz_location,
        transformation_id=fact.transformation_id,
        event_id=fact.event_id,
        declares_error=fact.declares_error,
        content_mac=b"m" * 32,
    )


def _object_rows(fact: Fact) -> list[EventObjectRow]:
    return [EventObjectRow(one.role, one.code, one.quantity, one.uom) for one in fact.objects]


def swapped(world: World, order: Sequence[int]) -> World:
    """Return the same events as if they had arrived in another order."""
    facts = [replace(world.facts[at], number=number) for number, at in enumerate(order, 1)]
    return World(facts, world.minted)

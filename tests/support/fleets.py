"""Many generated chains in one store, each with codes of its own, and events that join them.

A store answers for twenty chains about as fast as for one: what a question costs is queries, and
these grow with the depth of an answer, not with its size. Joined chains are compared as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.support.chains import PARTNER, PLACES, Chain, Tape
from tests.support.lineage import BASE, ELSEWHERE, World, sscc
from traceability.codes.keys import check_digit
from traceability.lineage.choice import Choice
from traceability.lineage.rules import Fact, Graph

# Bytes that a chain and a question about it may use: the longest of thousands took 230.
CHAIN_BYTES = 256
TOGETHER = 64
# A journey reads what each container told by itself: one through all would take long.
PROBED = 8

# What chains are joined by: made into all, made from all, and packed into something of many.
FEED, YIELD, PROBE = "urn:example:feed:1", "urn:example:yield:1", sscc(99)
_GROUPS = {"01": 14, "00": 18, "8003": 14}


def own_code(code: str, number: int) -> str:
    """Return the code that stands for this one in a chain of some number: of another company."""
    if not code.startswith(BASE):
        return f"{code}:{number}"
    _, key, value, *rest = code.removeprefix(BASE).split("/")
    size = _GROUPS[key]
    # The first digit, or the zero before a GTIN-13, then 950600 of a company.
    start = 1 if key == "8003" else 0
    body = f"{value[: start + 2]}{number:04d}{value[start + 6 : size - 1]}"
    return "/".join([BASE, key, body + check_digit(body[start:]) + value[size:], *rest])


def own_world(world: World, number: int, *, after: int) -> World:
    """Return the same world with codes, names and event numbers of its own."""
    facts = [
        replace(
            fact,
            number=fact.number + after,
            objects=tuple(one._replace(code=own_code(one.code, number)) for one in fact.objects),
            event_id=fact.event_id and f"{fact.event_id}:{number}",
            transformation_id=fact.transformation_id and f"{fact.transformation_id}:{number}",
        )
        for fact in world.facts
    ]
    minted = {
        own_code(lot, number): sorted(own_code(one, number) for one in serials)
        for lot, serials in world.minted.items()
    }
    said = {one + after: attributes for one, attributes in world.said.items()}
    return World(facts, minted, world.party_codes, said)


class Member:
    """A chain of a fleet: its world, a code of it to ask for, and limits for the question."""

    def __init__(self, tape: bytes, number: int, *, after: int) -> None:
        chain = Chain(Tape(tape))
        self.choice = chain.choice()
        self.code = own_code(chain.code(), number)
        self.container = own_code(chain.tape.one(chain.containers), number)
        self.time = chain.tape.number(0, 6)
        self.is_partner = chain.tape.number(0, 3) == 1
        self.world = own_world(chain.world, number, after=after)

    def graph(self) -> Graph:
        """Return what its question may know."""
        return known(self.world, self.choice, is_partner=self.is_partner)


def known(world: World, choice: Choice, *, is_partner: bool) -> Graph:
    """Return what a question may know of a world."""
    return world.seen_by(ELSEWHERE, PARTNER, choice) if is_partner else world.graph(choice)


class Fleet:
    """Chains drawn from one tape; joint questions have the limits of the first."""

    def __init__(self, tape: bytes) -> None:
        self.members: list[Member] = []
        self.world = World(party_codes={ELSEWHERE: PARTNER})
        for start in range(0, len(tape), CHAIN_BYTES):
            part, number = tape[start : start + CHAIN_BYTES], start // CHAIN_BYTES + 1
            member = Member(part, number, after=len(self.world.facts))
            self.members.append(member)
            self.world.facts += member.world.facts
            self.world.minted |= member.world.minted

    @property
    def asked(self) -> Member:
        """The chain whose limits joint questions have."""
        return self.members[0]

    def join(self) -> Sequence[Fact]:
        """Add events that join the chains, such that the limits let them be followed."""
        choice, world = self.asked.choice, self.world
        time = max(choice.earliest or 0, self.asked.time)
        if choice.before is not None:
            time = min(time, choice.before - 1)
        common = {
            "participant": ELSEWHERE,
            "biz_step": next(iter(choice.biz_steps), None),
            "read_point": PLACES[0] if choice.places else None,
        }
        codes = [member.code for member in self.members]
        before = len(world.facts)
        world.make(time, [FEED], codes, **common)
        world.make(time, codes, [YIELD], **common)
        for member in self.members[:PROBED]:
            world.pack(member.time, member.container, [PROBE], **common)
        return world.facts[before:]

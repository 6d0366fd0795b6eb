"""Supply chains drawn from a tape of bytes, with every nasty case that lineage must stand.

One draw makes a whole chain: hypothesis spends its time on the store and not on choosing, and a
failing tape still shrinks, byte by byte, to the first and plainest choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tests.support.lineage import (
    ELSEWHERE,
    HERE,
    World,
    firm,
    grai,
    lot,
    place,
    product_class,
    serial,
    sscc,
)
from traceability.lineage.choice import EVERYTHING, Choice
from traceability.lineage.parties import DESTINATION, SOURCE, Party

T = TypeVar("T")

TAPE_BYTES = 512
# Who asks where rights are drawn: ELSEWHERE, a party with this code.
PARTNER = firm(1)
PLACES = [place(1), place(2)]
PARTIES = [
    Party(side, type, firm(number))
    for side in (SOURCE, DESTINATION)
    for type in ("possessing_party", "owning_party")
    for number in (1, 2)
]
LOTS = [lot(1, "R1"), lot(1, "R2"), lot(2, "W1"), lot(2, "W2"), lot(3, "D1")]
SERIALS = [*(serial(3, name) for name in ("A", "B", "C")), serial(4, "X")]
THINGS = [*LOTS, *SERIALS, product_class(5), "urn:example:coil:7"]
CONTAINERS = [sscc(1), sscc(2), grai(3), sscc(4)]


class Tape:
    """Bytes that choices are read from; at its end every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def number(self, least: int, most: int) -> int:
        """Return a number, both ends among them."""
        return least + next(self._data, 0) % (most - least + 1)

    def one(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.number(0, len(options) - 1)]

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Return several different options."""
        rest = list(options)
        count = min(self.number(least, most), len(rest))
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in range(count)]


class Chain:
    """A world that a tape fills: few codes, so that events meet."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.world = World(party_codes={ELSEWHERE: PARTNER})
        if tape.number(0, 1):
            self.world.mint(3, "D1", ["A", "B"])
        if tape.number(0, 3) == 1:
            self.world.mint(3, "D2", ["B", "C"])
        self.things = tape.some(THINGS, 2, 5)
        self.containers = tape.some(CONTAINERS, 1, 3)
        for _ in range(tape.number(1, 9)):
            tape.one(_STORIES)(self)

    def code(self) -> str:
        """Return a code to ask for."""
        return self.tape.one([*self.things, *self.containers, *self.world.minted])

    def choice(self) -> Choice:
        """Return the limits of a question, mostly none or one."""
        if self.tape.number(0, 1):
            return EVERYTHING
        tape = self.tape
        return Choice(
            earliest=tape.one([None, None, 2, 4]),
            before=tape.one([None, None, 3, 5]),
            biz_steps=frozenset(tape.one([(), (), ("shipping",)])),
            places=frozenset(tape.one([(), (), (PLACES[0],)])),
        )

    def _common(self) -> dict[str, Any]:
        tape = self.tape
        return {
            "biz_step": tape.one([None, None, "shipping", "receiving", "packing"]),
            "disposition": tape.one([None, None, None, "in_transit"]),
            "read_point": tape.one([None, None, *PLACES]),
            "biz_location": tape.one([None, None, *PLACES]),
            "parties": tape.some(PARTIES, 0, 2),
            "event_id": tape.one([None, None, None, "urn:id:1", "urn:id:2"]),
            "declares_error": tape.number(0, 9) == 9,
            "participant": tape.one([HERE, HERE, ELSEWHERE]),
        }

    def _time(self) -> int:
        return self.tape.number(0, 6)

    def _codes(self, most: int = 3) -> list[str]:
        return self.tape.some([*self.things, *self.containers], 0, most)

    def _amount(self, code: str) -> tuple[str, str | None, str | None]:
        """Return how much of a lot; other things are whole."""
        if code not in LOTS:
            return code, None, None
        return code, self.tape.one(["1", "2", "2.5", None]), self.tape.one(["KGM", "KGM", None])

    def make(self) -> None:
        """Make something of something, perhaps as a part of a transformation."""
        together = self.tape.one([None, None, None, "urn:run:1"])
        outputs = self.tape.some(self.things, 0, 2)
        self.world.make(
            self._time(), self._codes(), outputs, transformation_id=together, **self._common()
        )

    def run(self) -> None:
        """Make something over two events: what goes in at one time, what comes out at another."""
        inputs, outputs = self._codes(2), self.tape.some(self.things, 1, 2)
        for going_in, coming_out in ((inputs, []), ([], outputs)):
            common = self._common()
            self.world.make(
                self._time(), going_in, coming_out, transformation_id="urn:run:2", **common
            )

    def rework(self) -> None:
        """Make something, and what it was made of again from it: a loop, or a new label."""
        one, other = self.tape.one(self.things), self.tape.one(self.things)
        self.world.make(self._time(), [one], [other], **self._common())
        if self.tape.number(0, 1):
            self.world.make(self._time(), [other], [one], **self._common())

    def observe(self) -> None:
        """See, make or destroy things."""
        action = self.tape.one(["OBSERVE", "ADD", "DELETE"])
        codes = self._codes()
        self.world.event("ObjectEvent", self._time(), action=action, epc=codes, **self._common())

    def pack(self) -> None:
        """Put things in or take them out; amounts of lots in parts."""
        self._hold("AggregationEvent")

    def associate(self) -> None:
        """Tie things to something."""
        self._hold("AssociationEvent")

    def _hold(self, name: str) -> None:
        action = self.tape.one(["ADD", "ADD", "DELETE", "OBSERVE"])
        inside = [self._amount(code) for code in self._codes()]
        parent = [self.tape.one(self.containers)]
        common = self._common()
        self.world.event(name, self._time(), action=action, parent=parent, child=inside, **common)

    def repack(self) -> None:
        """Move everything of one container into another, which may be itself or inside it."""
        one, other = self.tape.one(self.containers), self.tape.one(self.containers)
        inside, time = self._codes(2), self._time()
        self.world.pack(time, one, inside, **self._common())
        self.world.unpack(time + 1, one, inside if self.tape.number(0, 1) else [], **self._common())
        self.world.pack(time + 2, other, inside, **self._common())

    def nest(self) -> None:
        """Put containers into each other, round and round."""
        around = [*self.containers[1:], self.containers[0]]
        for one, other in zip(self.containers, around, strict=True):
            self.world.pack(self._time(), other, [one], **self._common())

    def correct(self) -> None:
        """Declare an event erroneous and say what is right instead, some time later."""
        named = [fact for fact in self.world.facts if fact.objects and not fact.declares_error]
        if not named:
            return
        wrong = self.tape.one(named)
        name = wrong.event_id or f"urn:wrong:{wrong.number}"
        self.world.facts[wrong.number - 1] = replace(wrong, event_id=name)
        at = len(self.world.facts) + 1
        declares = replace(wrong, number=at, event_id=name, declares_error=True)
        right = replace(wrong, number=at + 1, event_id=None, time=self._time())
        self.world.facts += [declares, replace(right, objects=right.objects[: self._kept()])]

    def _kept(self) -> int:
        return self.tape.number(1, 3)


_STORIES: list[Callable[[Chain], None]] = [
    Chain.make,
    Chain.pack,
    Chain.make,
    Chain.pack,
    Chain.observe,
    Chain.associate,
    Chain.run,
    Chain.rework,
    Chain.repack,
    Chain.correct,
    Chain.nest,
]

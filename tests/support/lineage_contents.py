"""Who is in what and tied to what, for the oracle: sections 3 and 5 of docs/lineage.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from traceability.lineage.rules import Fact

Contents = Mapping[str, frozenset[str]]
NOTHING: Contents = {}


class Load:
    """What lies in a container of one code: a thing, or of a lot what was put in and taken out."""

    def __init__(self, *, is_lot: bool) -> None:
        self.is_lot = is_lot
        self.known: Counter[str | None] = Counter()
        self.unknown = False

    def put(self, quantity: str | None, uom: str | None) -> None:
        """Put some in."""
        if quantity is None:
            self.unknown = True
        else:
            self.known[uom] += Decimal(quantity)  # type: ignore[assignment]  # counts are decimals

    def take(self, quantity: str | None, uom: str | None) -> bool:
        """Take some out; tell whether nothing is left."""
        if not self.is_lot or quantity is None:
            return True
        if uom not in self.known:
            return False
        self.known[uom] -= Decimal(quantity)  # type: ignore[assignment]  # counts are decimals
        return not self.unknown and all(left <= 0 for left in self.known.values())


class Hold:
    """Who is in what, or tied to what, while events of one type go by."""

    def __init__(self, type: str) -> None:
        self.type = type
        self.loads: dict[tuple[str, str], Load] = {}

    def pass_by(self, event: Fact) -> None:
        """Let an event change who is in what (3, 5)."""
        if event.type != self.type:
            return
        children = [one for one in event.objects if one.role == "child"]
        for parent in named(event, "parent"):
            if event.action == "DELETE" and not children:
                self.loads = {pair: one for pair, one in self.loads.items() if pair[0] != parent}
            for child in children:
                self._move(event.action, (parent, child.code), child.quantity, child.uom)

    def _move(
        self, action: str | None, pair: tuple[str, str], quantity: str | None, uom: str | None
    ) -> None:
        load = self.loads.get(pair)
        if action == "DELETE":
            if load is not None and load.take(quantity, uom):
                del self.loads[pair]
        elif load is None or action == "ADD":
            load = self.loads.setdefault(pair, Load(is_lot=is_lot(pair[1])))
            load.put(quantity, uom)

    def contents(self) -> Contents:
        """Return what each container holds now."""
        found: dict[str, set[str]] = {}
        for parent, child in self.loads:
            found.setdefault(parent, set()).add(child)
        return {parent: frozenset(children) for parent, children in found.items()}


def named(event: Fact, *roles: str) -> list[str]:
    return [one.code for one in event.objects if not roles or one.role in roles]


def is_lot(code: str) -> bool:
    return "/10/" in code


def with_contents(codes: Iterable[str], contents: Contents) -> set[str]:
    """Return codes, what is in them, what is in that, and so on."""
    found: set[str] = set()
    rest = set(codes)
    while rest:
        found |= rest
        rest = {inner for one in rest for inner in contents.get(one, ())} - found
    return found


def joined(one: Contents, other: Contents) -> Contents:
    return {
        code: one.get(code, frozenset()) | other.get(code, frozenset()) for code in {*one, *other}
    }


def newly_in(before: Contents, after: Contents) -> Contents:
    return {box: held - before.get(box, frozenset()) for box, held in after.items()}

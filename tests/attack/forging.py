"""Proof bundles of a real ledger are forged, each way at every place; every verifier refuses.

What is forged is the bundle: whoever hands it over has the true one, and others of this log and
of another. Forgers who have keys are in `false_entries.py`, and among the bundles' vectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ledger_api.version import VERSION
from tests.attack.bending import Bent, Genuine, dump, places, replaced, value_at
from tests.attack.fuzzing import batched, judge_bundles, trust_groups
from tests.attack.judges import JavaScript, javascript
from tests.attack.operator import ITEM, World
from tests.attack.table import Attack, Outcome, Setting
from tests.support.anvil import running_anvil
from tests.support.ledger import GTIN
from tests.support.single_file import WITH_PACKAGES, verdicts
from traceability.hashing.canonical import canonicalize
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.mint import Lot
from traceability.verify.alone.building import FILE_NAME, build_verifier
from traceability.verify.bundle import Bundle
from traceability.verify.receipt_file import read_head

Forged = tuple[str, Any]
# At which steps a forged part may fail, by the member of the bundle that it is in.
STEPS = {
    "record": {1, 2, 4},
    "lot": {1, 2},
    "card": {4},
    "entry": {3, 5},
    "state": {6},
    "key": {4, 6},
    "registration": {4},
    "status": {6},
    "genesis": {7},
    "checkpoint": {8},
    "anchor": {9},
    "seen_proof": {9},
}
SPARSE, SINGLE, AT_ONCE, MOST_TOLD = 40, 10, 200, 5
HASHES = ("path", "consistency")


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every list of hashes that is not empty."""
    for way in places(value):
        found = value_at(value, way)
        if way[-1] in HASHES and isinstance(found, list) and found:
            yield way


def interior(value: Any) -> Iterator[Forged]:
    """Show inner nodes as leaves: paths without their lowest hashes, indexes with them."""
    for way in paths(value):
        path = value_at(value, way)
        for levels in range(1, len(path) + 1):
            changed = replaced(value, way, path[levels:])
            yield f"{way} from level {levels}", changed
            holder = value_at(value, way[:-1])
            if isinstance(holder.get("index"), int):
                at = (*way[:-1], "index")
                yield f"{way} and index", replaced(changed, at, holder["index"] >> levels)


def duplicated(value: Any) -> Iterator[Forged]:
    """Repeat paths, hashes of them, and use another part's path."""
    ways = list(paths(value))
    for way in ways:
        path = value_at(value, way)
        yield f"{way} twice", replaced(value, way, path * 2)
        for at in range(len(path)):
            yield f"{way} hash {at} twice", replaced(value, way, [*path[: at + 1], *path[at:]])
        for other in ways:
            if value_at(value, other) != path:
                yield f"{other} as {way}", replaced(value, way, value_at(value, other))


def reordered(value: Any) -> Iterator[Forged]:
    """Exchange neighbours in every list: fields, shown fields, runs, hashes, signatures."""
    for way in places(value):
        found = value_at(value, way)
        if not isinstance(found, list) or "value" in way:
            continue
        for at, (one, other) in enumerate(pairwise(found)):
            if one != other:
                changed = [*found[:at], other, one, *found[at + 2 :]]
                yield f"{way} {at} and {at + 1}", replaced(value, way, changed)


def counts(value: Any) -> Iterator[Forged]:
    """Claim another number of fields, leave fields out, show them twice."""
    for part in ("record", "lot", "card"):
        fields = value.get(part, {}).get("fields", {})
        way = (part, "fields")
        for count in {fields.get("count", 1) + n for n in (-1, 1, 2, 64, 2**16)} - {0}:
            if "count" in fields:
                yield f"{way} {count}", replaced(value, (*way, "count"), count)
        shown = fields.get("complete", fields.get("partial", []))
        name = "complete" if "complete" in fields else "partial"
        for at, one in enumerate(shown):
            yield f"{way} {at} twice", replaced(value, (*way, name), [*shown, one])
            if name == "complete":
                rest = [*shown[:at], *shown[at + 1 :]]
                yield f"{way} without {at}", replaced(value, (*way, name), rest)


def of_others(value: Any, others: Sequence[Any]) -> Iterator[Forged]:
    """Put each part of other bundles in the place of this one's."""
    for number, other in enumerate(others):
        for name in STEPS:
            if name in value and name in other and value[name] != other[name]:
                yield f"{name} of {number}", value | {name: other[name]}


def stripped(value: Any) -> Iterator[Forged]:
    """Leave out the anchor, or any node of it, and exchange its slots."""
    rest = {name: part for name, part in value.items() if name not in ("anchor", "seen_proof")}
    yield "no anchor", rest
    for part in (("anchor",), ("seen_proof", "anchor")):
        if part[0] not in value:
            continue
        anchor = value_at(value, part)
        slots = anchor["slots"]
        yield f"{part} slots exchanged", replaced(value, part, anchor | {"slots": slots[::-1]})
        lists = (("account",), ("slots", 0), ("slots", 1))
        for way in lists:
            nodes = value_at(anchor, way)
            for at in range(len(nodes)):
                rest_of = [*nodes[:at], *nodes[at + 1 :]]
                yield f"{part} {way} without {at}", replaced(value, (*part, *way), rest_of)


def unknown(value: Any) -> Iterator[Forged]:
    """Add a member to every object but values of fields, which may have any."""
    for way in [(), *places(value)]:
        found = value_at(value, way)
        if isinstance(found, dict) and not _is_in_a_field(way):
            for name in ("note", "__proto__", "signature", "hints"):
                yield f"{name} in {way}", replaced(value, way, found | {name: 1})


def _is_in_a_field(way: tuple[Any, ...]) -> bool:
    return "complete" in way or "leaf" in way


def other_base64(value: Any) -> Iterator[Forged]:
    """Write every binary value in another form of the same bytes."""
    for way in places(value):
        text = value_at(value, way)
        if not isinstance(text, str) or len(text) < 16 or way == ("checkpoint",):
            continue
        if "complete" in way and way[-1] != 1:
            continue
        bare = text.rstrip("=")
        forms = (text + "=", bare + "\n", bare.swapcase(), " " + text, text + "A")
        for form in (*forms, text.translate(str.maketrans("-_+/", "+/-_"))):
            if form != text:
                yield f"{way} as {form[-4:]!r}", replaced(value, way, form)


def other_json(value: Any) -> Iterator[tuple[str, bytes]]:
    """Write the same JSON in another form, at every place of its text."""
    text = dump(value).decode()
    forms = ((",", ", "), (":", ": "), ("{", "{ "), ("/", "\\/"), ('"', "\\u0022"), (":1", ":1.0"))
    for old, new in forms:
        at = text.find(old)
        while at >= 0:
            yield f"{new!r} at {at}", (text[:at] + new + text[at + len(old) :]).encode()
            at = text.find(old, at + 97)
    yield "backwards", json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode()
    yield "indented", json.dumps(value, indent=1, sort_keys=True).encode()
    doubled = '{"suite":"itemproof-1",' + text[1:]
    yield "a member twice", doubled.encode()


# The bundles, and who judges them.


def real_bundles(world: World) -> list[Genuine]:
    """Return bundles of a real ledger: an event whole and in part, an item of a lot."""
    with world.ledger.opened() as node:
        lot = Lot(GTIN, "L1", 9, {"name": {"zh": "电缆"}})
        made = node.mint(lot, participant=world.ledger.participant)
        node.sequencer.run(close=True)
        world.ledger.anchor(node)
        found = {
            "event": node.prove(ITEM),
            "part of an event": node.prove(ITEM, audience="public"),
            "item": node.prove_record(RecordAddress(made.batch, 3)),
        }
    found["event, as of before"] = world.bundle
    return [genuine(world, name, bundle) for name, bundle in found.items()]


def genuine(world: World, name: str, bundle: Bundle) -> Genuine:
    """Return a bundle with a trust file that pins the blocks of its anchors."""
    seen = None if bundle.seen_proof is None else bundle.seen_proof.anchor
    heads = [read_head(one, world.ledger.trust) for one in (bundle.anchor, seen) if one is not None]
    pinned = {head.header_number: head.header_hash for head in heads}
    trust = replace(world.ledger.trust, block_hashes=pinned, endpoints=())
    data = bundle.to_bytes()
    return Genuine(name, data, json.loads(data), trust.to_json(), "final", None)


Family = Callable[[Genuine, Sequence[Genuine]], Iterator[tuple[str, bytes]]]


def dumped(forge: Callable[[Any], Iterator[Forged]]) -> Family:
    """Return the family of what is done to one bundle's value."""

    def family(one: Genuine, _others: Sequence[Genuine]) -> Iterator[tuple[str, bytes]]:
        return ((how, dump(value)) for how, value in forge(one.value))

    return family


def stale(one: Genuine, others: Sequence[Genuine]) -> Iterator[tuple[str, bytes]]:
    """Mix this bundle with others of the same log, older and newer."""
    same = [other.value for other in others if other.trust["log"] == one.trust["log"]]
    for how, value in of_others(one.value, same):
        if how.split()[0] in ("state", "key", "status", "checkpoint", "anchor", "entry"):
            yield how, dump(value)


def another_log(one: Genuine, others: Sequence[Genuine]) -> Iterator[tuple[str, bytes]]:
    """Mix this bundle with those of another log, on another chain; show those as they are."""
    foreign = [other for other in others if other.trust["log"] != one.trust["log"]]
    for other in foreign:
        yield f"{other.name} of another log", other.data
    for how, value in of_others(one.value, [other.value for other in foreign]):
        yield how, dump(value)


FAMILIES: dict[str, Family] = {
    "interior nodes as leaves": dumped(interior),
    "duplicate paths": dumped(duplicated),
    "reordered leaves": dumped(reordered),
    "wrong field count": dumped(counts),
    "stale state": stale,
    "another log, another chain": another_log,
    "stripped anchor": dumped(stripped),
    "unknown members": dumped(unknown),
    "non-canonical base64": dumped(other_base64),
    "non-canonical JSON": lambda one, _others: other_json(one.value),
}


def forgeries(family: Family, known: Sequence[Genuine], *, every: int) -> Iterator[Bent]:
    """Yield the forgeries of a family; `every` leaves most of them out, at equal distances."""
    for one in known:
        others = [other for other in known if other is not one]
        for number, (how, data) in enumerate(family(one, others)):
            if number % every == 0:
                yield Bent(one, data, how)


def fault_of(one: Bent, found: Sequence[Any]) -> str | None:
    """Tell what is wrong with the verdicts of Python and JavaScript."""
    ours, theirs = found
    if ours.kind != theirs.kind:
        return f"they disagree: {tuple(ours)}, {tuple(theirs)}"
    if one.data == one.of.data:
        return None if ours.exit_status == 0 else f"a genuine bundle is refused: {tuple(ours)}"
    return None if ours.exit_status in (1, 2) and ours.state != "final" else "accepted"


def single_file_faults(file: Path, some: Sequence[Bent]) -> Iterator[str]:
    """Tell which forgeries the single file does not refuse."""
    cases = [(canonicalize(one.of.trust), one.data, one.of.accept, one.of.code) for one in some]
    for one, found in zip(some, verdicts(file, cases, WITH_PACKAGES), strict=True):
        if (found["exit_status"] == 0) != (one.data == one.of.data):
            yield f"the single file says {found}: {one.of.name}, {one.how}"


def judge(some: Sequence[Bent], js: JavaScript, file: Path) -> Iterator[str]:
    """Judge forgeries by Python and JavaScript, and some of them by the single file."""
    for group in trust_groups(some):
        for one, *found in judge_bundles(group, js):
            fault = fault_of(one, found)
            if fault:
                yield f"{fault}: {one.of.name}, {one.how}"
    yield from single_file_faults(file, some[::SINGLE])


def forge(setting: Setting, folder: Path) -> dict[str, tuple[int, list[str]]]:
    """Return for each family how many forgeries there were, and what was wrong."""
    every = 1 if setting.scale >= 100 else SPARSE
    with ExitStack() as stack:
        chains = [
            stack.enter_context(running_anvil(accounts=0, chain_id=number))
            for number in (31337, 31338)
        ]
        worlds = [
            World.begin(folder / str(number), chain, None, stack)
            for number, chain in enumerate(chains)
        ]
        known = [one for world in worlds for one in real_bundles(world)]
    file = folder / FILE_NAME
    file.write_bytes(build_verifier(VERSION))
    found: dict[str, tuple[int, list[str]]] = {}
    with javascript() as js:
        for name, family in FAMILIES.items():
            made = list(forgeries(family, known, every=every))
            faults = list(judge([Bent(one, one.data, "") for one in known], js, file))
            for some in batched(made, AT_ONCE):
                faults += judge(some, js, file)
            number = sum(one.data != one.of.data for one in made)
            found[name] = (max(1, number), faults if number else ["nothing was forged"])
    return found


def forged(setting: Setting, folder: Path) -> Outcome:
    """Forge everything."""
    found = forge(setting, folder)
    trials = sum(number for number, _ in found.values())
    faults = [f"{name}: {fault}" for name, (_, faults) in found.items() for fault in faults]
    numbers = ", ".join(f"{name} {number:,}" for name, (number, _) in found.items())
    evidence = f"{numbers}: refused by Python, JavaScript and the single file"
    return Outcome(trials, trials - len(faults), " | ".join(faults[:MOST_TOLD]) or evidence)


ATTACKS: tuple[Attack, ...] = (Attack("bundles of a real ledger are forged", forged),)

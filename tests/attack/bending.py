"""Proof bundles bent at random: their bytes, their values, and what is signed in them.

Each change is made from a seed and a number alone, so that any of them can be made again.
"""

from __future__ import annotations

import base64
import copy
import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.support.cases import read
from traceability.verify.report import State

FOLDER = Path(__file__).parents[1] / "vectors" / "bundles"
MAX_DEPTH = 45
Way = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Genuine:
    """A bundle that is accepted, with the trust file and the question that it answers."""

    name: str
    data: bytes
    value: Any
    trust: Any
    accept: State
    code: str | None


@dataclass(frozen=True, slots=True)
class Bent:
    """A bundle after a change."""

    of: Genuine
    data: bytes
    how: str


def genuine_bundles() -> list[Genuine]:
    """Return the bundles among the vectors that are to be accepted."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        for case in read(json.loads(path.read_text(encoding="utf-8"))):
            if case["expected"]["exit_status"] == 0:
                value = json.loads(case["bundle"])
                asked = (case["trust"], case["accept"], case.get("code"))
                found.append(Genuine(case["name"], case["bundle"], value, *asked))
    return found


def dump(value: Any) -> bytes:
    """Write a value in the canonical order, whatever else is wrong with it."""
    text = json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def ordered(value: Any) -> Any:
    """Return a value with members in the order of their UTF-16 code units."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: str(name).encode("utf-16-be", "surrogatepass"))
        return {name: ordered(value[name]) for name in names}
    return [ordered(one) for one in value] if isinstance(value, list) else value


def places(value: Any, at: Way = ()) -> Iterator[Way]:
    """Yield the way to every value within a value."""
    children: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        children = enumerate(value)
    for name, child in children:
        yield (*at, name)
        yield from places(child, (*at, name))


def value_at(value: Any, way: Way) -> Any:
    """Return what is at a place."""
    for name in way:
        value = value[name]
    return value


def replaced(value: Any, way: Way, new: Any) -> Any:
    """Return a copy with something else at a place."""
    if not way:
        return new
    changed = copy.deepcopy(value)
    value_at(changed, way[:-1])[way[-1]] = new
    return changed


# Values. Each takes the value at a place and returns what comes there.

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e21, 1e-7, 2**53 - 1, 2**53, 2**64, -(2**53)),
    *(10**400, float("inf"), float("nan"), "", "0", "null", "AA", "AA==", "\x00", "\ud800"),
    *("\udfff\ud800", "\u202e", "\ufeff", "é", "e\u0301", "𝔸", "__proto__", [], {}, [[]], [[], []]),
    *({"": ""}, {"__proto__": {}}, {"toString": 1}, {"constructor": {"prototype": {}}}),
    *({"complete": []}, {"count": 1, "partial": []}),
)
NAMES = (
    *("__proto__", "constructor", "toString", "hasOwnProperty", "", "note", "suite", "card", "lot"),
    *("anchor", "seen_proof", "complete", "partial", "count", "hints", "\ud800", "sig\u200b"),
    "ｓuite",
)


def beside(found: Any, random: Random) -> Any:
    """Return a value of the same type that is near."""
    if isinstance(found, bool) or found is None:
        return random.choice((not found, None, 0, 1))
    if isinstance(found, int | float):
        near = (found - 1, found + 1, -found, found * 2, float(found) + 0.5, str(found), 2**53 + 1)
        return random.choice((*near, int(found) ^ 1 << random.randint(0, 60)))
    return text_beside(found, random) if isinstance(found, str) else list_beside(found, random)


def text_beside(text: str, random: Random) -> str:
    """Return a text that looks alike, or says the same in another form."""
    at = random.randrange(len(text)) if text else 0
    rest = text[at + 1 :]
    letter = text[at : at + 1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=."
    return random.choice(
        (
            text[:at] + random.choice(alphabet) + rest,
            text[:at] + rest,
            text[:at] + letter * 2 + rest,
            text[:at] + letter.swapcase() + rest,
            text[:at] + chr((ord(letter or "A") + 0xFEE0) % 0x11000) + rest,
            text[: len(text) // 2],
            text + random.choice("A=\n \t\u200b\u00a0"),
            text[:-1] + random.choice(alphabet),
            text.replace("-", "+").replace("_", "/"),
            unicodedata.normalize("NFD", text),
            random.choice(" \n\u200e") + text,
            text[::-1],
        )
    )


def list_beside(found: Any, random: Random) -> Any:
    """Return an array or object with something missing, doubled, moved, added or deeper."""
    if isinstance(found, dict):
        name = random.choice((*found, *NAMES))
        if name in found and random.random() < 0.5:
            return {other: value for other, value in found.items() if other != name}
        return found | {name: random.choice((*found.values(), *STRANGE))}
    if not found:
        return random.choice(([found], [None], {}, [[], []]))
    at, other = random.randrange(len(found)), random.randrange(len(found))
    moved = list(found)
    moved[at], moved[other] = moved[other], moved[at]
    return random.choice(
        (
            [*found[:at], *found[at + 1 :]],
            [*found[:at], found[at], *found[at:]],
            [*found[:at], found[other], *found[at + 1 :]],
            found[:at],
            found[::-1],
            moved,
            found * 2,
            found * (70 // len(found) + 1),
            [found],
            {str(number): one for number, one in enumerate(found)},
        )
    )


def nested(found: Any, random: Random) -> Any:
    """Put a value deep into arrays or objects."""
    for _ in range(random.randint(1, MAX_DEPTH)):
        found = [found] if random.random() < 0.7 else {"a": found}
    return found


def of_another(way: Way, other: Any, random: Random) -> Any:
    """Return what another bundle has at the same place, or at any."""
    try:
        return copy.deepcopy(value_at(other, way))
    except (KeyError, IndexError, TypeError):
        return copy.deepcopy(value_at(other, random.choice(list(places(other)))))


def bend_value(value: Any, others: Sequence[Any], random: Random) -> tuple[Any, str]:
    """Return a value with one place changed, and how."""
    ways = list(places(value))
    way = random.choice(ways) if random.random() < 0.8 else (random.choice(list(value)),)
    found, dice = value_at(value, way), random.random()
    if dice < 0.55:
        return replaced(value, way, beside(found, random)), f"beside at {way}"
    if dice < 0.65:
        return replaced(value, way, random.choice(STRANGE)), f"strange at {way}"
    if dice < 0.7:
        return replaced(value, way, nested(found, random)), f"nested at {way}"
    if dice < 0.85:
        return replaced(value, way, of_another(way, random.choice(others), random)), f"other {way}"
    other = random.choice(ways)
    if other[: len(way)] == way or way[: len(other)] == other:
        return replaced(value, way, None), f"nothing at {way}"
    changed = replaced(value, other, copy.deepcopy(found))
    return replaced(changed, way, value_at(value, other)), f"swapped {way} and {other}"


def bend_payload(value: Any, others: Sequence[Any], random: Random) -> tuple[Any, str]:
    """Return a bundle in which what somebody signed is changed, its signature left as it is."""
    ways = [way for way in places(value) if way[-1] == "payload"]
    way = random.choice(ways)
    signed = json.loads(base64.b64decode(value_at(value, way)))
    changed, how = bend_value(signed, [signed], random)
    text = base64.b64encode(dump(changed)).decode()
    return replaced(value, way, text), f"payload {way}: {how}"


# Bytes.

JSON_TEXT: tuple[tuple[str, str], ...] = (
    (":", " :"), (":", ": "), (",", ",\n"), ("{", "{ "), ("]", ",]"), ("}", ",}"), ("[", "[ "),
    (":0", ":-0"), (":1", ":1.0"), (":1", ":1e0"), (":1", ":01"), (":0", ":0.0"), (":0", ":0e5"),
    ('"a', '"\\u0061'), ("/", "\\/"), ('"', "'"), ("null", "NaN"), ("null", "undefined"),
    ("e", "\u0435"), ('"', '\\"'), (":", ":\u00a0"), ("[", "[null,"), ("a", "\\ud83d"),
    ("{", '{"suite":"itemproof-1",'), ("}", ',"suite":"itemproof-1"}'), ("{", "{/**/"),
)  # fmt: skip


BEHIND = (b"\n", b" ", b"\x00", b"\xef\xbb\xbf", b"{}", b"]" * 9)


def bend_bytes(data: bytes, random: Random) -> tuple[bytes, str]:
    """Return bytes with something flipped, gone, put in, doubled, or written in another form."""
    at, length = random.randrange(len(data)), random.choice((1, 1, 2, 3, 8, 64))
    if random.random() < 0.25:
        return bend_text(data, at, random)
    before, rest = data[:at], data[at + length :]
    elsewhere = data[random.randrange(len(data)) :][:length]
    ways = {
        "flipped": before + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :],
        "gone": before + rest,
        "put in": before + random.randbytes(length) + data[at:],
        "doubled": data[: at + length] + data[at:],
        "cut": before,
        "copied over": before + elsewhere + rest,
        "behind": data + random.choice((*BEHIND, data)),
        "before": random.choice((*BEHIND, data)) + data,
    }
    how = random.choice(list(ways))
    return ways[how], f"{length} bytes {how} at {at}"


def bend_text(data: bytes, at: int, random: Random) -> tuple[bytes, str]:
    """Return the same JSON, or nearly the same, in another form."""
    old, new = random.choice(JSON_TEXT)
    found = data.find(old.encode(), at)
    if found < 0:
        return data[::-1], "reversed"
    return data[:found] + new.encode() + data[found + len(old) :], f"{old!r} is {new!r} at {found}"


def bent(bundles: Sequence[Genuine], seed: str, number: int) -> Bent:
    """Return the change of this number."""
    random = Random(f"{seed}/{number}")
    while (found := _bent(bundles, random)).data == found.of.data:
        pass
    return found


def _bent(bundles: Sequence[Genuine], random: Random) -> Bent:
    bundle = random.choice(bundles)
    dice = random.random()
    if dice < 0.25:
        data, how = bend_bytes(bundle.data, random)
        return Bent(bundle, data, f"bytes: {how}")
    bend: Callable[..., tuple[Any, str]] = bend_value if dice < 0.8 else bend_payload
    others = [other.value for other in bundles]
    value, how = bend(bundle.value, others, random)
    if random.random() < 0.1 and isinstance(value, dict) and value:
        value, more = bend_value(value, others, random)
        how = f"{how}, {more}"
    return Bent(bundle, dump(value), f"{bend.__name__}: {how}")


# What may be accepted all the same.

CORE = ("entry", "state", "key", "registration", "status", "genesis", "checkpoint", "suite")
OPTIONAL = ("card", "lot", "anchor", "seen_proof")


def says_no_more(bent: Bent, bundles: Sequence[Genuine]) -> bool:
    """Tell whether a bundle is put together of genuine parts and shows nothing that they do not.

    Leaving out a card, a lot, an anchor or a field that may be kept back makes another genuine
    bundle; so does another genuine record of the same batch, and the header of another block in
    which the contract holds the same. An anchor whose block nobody was asked for (`anchored`) may
    have any header, and so may that of `seen_proof`: unless its block is known it shows nothing.
    """
    value = json.loads(bent.data)
    values = [other.value for other in bundles if other.trust == bent.of.trust]
    parts = all(any(value[name] == other[name] for other in values) for name in CORE)
    options = all(
        any(_headless(value[name]) == _headless(other.get(name)) for other in values)
        for name in OPTIONAL
        if name in value and name != "anchor"
    )
    options = options and _is_known_anchor(value.get("anchor"), bundles, bent.of.accept)
    records = (
        other.value["record"] for other in bundles if batch_of(other.value) == batch_of(value)
    )
    return parts and options and any(_is_within(value["record"], record) for record in records)


def _headless(part: Any) -> Any:
    anchor = part.get("anchor") if isinstance(part, dict) else None
    return part if anchor is None else part | {"anchor": anchor | {"header": None}}


def _is_known_anchor(anchor: Any, bundles: Sequence[Genuine], accept: State) -> bool:
    if anchor is None or accept != "final":
        return True
    known = [other.value["anchor"] for other in bundles if "anchor" in other.value]
    return all(any(anchor[name] == one[name] for one in known) for name in anchor)


def batch_of(value: Any) -> Any:
    """Return the root of the batch that a bundle's entry signs."""
    return json.loads(base64.b64decode(value["entry"]["envelope"]["payload"]))["batch_root"]


def _is_within(record: Any, genuine: Any) -> bool:
    if record == genuine:
        return True
    shown, known = record["fields"].get("partial"), genuine["fields"].get("partial")
    if shown is None or known is None:
        return False
    rest = {name: value for name, value in genuine.items() if name != "fields"}
    return bool(
        record == rest | {"fields": {"count": genuine["fields"]["count"], "partial": shown}}
        and [one for one in known if one in shown] == shown
    )

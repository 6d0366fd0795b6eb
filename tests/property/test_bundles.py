"""A bundle is refused whatever is changed in it, and nothing that is read breaks the verifier."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cases import World, anchored, shipping
from traceability.hashing.canonical import canonicalize
from traceability.verify.report import Report
from traceability.verify.trust import Trust
from traceability.verify.verifier import verify_bundle


@dataclass(frozen=True)
class Blocks:
    """A chain whose every block is final; the trust file pins none of them."""

    known: dict[int, bytes]

    def final_block_hash(self, number: int) -> bytes:
        return self.known.get(number, bytes(32))


@functools.cache
def item_bundle() -> tuple[bytes, Trust, Blocks]:
    """Return an anchored bundle that has every part."""
    world, _, bundle = anchored()
    trust = world.forge.trust()
    return bundle.to_bytes(), replace(trust, block_hashes={}), Blocks(dict(trust.block_hashes))


@functools.cache
def event_bundle() -> tuple[dict[str, Any], Trust, Blocks]:
    """Return a bundle with a partial disclosure and a recall."""
    world = World.begin()
    batch = world.events(shipping(4), shipping(2))
    other = world.items()
    world.forge.status(batch, "recalled", records=(0,))
    world.forge.status(other, "recalled")
    world.close(anchor=True)
    bundle = world.proof(batch, 0, show=[2, 4], with_card=True, with_seen=True)
    trust = world.forge.trust()
    return bundle.to_json(), replace(trust, block_hashes={}), Blocks(dict(trust.block_hashes))


def refuse(data: bytes, trust: Trust, blocks: Blocks) -> Report:
    report = verify_bundle(data, trust, chain=blocks)
    assert report.exit_status == 1
    assert not report.verified
    assert report.facts is None
    assert report.failed is not None, "a changed bundle fails at a named step"
    return report


def test_the_unchanged_bundles_verify() -> None:
    data, trust, blocks = item_bundle()
    assert verify_bundle(data, trust, chain=blocks).verified
    value, trust, blocks = event_bundle()
    assert verify_bundle(canonicalize(value), trust, chain=blocks).verified


# One bit of every byte; the case of every third letter.
@pytest.mark.parametrize(("flip", "stride"), [(0x01, 1), (0x20, 3)])
def test_every_changed_byte_is_refused(flip: int, stride: int) -> None:
    data, trust, blocks = item_bundle()
    for at in range(0, len(data), stride):
        refuse(data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :], trust, blocks)


# A step of seven meets every kind of place in a bundle of this length.
@pytest.mark.parametrize("start", [0, 3])
def test_missing_and_doubled_bytes_are_refused(start: int) -> None:
    data, trust, blocks = item_bundle()
    for at in range(start, len(data), 7):
        refuse(data[:at] + data[at + 1 :], trust, blocks)
        refuse(data[:at] + data[at : at + 1] + data[at:], trust, blocks)


def test_every_cut_is_refused() -> None:
    data, trust, blocks = item_bundle()
    for size in range(0, len(data), 13):
        refuse(data[:size], trust, blocks)


INTRUDERS: list[Any] = [None, True, False, 0, 1, -1, 2**53 - 1, 1.5, "", "x", "AA", [], {}, [[]]]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value within a value."""
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    if isinstance(value, list):
        children = enumerate(value)
    for name, child in children:
        yield (*at, name)
        yield from places(child, (*at, name))


def with_value(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(value)
    holder = functools.reduce(lambda found, name: found[name], way[:-1], changed)
    holder[way[-1]] = new
    return changed


def value_at(value: Any, way: tuple[Any, ...]) -> Any:
    return functools.reduce(lambda found, name: found[name], way, value)


def test_every_replaced_value_is_refused() -> None:
    value, trust, blocks = event_bundle()
    for way in places(value):
        for intruder in INTRUDERS:
            same = value_at(value, way) == intruder
            if same and type(value_at(value, way)) is type(intruder):
                continue
            refuse(canonicalize(with_value(value, way, intruder)), trust, blocks)


# Fields after the header may be left out; then they are not disclosed.
SHOWN = ("record", "fields", "partial")


def test_every_removed_value_is_refused() -> None:
    value, trust, blocks = event_bundle()
    for way in places(value):
        if way in (("card",), ("seen_proof",)) or (way[:-1] == SHOWN and way[-1] > 0):
            continue
        changed = copy.deepcopy(value)
        del value_at(changed, way[:-1])[way[-1]]
        report = verify_bundle(canonicalize(changed), trust, chain=blocks)
        assert report.exit_status == 1, way


@pytest.mark.parametrize("part", ["card", "seen_proof"])
def test_optional_parts_may_be_left_out(part: str) -> None:
    value, trust, blocks = event_bundle()
    rest = {name: found for name, found in value.items() if name != part}
    assert verify_bundle(canonicalize(rest), trust, chain=blocks).verified


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_values_that_change_places_are_refused(data: st.DataObject) -> None:
    value, trust, blocks = event_bundle()
    ways = list(places(value))
    one, other = data.draw(st.sampled_from(ways)), data.draw(st.sampled_from(ways))
    if one[: len(other)] == other or other[: len(one)] == one:
        return
    first, second = value_at(value, one), value_at(value, other)
    if first == second:
        return
    changed = with_value(with_value(value, one, second), other, first)
    refuse(canonicalize(changed), trust, blocks)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(JSON | st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_whatever_is_read_is_refused_and_never_an_error(value: Any) -> None:
    _, trust, blocks = item_bundle()
    data = value if isinstance(value, bytes) else canonicalize(value)
    assert refuse(data, trust, blocks).failed.step == 0  # type: ignore[union-attr]  # refuse looked


@given(st.data(), JSON)
@settings(max_examples=200, deadline=None)
def test_a_part_replaced_by_anything_is_refused(data: st.DataObject, intruder: Any) -> None:
    value, trust, blocks = event_bundle()
    way = data.draw(st.sampled_from(list(places(value))))
    if value_at(value, way) != intruder:
        refuse(canonicalize(with_value(value, way, intruder)), trust, blocks)

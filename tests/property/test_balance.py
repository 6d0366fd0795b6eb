"""Balances and read-across of the store are those of the oracles, on generated chains."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.support.across_oracle import Oracle, Tie
from tests.support.balance_oracle import left_of, transformations
from tests.support.lineage import ELSEWHERE, HERE, World, lot, serial, write
from traceability.events.attributes import Attribute, scaled
from traceability.lineage.across.asking import across
from traceability.lineage.across.causes import Asked, Range, Window
from traceability.lineage.across.rules import share
from traceability.lineage.balance.asking import balance
from traceability.lineage.balance.findings import (
    LOT_OVERDRAWN,
    MASS_UNACCOUNTED,
    OUTPUT_EXCEEDS_INPUT,
)
from traceability.lineage.rules import DOWNSTREAM, UPSTREAM, reach
from traceability.store.engine import open_engine
from traceability.store.unit_of_work import UnitOfWork

LOTS = [lot(1, "R1"), lot(1, "R2"), lot(2, "W1"), lot(2, "W2"), lot(3, "S1")]
DRUMS = [serial(4, name) for name in ("A", "B")]
# Few, so that bounds meet.
NUMBERS = [0, 5, 10]
PLACES = ["https://id.gs1.org/414/9521005000013/254/a", "https://id.gs1.org/414/9521005000013"]


class Scene(NamedTuple):
    """A world, a code of it to ask for, and what of it is to be shared."""

    world: World
    code: str
    asked: Asked


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a chain with amounts, scrap, weights, machines and temperatures."""
    world = World()
    if draw(st.booleans()):
        world.mint(4, "D1", ["A", "B"])
    for _ in range(draw(st.integers(1, 9))):
        add_event(draw, world)
    return Scene(world, draw(st.sampled_from([*LOTS, *DRUMS])), draw(asked()))


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    keys = draw(st.lists(st.sampled_from(["machine", "place", "raw_lot"]), unique=True))
    low = draw(st.sampled_from(NUMBERS))
    wanted = Range("Temperature", Fraction(low), Fraction(low + draw(st.sampled_from([0, 5]))),
                   draw(st.sampled_from([None, "CEL", "KEL"])))  # fmt: skip
    first = draw(st.integers(0, 5))
    window = draw(st.sampled_from([Window(), Window(first, first + 2), Window(around=1)]))
    return Asked(tuple(keys), (wanted,) if draw(st.booleans()) else (), window)


def add_event(draw: st.DrawFn, world: World) -> None:
    common = {
        "event_id": draw(st.sampled_from([None, None, None, "urn:id:1"])),
        "declares_error": draw(st.integers(0, 9)) == 9,
        "participant": draw(st.sampled_from([HERE, HERE, ELSEWHERE])),
        "read_point": draw(st.sampled_from([None, *PLACES])),
    }
    time = draw(st.integers(0, 6))
    if draw(st.booleans()):
        together = draw(st.sampled_from([None, None, None, "urn:run:1"]))
        sides = [draw(st.lists(amounts(), max_size=3, unique_by=lambda one: one[0]))
                 for _ in range(2)]  # fmt: skip
        number = world.make(time, *sides, transformation_id=together, **common)
    else:
        step = draw(st.sampled_from(["commissioning", "destroying", "inspecting"]))
        action = {"commissioning": "ADD", "destroying": "DELETE"}.get(step, "OBSERVE")
        codes = draw(st.lists(amounts(), min_size=1, max_size=2, unique_by=lambda one: one[0]))
        number = world.event("ObjectEvent", time, action=action, epc=codes, biz_step=step, **common)
    world.say(number, *draw(st.lists(attributes(), max_size=3, unique=True)))


@st.composite
def amounts(draw: st.DrawFn) -> tuple[str, str | None, str | None]:
    code = draw(st.sampled_from([*LOTS, *LOTS, *DRUMS]))
    if code in DRUMS:
        return code, None, None
    quantity = draw(st.sampled_from(["1", "2", "2.5", "0.001", "1000", None]))
    return code, quantity, draw(st.sampled_from(["KGM", "KGM", "GRM", "TNE"])) if quantity else None


@st.composite
def attributes(draw: st.DrawFn) -> Attribute:
    name = draw(st.sampled_from(["machine", "scrap", "net_weight", "parameter:Temperature"]))
    if name == "machine":
        return Attribute(name, draw(st.sampled_from(["M1", "M2"])))
    if name != "parameter:Temperature":
        return Attribute(name, draw(st.sampled_from(["1", "0.5"])), "KGM")
    low = draw(st.sampled_from(NUMBERS))
    high = low + draw(st.sampled_from([0, 0, 5, 20]))
    value = str(low) if low == high else f"{low}..{high}"
    uom = draw(st.sampled_from(["CEL", "KEL", None]))
    return Attribute(name, value, uom, scaled(low), scaled(high, up=True))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


# One database serves all examples: each is rolled back.
modest = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def is_named(world: World, code: str) -> bool:
    return any(item.code == code for fact in world.facts for item in fact.objects)


@modest
@given(scene=scenes())
def test_balances_are_those_of_the_oracle(engine: Engine, scene: Scene) -> None:
    world, code, _ = scene
    if not is_named(world, code):
        return
    graph = world.graph()
    edges = reach(graph, code, direction=UPSTREAM).edges
    edges |= reach(graph, code, direction=DOWNSTREAM).edges
    meant = transformations(world, {event for *_, event in edges if event is not None})
    with UnitOfWork(engine) as work:
        written = write(work.repositories, world)
        found = balance(work.repositories, code, proof_url=written.number)
    got = {frozenset(map(int, one.proof_urls)): one.closing for one in found.made}
    assert got.keys() == meant.keys()
    for events, closing in got.items():
        sums = meant[events]
        assert closing.input == sums.input
        assert closing.output == sums.output
        assert closing.unaccounted == sums.unaccounted
        assert (closing.state == "not_established") == (sums.input is None)
        assert (closing.state == "closed") == (sums.unaccounted == 0)
    losses = [sums.unaccounted for sums in meant.values() if sums.unaccounted]
    codes = {one.code for one in found.findings}
    assert (MASS_UNACCOUNTED in codes) == any(loss > 0 for loss in losses)
    assert (OUTPUT_EXCEEDS_INPUT in codes) == any(loss < 0 for loss in losses)
    check_totals(found, world)


def check_totals(found, world: World) -> None:
    for one in found.accounts:
        if one.code in LOTS and not one.troubles:
            assert one.left == left_of(world, one.code)
            is_overdrawn = one.left is not None and one.left < 0
            subjects = {
                finding.subject for finding in found.findings if finding.code == LOT_OVERDRAWN
            }
            assert (one.code in subjects) == is_overdrawn
    totals = found.totals
    if totals.state != "not_established":
        parts = (totals.product, totals.stock, totals.scrap, totals.used_elsewhere)
        assert totals.input == sum(parts) + totals.unaccounted


@modest
@given(scene=scenes())
def test_what_shares_a_cause_is_what_the_oracle_means(engine: Engine, scene: Scene) -> None:
    world, code, wanted = scene
    if not is_named(world, code):
        return
    causes, shared = Oracle(world).shared(code, wanted)
    meant = share(world.graph(), world.said, code, wanted)
    assert {Tie(*one) for one in meant.causes} == causes
    assert {Tie(*one) for one in meant.shared} == shared
    with UnitOfWork(engine) as work:
        written = write(work.repositories, world)
        found = across(work.repositories, code, wanted, proof_url=written.number)
    assert {tie(one) for one in found.causes} == causes
    assert {tie(one) for one in found.shared} == shared
    stated = {one.key for one in causes}
    names = {*wanted.keys, *(one.name for one in wanted.ranges)}
    assert {one.subject for one in found.findings} == names - stated


def tie(one) -> Tie:
    return Tie(one.code, one.key, one.value, int(one.proof_url))

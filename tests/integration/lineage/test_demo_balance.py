"""The material of the demonstration adds up to the gram; a loss that is planted is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledger_api.demo.cast import HALF_DRUM, RODS, WIRE
from ledger_api.demo.chapters import chapter_document
from ledger_api.demo.plan import make_plan
from tests.support.demo import told
from tests.support.lineage import HERE, add_batch
from traceability.events.jsonld import parse_document
from traceability.ledger.prepared import event_attributes, event_facts, event_objects
from traceability.lineage.balance.asking import balance
from traceability.lineage.balance.tolerance import read_tolerance
from traceability.lineage.recalls.making import Question, make_report
from traceability.lineage.recalls.report import MOCK, LogHead, Report, Target
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import NewEvent
from traceability.store.unit_of_work import UnitOfWork

PLAN = make_plan()
ROD = RODS[PLAN.bad_rod.maker].lot_uri(PLAN.bad_rod.number)
WIRES = [WIRE.lot_uri(wire.number) for wire in PLAN.wires if wire.rod.is_bad]


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        yield work.repositories
    engine.dispose()


def write(repositories: Repositories, *, loss: int = 0) -> None:
    """Write the story's events; so many kilograms of the first bad wire lot never come out."""
    for chapter in told(PLAN):
        document = chapter_document(PLAN, chapter)
        for event in chapter.events:
            reduce(event, loss)
        events = parse_document(document).require_faultless()
        batch = add_batch(repositories, HERE, count=len(events))
        repositories.events.add(
            [
                NewEvent(
                    batch,
                    index,
                    event_facts(event, content_mac=b"m" * 32),
                    event_objects(event),
                    event_attributes(event),
                )
                for index, event in enumerate(events)
            ]
        )


def reduce(event: dict[str, Any], loss: int) -> None:
    for one in event.get("outputQuantityList", ()):
        if one["epcClass"] == WIRES[0]:
            one["quantity"] -= loss


def test_it_closes_to_the_gram_with_scrap_counted(repositories: Repositories) -> None:
    write(repositories)
    found = balance(repositories, ROD)
    totals = found.totals
    assert (found.state, found.unit, found.findings) == ("closed", "KGM", ())
    assert totals.unaccounted == 0
    assert totals.scrap is not None
    assert totals.scrap > 20
    assert totals.input == sum(
        (totals.product or 0, totals.stock or 0, totals.scrap, totals.used_elsewhere or 0)
    )
    made = {one.split("/")[4] for item in found.made for one in outputs(item)}
    assert HALF_DRUM.gtin in made
    assert [one.closing.state for one in found.made] == ["closed"] * len(found.made)


def outputs(made: Any) -> list[str]:
    return [one.code for one in made.closing.making.outputs]


def test_a_loss_of_three_kilograms_is_found_where_it_happened(repositories: Repositories) -> None:
    write(repositories, loss=3)
    found = balance(repositories, ROD)
    assert found.totals.state == "breached"
    named = {one.code: one for one in found.findings}
    assert set(named) == {"MASS_UNACCOUNTED", "LOT_OVERDRAWN"}
    assert "3 KGM did not come out" in named["MASS_UNACCOUNTED"].message
    (breached,) = (one for one in found.made if one.closing.state == "breached")
    assert outputs(breached) == [WIRES[0]]
    assert named["MASS_UNACCOUNTED"].subject == breached.event_ids[0]
    assert named["LOT_OVERDRAWN"].subject == WIRES[0]


def rehearsed(repositories: Repositories, *, tolerance: str = "0") -> Report:
    now = datetime(2026, 5, 1, 8, tzinfo=UTC)
    target = Target(Decimal(240), Decimal(100))
    log = LogHead("ledger.example/log", "00" * 32, 0, "00" * 32)
    question = Question(ROD, MOCK, target, now, read_tolerance(tolerance), log)
    return make_report(repositories, question, clock=lambda: now)


def test_a_mock_recall_says_that_the_material_closes(repositories: Repositories) -> None:
    write(repositories)
    found = rehearsed(repositories)
    assert found.balance is not None
    assert (found.balance.shortfalls, found.balance.unchecked) == ((), 0)
    assert found.balance.checked == 10
    assert "MATERIAL_MISSING" not in found.reasons


def test_a_mock_recall_names_the_three_kilograms_and_fails(repositories: Repositories) -> None:
    write(repositories, loss=3)
    found = rehearsed(repositories)
    assert found.balance is not None
    (lost,) = [one for one in found.balance.shortfalls if one.code == "MASS_UNACCOUNTED"]
    assert (lost.missing, lost.unit) == (3, "KGM")
    assert lost.inputs is not None
    assert lost.inputs - (lost.outputs or 0) == 3
    assert lost.proof_url.startswith("/api/proofs?code=")
    assert "MATERIAL_MISSING" in found.reasons
    assert "MATERIAL_MISSING" not in rehearsed(repositories, tolerance="0.5%").reasons


def test_a_tolerance_of_half_a_percent_lets_it_pass(repositories: Repositories) -> None:
    write(repositories, loss=3)
    found = balance(repositories, ROD, tolerance=read_tolerance("0.5%"))
    assert (found.state, found.findings) == ("closed", ())


def test_a_drum_is_balanced_up_to_its_rods(repositories: Repositories) -> None:
    write(repositories)
    half = next(one for item in balance(repositories, ROD).made for one in outputs(item)
                if HALF_DRUM.gtin in one)  # fmt: skip
    found = balance(repositories, half, direction="upstream")
    assert found.state == "closed"
    assert len(found.made) >= 4

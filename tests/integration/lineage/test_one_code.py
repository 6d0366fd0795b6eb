"""The one-code rules over the store: each breach beside what is no breach, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Connection, event, text

from tests.support.lineage import grai, lot, product_class, serial, sscc
from tests.support.one_code import ELSEWHERE, HERE, Told, keep, pointers, tell
from traceability.lineage.one_code import reading
from traceability.lineage.one_code.breach import Breach
from traceability.lineage.one_code.judging import MAX_BREACHES, OneCode
from traceability.lineage.queries import prepared
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.repositories.one_code import RuleMode
from traceability.store.repositories.participants import ParticipantRow
from traceability.store.unit_of_work import UnitOfWork

A, B, CASE, PALLET, TOTE = serial(1, "A"), serial(1, "B"), sscc(1), sscc(2), grai(3)


@pytest.fixture
def repositories(database_url: str) -> Iterator[Repositories]:
    engine = open_engine(database_url)
    with UnitOfWork(engine) as work:
        yield work.repositories
    engine.dispose()


class Ledger:
    """Takes events one after the other, as capture would, and says what they break."""

    def __init__(self, repositories: Repositories) -> None:
        self.repositories = repositories

    def judge(self, *events: Told, mode: RuleMode = RuleMode.ENFORCE) -> list[list[str]]:
        found = self.breaches(*events, mode=mode)
        return [[one.code for one in found.get(f"/{index}", ())] for index in range(len(events))]

    def breaches(
        self, *events: Told, mode: RuleMode = RuleMode.ENFORCE
    ) -> dict[str, tuple[Breach, ...]]:
        whose = events[0].participant
        judged = OneCode(self.repositories)
        return judged.judge(pointers(events), participant=whose, mode=mode)

    def take(self, *events: Told) -> None:
        assert self.judge(*events) == [[] for _ in events]
        self.keep(events)

    def keep(self, events: Sequence[Told]) -> None:
        keep(self.repositories, events)


@pytest.fixture
def ledger(repositories: Repositories) -> Ledger:
    return Ledger(repositories)


def commission(time: int, *codes: str, **more: object) -> Told:
    return tell("Object", time, "ADD", epc=codes, **more)  # type: ignore[arg-type]  # options


def see(time: int, *codes: str, **more: object) -> Told:
    return tell("Object", time, "OBSERVE", epc=codes, **more)  # type: ignore[arg-type]  # options


def decommission(time: int, *codes: str, **more: object) -> Told:
    return tell("Object", time, "DELETE", epc=codes, **more)  # type: ignore[arg-type]  # options


def pack(time: int, parent: str, *codes: str, **more: object) -> Told:
    return tell("Aggregation", time, "ADD", parent=[parent], child=codes, **more)  # type: ignore[arg-type]  # options


def unpack(time: int, parent: str, *codes: str, **more: object) -> Told:
    return tell("Aggregation", time, "DELETE", parent=[parent], child=codes, **more)  # type: ignore[arg-type]  # options


def make(time: int, inputs: Sequence[str], outputs: Sequence[str] = (), **more: object) -> Told:
    return tell("Transformation", time, input=inputs, output=outputs, **more)  # type: ignore[arg-type]  # options


def ship(time: int, *codes: str, **more: object) -> Told:
    return see(time, *codes, step="shipping", **more)


def receive(time: int, *codes: str, **more: object) -> Told:
    return see(time, *codes, step="receiving", **more)


class TestCommissioning:
    def test_a_thing_is_not_commissioned_twice(self, ledger: Ledger) -> None:
        ledger.take(commission(1, A))
        assert ledger.judge(commission(1, A)) == [["COMMISSIONED_TWICE"]]
        assert ledger.judge(commission(2, B)) == [[]]

    def test_a_lot_may_be_commissioned_again(self, ledger: Ledger) -> None:
        for code in (lot(1, "L"), product_class(1)):
            ledger.keep([commission(1, code)])
            assert ledger.judge(commission(2, code)) == [[]]

    def test_one_participant_makes_and_commissions(self, ledger: Ledger) -> None:
        ledger.take(make(1, [B], [A]))
        assert ledger.judge(commission(2, A)) == [[]]
        assert ledger.judge(commission(2, A, participant=ELSEWHERE)) == [["COMMISSIONED_TWICE"]]

    def test_a_thing_is_not_made_twice(self, ledger: Ledger) -> None:
        ledger.take(make(1, [lot(1, "L")], [A], together="urn:run:1"))
        assert ledger.judge(make(2, [], [A], together="urn:run:1")) == [[]]
        assert ledger.judge(make(2, [], [A], together="urn:run:2")) == [["COMMISSIONED_TWICE"]]

    def test_a_repaired_thing_is_not_made_again(self, ledger: Ledger) -> None:
        ledger.take(make(1, [], [A]))
        assert ledger.judge(make(2, [A], [A]), make(3, [A], [A])) == [[], []]
        assert ledger.judge(make(2, [B], [A])) == [["COMMISSIONED_TWICE"]]

    def test_a_thing_is_not_used_before(self, ledger: Ledger) -> None:
        ledger.take(commission(5, A))
        assert ledger.judge(see(4, A)) == [["USED_BEFORE_COMMISSIONING"]]
        assert ledger.judge(see(5, A)) == [[]]

    def test_a_late_commissioning_contradicts_what_was_used_before_it(self, ledger: Ledger) -> None:
        ledger.take(see(4, A))
        assert ledger.judge(commission(5, A)) == [["USED_BEFORE_COMMISSIONING"]]
        assert ledger.judge(commission(4, A)) == [[]]

    def test_goods_that_nobody_commissioned_here_are_free(self, ledger: Ledger) -> None:
        free = [see(4, A), pack(1, CASE, A), ship(3, CASE), make(2, [B])]
        assert ledger.judge(*free) == [[], [], [], []]
        ledger.take(commission(5, A))
        assert ledger.judge(*free) == [
            ["USED_BEFORE_COMMISSIONING"],
            ["USED_BEFORE_COMMISSIONING"],
            [],
            [],
        ]


class TestDecommissioning:
    def test_a_thing_is_not_used_after(self, ledger: Ledger) -> None:
        ledger.take(decommission(5, A))
        assert ledger.judge(see(6, A)) == [["USED_AFTER_DECOMMISSIONING"]]
        assert ledger.judge(decommission(6, A)) == [["USED_AFTER_DECOMMISSIONING"]]
        assert ledger.judge(see(5, A)) == [[]]

    def test_a_late_decommissioning_contradicts_what_was_used_after_it(
        self, ledger: Ledger
    ) -> None:
        ledger.take(see(6, A))
        assert ledger.judge(decommission(5, A)) == [["USED_AFTER_DECOMMISSIONING"]]
        assert ledger.judge(decommission(7, A)) == [[]]


class TestContainers:
    def test_a_thing_is_not_packed_twice(self, ledger: Ledger) -> None:
        ledger.take(pack(1, CASE, A))
        assert ledger.judge(pack(2, TOTE, A)) == [["IN_TWO_CONTAINERS"]]
        assert ledger.judge(pack(2, CASE, A)) == [[]]

    @pytest.mark.parametrize(
        "leaving",
        [
            unpack(2, CASE, A),
            unpack(2, CASE),
            decommission(2, CASE),
            make(2, [CASE]),
            make(2, [A], [A]),
        ],
    )
    def test_what_has_left_may_be_packed_again(self, ledger: Ledger, leaving: Told) -> None:
        ledger.take(pack(1, CASE, A), leaving)
        assert ledger.judge(pack(2, TOTE, A)) == [[]]

    def test_what_others_left_does_not_help(self, ledger: Ledger) -> None:
        ledger.take(pack(1, CASE, A, B), unpack(2, CASE, B), unpack(2, TOTE))
        assert ledger.judge(pack(3, TOTE, A)) == [["IN_TWO_CONTAINERS"]]

    def test_emptying_by_amount_takes_no_single_thing_out(self, ledger: Ledger) -> None:
        amount = tell("Aggregation", 2, "DELETE", parent=[CASE], child=[(lot(1, "L"), "5")])
        ledger.take(pack(1, CASE, A), amount)
        assert ledger.judge(pack(3, TOTE, A)) == [["IN_TWO_CONTAINERS"]]

    def test_late_packing_is_judged_by_its_time(self, ledger: Ledger) -> None:
        ledger.take(pack(5, CASE, A))
        assert ledger.judge(pack(1, TOTE, A)) == [["IN_TWO_CONTAINERS"]]
        assert ledger.judge(pack(1, TOTE, A), unpack(3, TOTE, A)) == [[], []]
        assert ledger.judge(unpack(3, TOTE, A), pack(1, TOTE, A)) == [[], []]

    def test_containers_inside_each_other_are_one_place(self, ledger: Ledger) -> None:
        ledger.take(pack(1, CASE, A), pack(2, PALLET, CASE))
        assert ledger.judge(pack(2, PALLET, A)) == [[]]
        assert ledger.judge(pack(2, TOTE, A)) == [["IN_TWO_CONTAINERS"]]

    def test_one_event_may_list_a_case_and_what_is_in_it(self, ledger: Ledger) -> None:
        ledger.take(pack(1, CASE, A))
        assert ledger.judge(pack(2, PALLET, CASE, A)) == [[]]

    def test_what_is_seen_inside_is_not_elsewhere(self, ledger: Ledger) -> None:
        def seen(time: int, parent: str) -> Told:
            return tell("Aggregation", time, "OBSERVE", parent=[parent], child=[A])

        ledger.take(pack(1, CASE, A), seen(3, CASE))
        assert ledger.judge(seen(3, TOTE)) == [["IN_TWO_CONTAINERS"]]
        assert ledger.judge(seen(1, TOTE)) == [[]]
        assert ledger.judge(pack(2, TOTE, B)) == [[]]

    def test_what_was_seen_inside_was_not_put_elsewhere_before(self, ledger: Ledger) -> None:
        ledger.take(tell("Aggregation", 3, "OBSERVE", parent=[CASE], child=[A]))
        assert ledger.judge(pack(2, TOTE, A)) == [["IN_TWO_CONTAINERS"]]
        assert ledger.judge(pack(3, TOTE, A)) == [[]]

    def test_a_sensor_tied_to_two_things_is_in_neither(self, ledger: Ledger) -> None:
        ledger.take(pack(1, CASE, A))
        assert ledger.judge(tell("Association", 2, "ADD", parent=[TOTE], child=[A])) == [[]]


class TestShipping:
    def test_a_thing_is_not_received_before_its_maker_shipped_it(self, ledger: Ledger) -> None:
        ledger.take(commission(1, A), ship(5, A))
        assert ledger.judge(receive(4, A)) == [["RECEIVED_BEFORE_SHIPPED"]]
        assert ledger.judge(receive(5, A)) == [[]]
        assert ledger.judge(receive(4, A, participant=ELSEWHERE)) == [["RECEIVED_BEFORE_SHIPPED"]]

    def test_a_late_shipping_contradicts_a_receiving_before_it(self, ledger: Ledger) -> None:
        ledger.take(commission(1, A), receive(4, A))
        assert ledger.judge(ship(5, A)) == [["RECEIVED_BEFORE_SHIPPED"]]
        assert ledger.judge(ship(3, A)) == [[]]

    def test_who_did_not_make_it_ships_it_on(self, ledger: Ledger) -> None:
        ledger.take(commission(1, A, participant=ELSEWHERE))
        ledger.take(receive(4, A))
        assert ledger.judge(ship(5, A)) == [[]]

    def test_nobody_here_made_it(self, ledger: Ledger) -> None:
        ledger.take(receive(4, A))
        assert ledger.judge(ship(5, A)) == [[]]

    def test_what_was_shipped_in_its_case_has_been_shipped(self, ledger: Ledger) -> None:
        ledger.take(
            commission(1, A), pack(2, CASE, A), pack(2, PALLET, CASE), ship(3, PALLET), ship(9, A)
        )
        assert ledger.judge(receive(4, A)) == [[]]
        assert ledger.judge(receive(2, A)) == [["RECEIVED_BEFORE_SHIPPED"]]


class TestInputs:
    def test_a_thing_is_not_used_up_twice(self, ledger: Ledger) -> None:
        ledger.take(make(1, [A], together="urn:run:1"))
        assert ledger.judge(make(2, [A], together="urn:run:1")) == [[]]
        assert ledger.judge(make(2, [A])) == [["INPUT_TWICE"]]
        assert ledger.judge(make(2, [B])) == [[]]

    def test_containers_and_what_comes_out_again_are_not_used_up(self, ledger: Ledger) -> None:
        ledger.take(make(1, [CASE, TOTE]), make(2, [A], [A]))
        assert ledger.judge(make(3, [CASE, TOTE, A])) == [[]]


class TestErrors:
    def test_declared_events_do_not_count(self, ledger: Ledger) -> None:
        ledger.keep([commission(1, A, event_id="urn:id:1")])
        wrong = commission(1, A, event_id="urn:id:1", declares_error=True)
        assert ledger.judge(wrong, commission(2, A)) == [[], []]
        ledger.keep([wrong])
        assert ledger.judge(commission(2, A)) == [[]]

    def test_nobody_declares_anothers_event(self, ledger: Ledger) -> None:
        ledger.keep([commission(1, A, event_id="urn:id:1", participant=ELSEWHERE)])
        wrong = commission(1, A, event_id="urn:id:1", declares_error=True)
        assert ledger.judge(wrong, commission(2, A)) == [[], ["COMMISSIONED_TWICE"]]

    def test_an_event_that_was_declared_before_it_came_is_not_judged(self, ledger: Ledger) -> None:
        ledger.keep([commission(1, A), see(0, A, event_id="urn:id:1", declares_error=True)])
        assert ledger.judge(see(0, A, event_id="urn:id:1")) == [[]]


class TestDocuments:
    def test_a_refused_event_does_not_count_for_the_next(self, ledger: Ledger) -> None:
        ledger.take(commission(3, A))
        events = (commission(1, A), see(2, A))
        before = ["USED_BEFORE_COMMISSIONING"]
        assert ledger.judge(*events) == [["COMMISSIONED_TWICE"], before]
        assert ledger.judge(*events, mode=RuleMode.WARN) == [["COMMISSIONED_TWICE"], []]

    def test_an_event_that_relied_on_a_refused_one_is_refused_too(self, ledger: Ledger) -> None:
        ledger.take(commission(0, A), decommission(6, TOTE), pack(5, CASE, A))
        events = (pack(1, TOTE, A), unpack(3, TOTE, A, B), commission(2, B))
        assert ledger.judge(*events) == [[], [], []]
        ledger.take(commission(4, B))
        before = ["USED_BEFORE_COMMISSIONING"]
        assert ledger.judge(*events[:2]) == [["IN_TWO_CONTAINERS"], before]
        assert ledger.judge(*events[:2], mode=RuleMode.WARN) == [[], before]

    def test_a_breach_names_both_events_when_and_whose(self, ledger: Ledger) -> None:
        rows = ledger.repositories.participants
        rows.put(ParticipantRow(ELSEWHERE, "9521234567899", "铜业"))
        ledger.keep([commission(0, A, event_id="urn:id:1", participant=ELSEWHERE)])
        (found,) = ledger.breaches(see(1, B), commission(1, B, A, event_id="urn:id:2"))["/1"]
        assert found.pointer == "/1/epcList/1"
        assert found.message == (
            f"{A} is commissioned twice: 'urn:id:2' (1970-01-01T00:00:00.001Z) contradicts "
            "'urn:id:1' (1970-01-01T00:00:00.000Z, 铜业, 9521234567899)"
        )
        assert found.to_fault().expected == "commissioned once"
        assert (found.other.participant, found.event.participant) == (ELSEWHERE, HERE)

    @pytest.mark.parametrize("event_id", [None, "ni:///sha-256;00?ver=CBV2.0"])
    def test_an_event_without_a_name_that_may_be_told_is_named_by_its_record(
        self, ledger: Ledger, event_id: str | None
    ) -> None:
        ledger.keep([commission(0, A, event_id=event_id)])
        (found,) = ledger.breaches(commission(1, A))["/0"]
        assert found.other.id.startswith("urn:itemproof:record:")

    def test_an_event_of_ten_thousand_breaches_names_the_first_of_them(
        self, ledger: Ledger
    ) -> None:
        codes = [serial(1, f"S{number}") for number in range(MAX_BREACHES + 5)]
        ledger.keep([commission(1, *codes)])
        assert len(ledger.breaches(commission(2, *codes))["/0"]) == MAX_BREACHES

    def test_a_thing_packed_thousands_of_times_is_judged_by_some_of_them(
        self, ledger: Ledger
    ) -> None:
        events = [pack(number, sscc(10 + number), A) for number in range(1_000)]
        assert ledger.judge(*events, mode=RuleMode.WARN) == [[]] + [["IN_TWO_CONTAINERS"]] * 999


class TestStatements:
    def test_mere_sightings_stay_in_the_database(self, ledger: Ledger) -> None:
        ledger.keep([see(time, TOTE) for time in range(50)] + [pack(60, TOTE, A)])
        reader = reading.OneCodeReader(ledger.repositories.connection)
        numbers = reader.numbers([TOTE, A]).values()
        assert len(reader.told(numbers, all_of_it=False)) == 1
        assert len(reader.told(numbers, all_of_it=True)) == 52
        assert ledger.judge(commission(40, TOTE)) == [["USED_BEFORE_COMMISSIONING"]]

    def test_a_document_takes_a_handful_of_them(self, ledger: Ledger) -> None:
        seen: list[str] = []
        connection = ledger.repositories.connection
        event.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
        things = [[serial(1, f"S{line}x{item}") for item in range(10)] for line in range(60)]
        cases = [sscc(10 + line) for line in range(60)]
        for events in (
            [commission(1, *many) for many in things],
            [pack(2, case, *many) for case, many in zip(cases, things, strict=True)],
            [pack(3, TOTE, *many) for many in things],
        ):
            seen.clear()
            ledger.judge(*events)
            assert len(seen) <= 14
            ledger.keep(events)


STATEMENTS = {
    name: value
    for name, value in vars(reading).items()
    if isinstance(value, str) and value.lstrip().startswith("SELECT")
}


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    engine = open_engine(sqlite_url)
    with UnitOfWork(engine) as work:
        for number in range(200):
            keep(work.repositories, [commission(number, serial(1, f"S{number}"), A)])
        yield work.connection
    engine.dispose()


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("analyzed", [False, True])
def test_nothing_but_the_set_is_read_through(
    connection: Connection, name: str, analyzed: bool
) -> None:
    if analyzed:
        connection.execute(text("ANALYZE"))
    written = prepared(STATEMENTS[name], is_postgresql=False)
    parameters = {"many": "[1]", "participant": HERE}
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}", parameters)
    steps = [row.detail for row in rows]
    assert not [step for step in steps if "BLOOM" in step or "AUTOMATIC" in step]
    assert [step for step in steps if step.startswith("SCAN")] == [
        "SCAN wanted VIRTUAL TABLE INDEX 1:"
    ]

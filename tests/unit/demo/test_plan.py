from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ledger_api.demo.cast import (
    CARRIER,
    DEPOT,
    DRUM,
    HALF_DRUM,
    PARTIES,
    PLANT,
    PVC,
    RODS,
    STRAND,
    WIRE,
)
from ledger_api.demo.plan import BAD_DAYS, BASE, SEED, Drum, drum_uri, make_plan
from tests.support.demo import codes, events_of, made_from, serials_of
from traceability.codes.keys import CodeCheckDigitError, check_element
from traceability.codes.uris import parse_code

PLAN = make_plan()


def uris(plan, drums):
    serials = serials_of(plan)
    return {drum_uri(plan, drum, serial=serials[drum.lot][drum.index]) for drum in drums}


class TestCast:
    @pytest.mark.parametrize("party", PARTIES, ids=lambda party: party.name_en)
    def test_gln_and_sscc_have_their_check_digits(self, party):
        check_element("414", party.gln)
        check_element("00", party.sscc_uri(7).rpartition("/")[2])

    def test_another_check_digit_is_refused(self):
        digits = PLANT.gln
        with pytest.raises(CodeCheckDigitError):
            check_element("414", digits[:-1] + str((int(digits[-1]) + 1) % 10))

    @pytest.mark.parametrize(
        "goods", [*RODS.values(), PVC, WIRE, STRAND, DRUM, HALF_DRUM], ids=lambda goods: goods.gtin
    )
    def test_goods_are_coded_under_their_makers_prefix(self, goods):
        check_element("01", goods.gtin)
        assert goods.gtin[1:].startswith(goods.maker.prefix)

    def test_every_firm_is_invented(self):
        assert all(party.prefix.startswith("952") for party in PARTIES)

    def test_carrier_and_depot_issue_no_codes(self):
        assert [party for party in PARTIES if not party.issues] == [CARRIER, DEPOT]


class TestMakePlan:
    def test_same_seed_and_date_give_the_same_plan(self):
        assert make_plan(seed=SEED, base=BASE) == PLAN

    def test_another_seed_chooses_another_bad_day(self):
        days = {make_plan(seed=seed).bad_rod.day for seed in range(40)}
        assert len(days) > 3
        assert days <= set(BAD_DAYS)

    def test_another_date_moves_every_event_as_much(self):
        later = make_plan(base=date(2026, 3, 9))
        moved = {
            (date.fromisoformat(b["eventTime"][:10]) - date.fromisoformat(a["eventTime"][:10])).days
            for a, b in zip(events_of(PLAN), events_of(later), strict=True)
        }
        assert moved == {7}

    def test_events_lie_in_the_weeks_before_the_base_date(self):
        times = sorted(event["eventTime"] for event in events_of(PLAN))
        assert times[0][:10] == "2026-02-06"
        assert times[-1][:10] == "2026-03-02"

    def test_it_has_two_thousand_drums_with_codes(self):
        assert sum(PLAN.lots.values()) >= 2000
        assert sum(len(cable.drums) for cable in PLAN.cables) == 2002

    def test_every_drum_has_a_serial_and_every_serial_a_drum(self):
        halves = [half for rewinding in PLAN.rewindings for half in rewinding.halves]
        drums = [drum for cable in PLAN.cables for drum in cable.drums] + halves
        given = {Drum(lot, index) for lot, size in PLAN.lots.items() for index in range(size)}
        assert len(drums) == len(set(drums))
        assert set(drums) == given


class TestTainted:
    def test_bad_rod_reaches_two_cable_lots_and_the_half_drums_of_two_drums(self):
        tainted = [cable for cable in PLAN.cables if cable.is_tainted]
        assert [len(cable.drums) for cable in tainted] == [42, 42]
        assert len(PLAN.tainted) == 42 + 42 + 4

    @pytest.mark.parametrize("seed", [SEED, 1, 2])
    def test_transformations_carry_the_bad_lot_to_exactly_these_drums(self, seed):
        plan = make_plan(seed=seed)
        start = RODS[plan.bad_rod.maker].lot_uri(plan.bad_rod.number)
        reached = {code for code in made_from(events_of(plan), start) if "/21/" in code}
        assert reached == uris(plan, plan.tainted)

    def test_they_are_half_of_two_lots_so_a_recall_by_lot_would_take_too_many(self):
        lots = Counter(drum.lot for drum in PLAN.tainted if drum.lot != PLAN.half_lot)
        assert {PLAN.lots[lot] - count for lot, count in lots.items()} == {42}

    def test_neighbouring_rod_lot_reaches_other_drums(self):
        rod = next(
            rod
            for rod in PLAN.rods
            if rod.maker is PLAN.bad_rod.maker and rod.day == PLAN.bad_rod.day - 2
        )
        reached = made_from(events_of(PLAN), RODS[rod.maker].lot_uri(rod.number))
        assert reached
        assert not reached & uris(PLAN, PLAN.tainted)

    def test_shown_drum_is_sound(self):
        assert PLAN.shown not in PLAN.tainted | PLAN.rewound


class TestMass:
    def test_no_lot_is_used_beyond_what_was_made_of_it(self):
        balance: Counter[str] = Counter()
        for event in events_of(PLAN):
            if event["type"] == "TransformationEvent":
                balance.update(amounts(event, "output"))
                balance.subtract(amounts(event, "input"))
            elif event["bizStep"] == "commissioning":
                balance.update({x["epcClass"]: x["quantity"] for x in event["quantityList"]})
        assert {code for code, amount in balance.items() if amount < 0} == set()

    def test_every_code_that_is_used_was_made(self):
        made: set[str] = set()
        for event in events_of(PLAN):
            if event["type"] == "TransformationEvent":
                assert codes(event, "input") <= made
                made |= codes(event, "output")
            elif event["bizStep"] == "commissioning":
                made |= {item["epcClass"] for item in event["quantityList"]}

    def test_code_of_a_lot_is_read_back(self):
        lot = RODS[PLAN.bad_rod.maker].lot_uri(PLAN.bad_rod.number)
        assert parse_code(lot).lot == PLAN.bad_rod.number


def amounts(event, side):
    return {item["epcClass"]: item["quantity"] for item in event.get(f"{side}QuantityList", ())}

"""The balance of a transformation, of a lot, and of a chain, as pure functions."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import pytest

from tests.support.lineage import lot, product_class, serial, sscc
from traceability.lineage.balance.accounts import (
    BREACHED,
    CLOSED,
    COMMISSIONED,
    COUNTED,
    DESTROYED,
    NOT_ESTABLISHED,
    RECEIVED,
    SHIPPED,
    Handling,
    Making,
    Uses,
    account,
    chain,
    close,
)
from traceability.lineage.balance.findings import LOT_OVERDRAWN, findings_of
from traceability.lineage.balance.measuring import Stated, Weights, measure
from traceability.lineage.balance.tolerance import EXACT, read_tolerance
from traceability.lineage.balance.units import COUNT, LENGTH, MASS

ROD, WIRE, OTHER, SCRAP = lot(1, "R1"), lot(2, "W1"), lot(2, "W2"), lot(9, "S1")
DRUM, HALF = serial(3, "A"), serial(4, "B")
WEIGHTS = Weights({product_class(3): frozenset({("50", "KGM")})}, lambda _: (product_class(3),))


def making(inputs, outputs, scrap=(), time=0):
    return Making((time + 1,), time, tuple(inputs), tuple(outputs), tuple(scrap))


def kilograms(code, amount):
    return Stated(code, str(amount), "KGM")


def closed(one, *, tolerance=EXACT, weights=None):
    return close(one, measure=partial(measure, weights=weights or Weights()), tolerance=tolerance)


def reasons(one):
    return {(trouble.reason, trouble.subject) for trouble in one.troubles}


class TestClose:
    def test_input_is_output_and_scrap(self):
        found = closed(
            making([kilograms(ROD, 1000)], [kilograms(WIRE, 990)], [Stated("", "10000", "GRM")])
        )
        assert (found.state, found.unaccounted, found.scrap) == (CLOSED, 0, 10)

    def test_a_gram_less_is_missing(self):
        found = closed(making([kilograms(ROD, 1000)], [kilograms(WIRE, "999.999")]))
        assert (found.state, found.unaccounted) == (BREACHED, Fraction(1, 1000))

    def test_a_gram_more_is_too_much(self):
        found = closed(making([kilograms(ROD, 1000)], [kilograms(WIRE, "1000.001")]))
        assert (found.state, found.unaccounted) == (BREACHED, Fraction(-1, 1000))

    def test_what_the_tolerance_allows_is_no_breach(self):
        one = making([kilograms(ROD, 1000)], [kilograms(WIRE, 997)])
        assert closed(one, tolerance=read_tolerance("0.3%")).state == CLOSED
        assert closed(one, tolerance=read_tolerance("2.999 kg")).state == BREACHED

    def test_a_by_product_is_an_output(self):
        found = closed(making([kilograms(ROD, 10)], [kilograms(WIRE, 9), kilograms(SCRAP, 1)]))
        assert found.state == CLOSED

    def test_pounds_and_tonnes_meet_in_kilograms(self):
        found = closed(making([Stated(ROD, "0.45359237", "TNE")], [Stated(WIRE, "1000", "LBR")]))
        assert found.state == CLOSED

    def test_things_count_by_their_net_weight(self):
        one = making([kilograms(ROD, 100)], [Stated(DRUM), Stated(serial(3, "C"))])
        assert closed(one, weights=WEIGHTS).state == CLOSED

    def test_without_it_the_balance_is_not_established(self):
        found = closed(making([kilograms(ROD, 100)], [Stated(DRUM)]))
        assert found.state == NOT_ESTABLISHED
        assert reasons(found) == {("NET_WEIGHT_MISSING", DRUM)}
        assert found.unaccounted is None

    @pytest.mark.parametrize(
        ("stated", "reason"),
        [
            (Stated(WIRE), "AMOUNT_MISSING"),
            (Stated(WIRE, "5", "ZZ"), "UNIT_UNKNOWN"),
            (Stated(WIRE, "-5", "KGM"), "AMOUNT_INVALID"),
            (Stated(WIRE, "1e400", "KGM"), "AMOUNT_INVALID"),
            (Stated(sscc(1)), "CONTENTS_UNKNOWN"),
            (Stated(WIRE, "5", "MTR"), "NET_WEIGHT_MISSING"),
        ],
    )
    def test_what_cannot_be_measured_is_the_reason(self, stated, reason):
        found = closed(making([kilograms(ROD, 100)], [stated]))
        assert reasons(found) == {(reason, stated.code)}

    def test_two_net_weights_are_a_dispute(self):
        weights = Weights({DRUM: frozenset({("50", "KGM"), ("51", "KGM")})})
        found = closed(making([kilograms(ROD, 100)], [Stated(DRUM)]), weights=weights)
        assert reasons(found) == {("NET_WEIGHT_DISPUTED", DRUM)}

    def test_the_same_net_weight_in_two_units_is_none(self):
        weights = Weights({DRUM: frozenset({("50", "KGM"), ("50000", "GRM")})})
        found = closed(making([kilograms(ROD, 50)], [Stated(DRUM)]), weights=weights)
        assert found.state == CLOSED

    def test_a_net_weight_in_metres_is_none(self):
        weights = Weights({DRUM: frozenset({("50", "MTR")})})
        found = closed(making([kilograms(ROD, 50)], [Stated(DRUM)]), weights=weights)
        assert reasons(found) == {("NET_WEIGHT_INVALID", DRUM)}

    def test_one_product_can_be_balanced_in_length(self):
        found = closed(making([Stated(WIRE, "500", "MTR")], [Stated(OTHER, "0.4", "KMT")]))
        assert (found.dimension, found.state, found.unaccounted) == (LENGTH, BREACHED, 100)

    def test_one_product_can_be_balanced_in_pieces(self):
        found = closed(making([Stated(WIRE, "5")], [Stated(OTHER, "3"), Stated(lot(2, "W3"), "2")]))
        assert (found.dimension, found.state) == (COUNT, CLOSED)

    def test_pieces_of_different_products_do_not_balance(self):
        assert closed(making([Stated(DRUM)], [Stated(HALF), Stated(serial(4, "C"))])).state == (
            NOT_ESTABLISHED
        )

    def test_mass_and_length_do_not_mix(self):
        found = closed(making([kilograms(WIRE, 5)], [Stated(OTHER, "5", "MTR")]))
        assert found.state == NOT_ESTABLISHED

    def test_nothing_in_or_out_is_said(self):
        assert reasons(closed(making([], [kilograms(WIRE, 1)]))) == {("INPUT_MISSING", "")}
        assert reasons(closed(making([kilograms(ROD, 1)], []))) == {("OUTPUT_MISSING", "")}


def timed(*amounts, code=ROD):
    return tuple((time, kilograms(code, amount)) for time, amount in amounts)


def handled(what, time, amount, *, code=ROD, place=""):
    return Handling(time, time + 100, what, kilograms(code, amount), place)


def kept(code, dimension=MASS, **uses):
    return account(
        code, Uses(**uses), measure=partial(measure, weights=Weights()), dimension=dimension
    )


def told(one, *, tolerance=EXACT):
    return {(found.code, found.subject) for found in findings_of([], [one], tolerance=tolerance)}


class TestAccount:
    def test_what_was_not_used_is_stock(self):
        found = kept(ROD, handlings=(handled(COMMISSIONED, 0, 2000),), used=timed((1, 990)))
        assert (found.entered, found.used, found.stock, found.missing) == (2000, 990, 1010, 0)

    def test_what_was_destroyed_is_not(self):
        goods = (handled(COMMISSIONED, 0, 2000), handled(DESTROYED, 2, 10))
        found = kept(ROD, handlings=goods, used=timed((1, 990)))
        assert (found.destroyed, found.stock) == (10, 1000)

    def test_what_is_made_is_not_counted_again_when_commissioned(self):
        found = kept(WIRE, made=timed((1, 5), code=WIRE),
                     handlings=(handled(COMMISSIONED, 2, 5, code=WIRE),))  # fmt: skip
        assert found.entered == 5

    def test_without_both_it_is_what_was_first_received(self):
        arrived = (
            handled(RECEIVED, 1, 5, place="a"), handled(RECEIVED, 2, 4, place="a"),
            handled(RECEIVED, 3, 9, place="b"),
        )  # fmt: skip
        assert kept(ROD, handlings=arrived).entered == 9

    def test_of_what_nobody_says_how_much_there_was_no_stock_is_told(self):
        found = kept(ROD, used=timed((1, 5)))
        assert (found.entered, found.left, found.stock, found.missing) == (None, None, 0, 0)

    def test_more_used_than_there_was_is_found(self):
        found = kept(ROD, handlings=(handled(COMMISSIONED, 0, 5),), used=timed((1, 6)))
        assert (found.stock, found.missing) == (0, -1)
        assert told(found) == {(LOT_OVERDRAWN, ROD)}
        assert told(found, tolerance=read_tolerance("1 kg")) == set()

    def test_a_stock_taking_finds_what_is_missing(self):
        goods = (handled(COMMISSIONED, 0, 10), handled(COUNTED, 5, 3))
        found = kept(ROD, handlings=goods, used=timed((1, 6), (9, 2)))
        assert (found.expected, found.counted, found.missing, found.stock) == (4, 3, 1, 1)
        assert told(found) == {("STOCK_DIFFERS", ROD)}

    def test_a_stock_taking_that_agrees_finds_nothing(self):
        goods = (handled(COMMISSIONED, 0, 10), handled(COUNTED, 5, 4))
        assert told(kept(ROD, handlings=goods, used=timed((1, 6)))) == set()

    def test_what_was_shipped_and_not_received_is_missing(self):
        goods = (handled(COMMISSIONED, 0, 10), handled(SHIPPED, 1, 10), handled(RECEIVED, 2, 7))
        found = kept(ROD, handlings=goods, used=timed((3, 7)))
        assert (found.lost, found.missing, found.stock) == (3, 3, 0)
        assert told(found) == {("RECEIVED_DIFFERS", ROD)}

    def test_what_is_on_its_way_is_not(self):
        goods = (handled(COMMISSIONED, 0, 10), handled(SHIPPED, 1, 10))
        assert kept(ROD, handlings=goods).missing == 0

    def test_what_somebody_on_the_way_does_not_tell_is_not_missing(self):
        goods = (handled(SHIPPED, 1, 10), handled(SHIPPED, 2, 10), handled(RECEIVED, 3, 10))
        assert kept(ROD, handlings=goods).lost == 0

    def test_an_amount_in_another_dimension_is_a_trouble(self):
        found = kept(ROD, used=((1, Stated(ROD, "5", "MTR")),))
        assert reasons(found) == {("NET_WEIGHT_MISSING", ROD)}


class TestChain:
    def test_what_went_in_is_product_stock_scrap_and_what_is_missing(self):
        drawing = making(
            [kilograms(ROD, 1000)], [kilograms(WIRE, 990)], [Stated("", "7", "KGM")], time=1
        )
        stranding = making([kilograms(WIRE, 500)], [kilograms(SCRAP, 500)], time=2)
        accounts = [
            kept(ROD, handlings=(handled(COMMISSIONED, 0, 2000),), used=timed((1, 1000))),
            kept(WIRE, made=timed((1, 990), code=WIRE), used=timed((2, 500), code=WIRE)),
            kept(SCRAP, made=timed((2, 500), code=SCRAP)),
        ]
        found = chain([closed(drawing), closed(stranding)], accounts, tolerance=EXACT)
        assert (found.input, found.product, found.stock) == (2000, 500, 1490)
        assert (found.scrap, found.unaccounted, found.state) == (7, 3, BREACHED)

    def test_it_is_not_established_where_one_transformation_is_not(self):
        found = chain([closed(making([kilograms(ROD, 1)], []))], [], tolerance=EXACT)
        assert (found.state, found.input) == (NOT_ESTABLISHED, None)

    def test_without_transformations_there_is_none(self):
        assert chain([], [], tolerance=EXACT).state == NOT_ESTABLISHED

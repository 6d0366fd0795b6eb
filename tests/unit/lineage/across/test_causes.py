"""What is asked for is read strictly; numbers in other units are compared."""

from __future__ import annotations

from fractions import Fraction

import pytest

from traceability.lineage.across.causes import (
    CauseKeyUnknown,
    CauseMissing,
    CauseRangeInvalid,
    CauseWindowInvalid,
    Window,
    read_asked,
    read_range,
    read_window,
)
from traceability.lineage.balance.units import UnitUnknown

HOUR = 3_600_000


class TestReadAsked:
    def test_a_window_alone_means_the_place(self):
        assert read_asked(window="4h").keys == ("place",)
        assert read_asked(("machine",), window="4h").keys == ("machine",)

    def test_a_key_is_asked_once(self):
        assert read_asked(("machine", "machine")).keys == ("machine",)

    def test_another_key_is_refused_and_the_known_ones_named(self):
        with pytest.raises(CauseKeyUnknown, match="machine, tool, operator"):
            read_asked(("mood",))

    def test_nothing_is_no_question(self):
        with pytest.raises(CauseMissing):
            read_asked()


class TestReadRange:
    def test_name_unit_and_bounds_are_read(self):
        found = read_range("Temperature[°C]:1180..1210.5")
        assert (found.name, found.uom) == ("Temperature", "CEL")
        assert (found.low, found.high) == (1180, Fraction("1210.5"))

    @pytest.mark.parametrize("written", ["Speed:-5..5", "Speed:5..5", "Speed:.5..1"])
    def test_bounds_may_be_below_nothing_or_the_same(self, written):
        assert read_range(written).name == "Speed"

    @pytest.mark.parametrize(
        "written", ["", "Speed", "Speed:1", "Speed:2..1", "Speed:a..b", ":1..2", "Speed:1..NaN",
                    "Speed:1..1e999999999", "x" * 90 + ":1..2"],
    )  # fmt: skip
    def test_anything_else_is_refused(self, written):
        with pytest.raises(CauseRangeInvalid):
            read_range(written)

    def test_unknown_unit_is_refused(self):
        with pytest.raises(UnitUnknown):
            read_range("Speed[zorkmid]:1..2")


class TestRange:
    def test_temperatures_are_converted(self):
        found = read_range("Temperature[CEL]:100..200")
        assert found.has("373.15", "KEL")
        assert not found.has("373.14", "KEL")
        assert found.has("212", "FAH")
        assert not found.has("211.9", "FAH")

    def test_masses_are_converted(self):
        assert read_range("Load[kg]:1..2").has("1500", "GRM")
        assert not read_range("Load[kg]:1..2").has("1500", "MTR")

    def test_without_a_unit_numbers_count_as_they_were_said(self):
        assert read_range("Load:1..2").has("1.5", "KGM")
        assert not read_range("Load:1..2").has("1500", "GRM")

    @pytest.mark.parametrize(("value", "is_in"), [("0..1", True), ("0..5", True), ("3..5", False)])
    def test_part_of_a_span_is_enough(self, value, is_in):
        assert read_range("Load:1..2").has(value, None) is is_in

    def test_a_unit_that_cannot_be_compared_is_not_in_range(self):
        assert not read_range("Temperature[CEL]:0..100").has("50", None)
        assert not read_range("Temperature[CEL]:0..100").has("50", "KGM")

    def test_index_has_the_bounds_in_every_unit(self):
        found = set(read_range("Temperature[CEL]:0..100").indexed())
        assert found == {(0, 10**8), (273150000, 373150000), (32000000, 212000000)}


class TestReadWindow:
    def test_two_times_are_milliseconds(self):
        found = read_window("1970-01-01T01:00:00Z..1970-01-01T10:00:00+08:00")
        assert found == Window(HOUR, 2 * HOUR)

    def test_an_end_may_be_open(self):
        assert read_window("..1970-01-01T01:00:00Z") == Window(None, HOUR)

    def test_a_length_is_around_the_faults_own_events(self):
        found = read_window("4h")
        assert found == Window(around=4 * HOUR)
        assert found.about(HOUR) == (-3 * HOUR, 5 * HOUR)

    @pytest.mark.parametrize(
        "written", ["", "4", "4w", "2026-01-01T00:00:00..2026-01-02T00:00:00",
                    "2026-01-02T00:00:00Z..2026-01-01T00:00:00Z", "a..b", "1..2..3"],
    )  # fmt: skip
    def test_anything_else_is_refused(self, written):
        with pytest.raises(CauseWindowInvalid):
            read_window(written)

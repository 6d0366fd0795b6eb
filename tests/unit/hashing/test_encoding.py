"""Bytes and times have one text form each; every other form is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from traceability.hashing.encoding import (
    ZERO_HASH,
    EncodingInvalid,
    b64_decode,
    b64_encode,
    b64u_decode,
    b64u_encode,
    format_time,
    parse_time,
    sha256,
)

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def test_hashes_the_empty_string() -> None:
    assert sha256(b"").hex().startswith("e3b0c44298fc1c14")
    assert bytes(32) == ZERO_HASH


class TestBase64URL:
    # RFC 4648, section 10, without padding; the last two differ from standard base64.
    @pytest.mark.parametrize(
        ("data", "text"),
        [(b"", ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (b"\xfb\xef", "--8"),
         (b"\xff\xff\xff", "____")],
    )  # fmt: skip
    def test_encodes_and_decodes(self, data: bytes, text: str) -> None:
        assert b64u_encode(data) == text
        assert b64u_decode(text) == data

    @pytest.mark.parametrize(
        "text",
        ["Zg==", "Zh", "Zm9", "Z", "++8", "//8", "Zm9v\n", " Zm9v", "Zm 9v", "铜", "=", "Zg="],
    )
    def test_refuses_other_forms(self, text: str) -> None:
        with pytest.raises(EncodingInvalid):
            b64u_decode(text)

    def test_demands_the_length(self) -> None:
        assert b64u_decode("Zm9v", length=3) == b"foo"
        with pytest.raises(EncodingInvalid, match="expected 4 bytes, got 3"):
            b64u_decode("Zm9v", length=4)


class TestBase64:
    @pytest.mark.parametrize(
        ("data", "text"), [(b"", ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"\xff\xef\xbe", "/+++")]
    )
    def test_encodes_and_decodes(self, data: bytes, text: str) -> None:
        assert b64_encode(data) == text
        assert b64_decode(text) == data

    @pytest.mark.parametrize(
        "text", ["Zg", "Zg=", "Zh==", "Zg==\n", "_-==", "Zg==Zg==", "====", "Zm8", "铜铜"]
    )
    def test_refuses_other_forms(self, text: str) -> None:
        with pytest.raises(EncodingInvalid):
            b64_decode(text)


class TestTimes:
    def test_writes_and_reads_milliseconds(self) -> None:
        assert format_time(MOMENT) == "2026-01-02T03:04:05.678Z"
        assert parse_time("2026-01-02T03:04:05.678Z") == MOMENT

    def test_writes_years_with_four_digits(self) -> None:
        assert format_time(datetime(987, 1, 1, tzinfo=UTC)) == "0987-01-01T00:00:00.000Z"

    def test_writes_other_zones_as_utc(self) -> None:
        there = MOMENT.astimezone(timezone(timedelta(hours=8)))
        assert format_time(there) == "2026-01-02T03:04:05.678Z"

    def test_refuses_a_time_without_zone(self) -> None:
        with pytest.raises(EncodingInvalid, match="time has no zone"):
            format_time(MOMENT.replace(tzinfo=None))

    @pytest.mark.parametrize(
        "text",
        ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+00:00", "2026-01-02t03:04:05.678Z",
         "2026-02-29T00:00:00.000Z", "2026-01-02T24:00:00.000Z", "2026-01-02T23:59:60.000Z",
         "0000-01-01T00:00:00.000Z", "２026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z\n"],
    )  # fmt: skip
    def test_refuses_other_forms_and_times_that_are_none(self, text: str) -> None:
        with pytest.raises(EncodingInvalid):
            parse_time(text)

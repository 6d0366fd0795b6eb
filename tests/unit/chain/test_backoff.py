"""How long an endpoint is left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from traceability.chain.backoff import Rest, read_retry_after

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("999999999999999999999", 3600.0),
        ("Fri, 01 May 2026 12:00:30 GMT", 30.0),
        ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
        ("Fri, 01 May 2099 11:00:00 GMT", 3600.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        (None, None),
    ],
)
def test_reads_seconds_and_dates_and_nothing_else(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, NOON) == seconds


class TestRest:
    def test_doubles_up_to_a_minute(self) -> None:
        rest = Rest(jitter=lambda: 1.0)
        times = []
        for _ in range(8):
            rest.failed(100.0)
            times.append(rest.remaining(100.0))
        assert times == [1, 2, 4, 8, 16, 32, 60, 60]

    def test_is_shorter_by_chance_but_not_by_more_than_half(self) -> None:
        rest = Rest(jitter=lambda: 0.0)
        rest.failed(100.0)
        assert rest.remaining(100.0) == 0.5

    def test_is_as_long_as_the_endpoint_asks(self) -> None:
        rest = Rest(jitter=lambda: 1.0)
        rest.limited(100.0, retry_after=17.0)
        assert rest.is_limited
        assert (rest.remaining(100.0), rest.remaining(116.0), rest.remaining(118.0)) == (17, 1, 0)

    def test_ends_with_a_success(self) -> None:
        rest = Rest(jitter=lambda: 1.0)
        rest.failed(100.0)
        rest.failed(100.0)
        rest.succeeded()
        assert rest.remaining(100.0) == 0
        rest.failed(100.0)
        assert rest.remaining(100.0) == 1

"""A log that sends drop by drop is given up by its name; one that is only slow is copied."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.integration.cli.test_commands import Program
from tests.support.drops import DROPS, OK, answering, dripping
from traceability.ledger.mirror import source as mirror_source
from traceability.ledger.mirror.faults import (
    MirrorSourceSlow,
    MirrorSourceTooLong,
    MirrorSourceUnavailable,
)
from traceability.ledger.mirror.source import HttpSource
from traceability.watching import Awaited


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_source, "GRACE_SECONDS", 0.3)


@pytest.mark.parametrize("begin", DROPS.values(), ids=DROPS)
def test_drops_without_end_are_given_up(begin: bytes) -> None:
    with (
        answering(dripping(begin)) as address,
        HttpSource(address) as source,
        pytest.raises(MirrorSourceSlow, match="sends 'checkpoint' too slowly"),
    ):
        source.get("checkpoint")


def test_the_command_ends_with_3_and_has_copied_nothing(tmp_path: Path) -> None:
    place = tmp_path / "mirror"
    with answering(dripping(DROPS["a head"])) as address:
        status, answer = Program(tmp_path / "data")("mirror", address, str(place))
    assert (status, answer["error"]["code"]) == (3, "MIRROR_SOURCE_SLOW")
    assert not (place / "checkpoint").exists()


def test_an_answer_that_comes_whole_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_source, "GRACE_SECONDS", 60.0)

    def drip(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: 20\r\n\r\n")
        for _ in range(20):
            over.wait(0.02)
            connection.sendall(b"1")

    with answering(drip) as address, HttpSource(address) as source:
        assert source.get("checkpoint") == b"1" * 20


def test_more_than_may_be_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_source, "GRACE_SECONDS", 60.0)

    def flood(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(OK + b"\r\n")
        while not over.is_set():
            connection.sendall(b"1" * 65_536)

    with answering(flood) as address, HttpSource(address) as source:
        with pytest.raises(MirrorSourceTooLong, match="'anchors' of the log is too long"):
            source.get("anchors?after=3", most=100_000)
        with pytest.raises(MirrorSourceTooLong, match="expected at most 2097152 bytes"):
            source.get("checkpoint", most=10_000_000)


def test_what_comes_fast_enough_may_take_long() -> None:
    awaited = Awaited(0.0, 60.0, size=16_384 * 940)
    assert not awaited.is_too_slow(1000.0)
    assert awaited.is_too_slow(1001.0)


def test_a_redirection_is_named_and_its_body_left_unread() -> None:
    sent = 0

    def redirect(connection: socket.socket, over: threading.Event) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/log\r\n\r\n")
        while not over.is_set() and sent < 200_000_000:
            sent += connection.send(b"1" * 65_536)

    with answering(redirect) as address, HttpSource(address) as source:
        with pytest.raises(MirrorSourceUnavailable, match="has moved") as caught:
            source.get("checkpoint")
        assert caught.value.got == "http://elsewhere.example/log"
    assert sent < 100_000_000

"""Commitments and the CBV event hash, beside bare SHA-256 over the same bytes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator

from scripts.benchmarks.events import sample_event
from scripts.benchmarks.measure import REPEATS, Part, Row, seconds
from traceability.hashing.commitment import (
    RecordKind,
    commit_record,
    item_leaf_hashes,
    salted_fields,
)
from traceability.hashing.event_hash import event_hash

LEAVES_PER_SECOND = 300_000
# What the reference implementation (epcis-event-hash-generator 1.9.3) was measured at.
REFERENCE_EVENT_HASHES = 1_136
DOCUMENT = 500  # events
PREFIX = "https://id.gs1.org/01/09521234567899/10/L1/21/"


def _measure(*, quick: bool) -> Iterator[Row]:
    events = [sample_event(number) for number in range(DOCUMENT)]
    secret = secrets.token_bytes(32)
    leaves = sum(len(salted_fields(RecordKind.EVENT, event, secret)) for event in events)

    def work() -> None:
        for event in events:
            commit_record(RecordKind.EVENT, event, secret)

    blocks = [secrets.token_bytes(100) for _ in range(leaves)]
    floor = seconds(lambda: [hashlib.sha256(block).digest() for block in blocks])
    yield Row(
        "commitments",
        leaves / seconds(work),
        "leaves/s",
        LEAVES_PER_SECOND,
        leaves / floor,
        at_most=False,
    )
    yield from _items(100_000 if quick else 1_000_000)
    yield _event_hashes(200 if quick else 2_000)


def _event_hashes(count: int) -> Row:
    """Hash each event once: the forms of codes are kept, so that a second time would cost less."""
    taken = []
    for first in range(DOCUMENT, DOCUMENT + REPEATS * count, count):
        fresh = [sample_event(number) for number in range(first, first + count)]
        taken.append(seconds(lambda: [event_hash(event) for event in fresh], repeats=1))  # noqa: B023 (run at once)
    return Row(
        "event-hash",
        count / min(taken),
        "events/s",
        20 * REFERENCE_EVENT_HASHES,
        REFERENCE_EVENT_HASHES,
        at_most=False,
    )


def _items(count: int) -> Iterator[Row]:
    serials = [f"{number:016d}" for number in range(count)]
    salts = secrets.token_bytes(16 * count)
    taken = seconds(lambda: item_leaf_hashes(PREFIX, serials, salts), repeats=1)
    yield Row("commitments-items", count / taken, "leaves/s", LEAVES_PER_SECOND, at_most=False)


PART = Part(("commitments", "commitments-items", "event-hash"), _measure)

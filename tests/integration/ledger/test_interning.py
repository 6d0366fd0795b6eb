"""Each code has one number, whoever names it first."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from traceability.store.repositories.interning import intern, numbers_of
from traceability.store.store import Store

# Codes of other systems: what JSON, SQL and arrays would have to escape.
ODD = [
    'urn:x:"quoted"',
    "urn:x:'single'",
    "urn:x:{a,b}",
    "urn:x:back\\slash",
    "urn:x:批次🚚",
    "urn:x:NULL",
]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def shared_store(postgres_url: str, tmp_path: Path) -> Iterator[Store]:
    with Store.open(postgres_url, tmp_path) as opened:
        yield opened


def test_new_codes_get_numbers_and_known_ones_keep_theirs(store: Store) -> None:
    with store.unit_of_work() as work:
        first = intern(work.connection, ["urn:x:b", "urn:x:a"])
        work.commit()
    with store.unit_of_work() as work:
        second = intern(work.connection, {"urn:x:c", "urn:x:b"})
        known = numbers_of(work.connection, ["urn:x:a", "urn:x:b", "urn:x:c", "urn:x:d"])
    assert len(set((first | second).values())) == 3
    assert second["urn:x:b"] == first["urn:x:b"]
    assert known == first | second


def test_codes_come_back_as_they_were(store: Store) -> None:
    with store.unit_of_work() as work:
        numbers = intern(work.connection, ODD)
        assert numbers_of(work.connection, ODD) == numbers
    assert sorted(numbers) == sorted(ODD)


def test_nothing_is_asked_for_no_codes(store: Store) -> None:
    with store.unit_of_work() as work:
        assert intern(work.connection, []) == {}


def _intern_later(store: Store, uris: list[str], begun: threading.Event) -> dict[str, int]:
    with store.unit_of_work() as work:
        begun.set()
        numbers = intern(work.connection, uris)
        work.commit()
    return numbers


def _beside(store: Store, *, keeps: bool) -> tuple[dict[str, int], dict[str, int]]:
    """Intern in one transaction while another that is not ended has interned some of the same."""
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with store.unit_of_work() as work:
            first = intern(work.connection, ["urn:x:a", "urn:x:b"])
            other = pool.submit(_intern_later, store, ["urn:x:b", "urn:x:c"], begun)
            assert begun.wait(10)
            time.sleep(0.2)  # It waits for us at `b`.
            assert not other.done()
            if keeps:
                work.commit()
        return first, other.result(10)


def test_two_writers_give_a_code_one_number(shared_store: Store) -> None:
    first, second = _beside(shared_store, keeps=True)
    assert second["urn:x:b"] == first["urn:x:b"]
    with shared_store.reading() as repositories:
        assert repositories.events.numbers_of(["urn:x:b", "urn:x:c"]) == second


def test_a_number_that_was_rolled_back_is_nobodys(shared_store: Store) -> None:
    _, second = _beside(shared_store, keeps=False)
    with shared_store.reading() as repositories:
        assert repositories.events.numbers_of(["urn:x:a", "urn:x:b", "urn:x:c"]) == second

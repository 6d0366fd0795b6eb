"""The account of a lot that goes by quantity."""

from __future__ import annotations

from decimal import Decimal

import pytest

from traceability.lineage.recalls.amounts import Account, Kind, Movement, Place

PLANT, SHOP, OTHER = b"plant", b"shop", b"other"


def account(*movements: tuple[Kind, bytes, int]) -> Account:
    return Account().take(
        Movement(kind, party, Decimal(amount), event)
        for event, (kind, party, amount) in enumerate(movements, 1)
    )


def held(found: Account) -> dict[tuple[bytes, bool], int]:
    return {(one.party, one.is_moving): int(one.amount) for one in found.places()}


def test_what_is_made_stays_with_its_maker() -> None:
    found = account(("made", PLANT, 100))
    assert found.places() == [Place(PLANT, False, Decimal(100), 1)]


def test_what_is_sent_is_on_its_way_until_it_is_received() -> None:
    assert held(account(("made", PLANT, 100), ("sent", PLANT, 40))) == {
        (PLANT, False): 60,
        (PLANT, True): 40,
    }
    found = account(("made", PLANT, 100), ("sent", PLANT, 40), ("received", SHOP, 30))
    assert held(found) == {(PLANT, False): 60, (PLANT, True): 10, (SHOP, False): 30}
    assert (found.made, found.short) == (100, 0)


def test_what_is_received_without_having_been_sent_comes_from_who_has_it() -> None:
    found = account(("made", PLANT, 100), ("received", SHOP, 30))
    assert held(found) == {(PLANT, False): 70, (SHOP, False): 30}


def test_what_nobody_had_was_made_elsewhere() -> None:
    found = account(("received", SHOP, 30), ("used", SHOP, 10))
    assert (found.made, held(found)) == (30, {(SHOP, False): 20})


@pytest.mark.parametrize("kind", ["used", "removed", "lost"])
def test_what_is_gone_is_counted_and_held_by_nobody(kind: Kind) -> None:
    found = account(("made", PLANT, 100), (kind, PLANT, 100))
    assert getattr(found, kind) == 100
    assert found.places() == []
    assert found.last[kind] == 2


def test_using_more_than_there_is_is_short() -> None:
    assert account(("made", PLANT, 100), ("used", OTHER, 130)).short == 30
    assert account(("made", PLANT, 100), ("used", OTHER, 100)).short == 0


def test_nothing_is_lost_or_found_on_the_way() -> None:
    found = account(
        ("made", PLANT, 100),
        ("sent", PLANT, 90),
        ("received", SHOP, 50),
        ("received", OTHER, 40),
        ("used", SHOP, 20),
        ("removed", OTHER, 5),
    )
    assert sum(held(found).values()) + found.used + found.removed == found.made

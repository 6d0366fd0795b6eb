"""A long document in XML: each slice holds its own events, and goes with them alone."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.ledger import add_participant
from tests.support.streaming import as_xml, content, events, is_sound, slices, take
from traceability.hashing.statement import Erasure
from traceability.ledger import pieces
from traceability.ledger.erasure_plan import declarations_of, plan_fields, plan_records
from traceability.ledger.node import Node
from traceability.ledger.status_targets import Target

WHY = Erasure(bytes(16), "trade_secret")
AT_ONCE = 3


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "EVENTS_AT_ONCE", AT_ONCE)


def ids(data: bytes) -> list[int]:
    """Return the numbers of the events that some bytes name, of either byte order."""
    plain = data.replace(b"\0", b"")
    return [int(number) for number in re.findall(rb"urn:example:(\d+)", plain)]


def in_utf16(data: bytes) -> bytes:
    return data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_a_slice_holds_the_events_of_its_batch_and_of_no_other(node: Node, encoding: str) -> None:
    data = as_xml(events(8))
    data = in_utf16(data) if encoding == "UTF-16" else data
    result, _ = take(node, data, "xml", participant=add_participant(node))
    assert (result.accepted, result.batches) == (8, 3)
    kept = slices(node)
    assert [ids(content(one)) for one in kept] == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert b"".join(content(one) for one in kept) == data
    offsets = [sum(one["bytes"] for one in kept[:number]) for number in range(3)]
    assert [one["offset"] for one in kept] == offsets


@pytest.mark.parametrize("names", [None, (), ("epcList",)])
def test_erasing_leaves_nothing_of_it_in_any_slice(
    node: Node, names: tuple[str, ...] | None
) -> None:
    """The whole batch, one record, one field: each takes the slice, and that one only."""
    take(node, as_xml(events(8)), "xml", participant=add_participant(node))
    with node.store.reading() as repositories:
        second = list(repositories.batches.all())[1]
        entry = repositories.entries.by_arrival(second.arrival)
        assert entry is not None
        target = Target(entry.leaf_hash, -1 if names is None else ((1, 1),))
        if names:
            plan = plan_fields(repositories, target, names)
        else:
            plan = plan_records(repositories, target)
    said = declarations_of(plan, requester=WHY.requester, basis=WHY.basis, reason="other")
    node.erasures.erase(said)
    left = slices(node)
    assert [ids(content(one)) for one in left] == [[0, 1, 2], [6, 7]]
    assert "urn:example:4" not in json.dumps([content(one).decode() for one in left])
    assert is_sound(node)

"""Rows of a recall encoded together are the rows encoded one by one."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ledger_api.lineage.encoding import lines
from traceability.lineage.results import Edge, Finding, Holder, Item
from traceability.lineage.streaming import End, Row

# Few of each, so that rows next to each other have much in common.
CODES = st.sampled_from(['a","b', 'a"', "\\", '","', "\n\x00", "中文", "https://id.gs1.org/00/1"])
ITEMS = st.builds(Item, CODES, st.sampled_from(["item", "lot"]), st.integers(0, 2))
RELATIONS = st.sampled_from(["membership", "transformation"])
EDGES = st.builds(Edge, CODES, CODES, RELATIONS, CODES, CODES)
OTHERS = (
    st.builds(Finding, CODES, CODES, CODES)
    | st.builds(Holder, CODES, st.integers(0, 9))
    | st.builds(End, st.integers(0, 9), st.integers(0, 9), st.booleans())
)


def as_json(row: Row) -> dict[str, object]:
    told = row.to_json() if isinstance(row, Edge) else row._asdict()
    return {type(row).__name__.lower(): told}


@given(st.lists(ITEMS | EDGES | OTHERS, max_size=12))
def test_every_row_is_a_line_of_its_own(rows: list[Row]) -> None:
    encoded = lines(rows)
    assert [json.loads(line) for line in encoded.splitlines()] == list(map(as_json, rows))
    assert encoded.count(b"\n") == len(rows)


def test_members_stand_in_their_order() -> None:
    edge = Edge("s", "t", "transformation", "e", "/p")
    assert lines([edge, edge]) == 2 * (
        b'{"edge":{"from":"s","to":"t","event_id":"e","proof_url":"/p",'
        b'"relation":"transformation"}}\n'
    )

"""Status runs agree with a plain list of statuses, and no leaf of them can be left out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.merkle.state_trees import STATUS_KINDS, WHOLE_BATCH, SortedTree, StatusLeaf
from traceability.verify.building import status_runs
from traceability.verify.bundle import StatusPart
from traceability.verify.faults import StatusRunInvalid
from traceability.verify.statuses import check_status_runs

ENTRIES = [bytes([i]) * 32 for i in range(1, 5)]
LEAVES = st.builds(
    StatusLeaf,
    st.sampled_from(ENTRIES),
    st.integers(WHOLE_BATCH, 4),
    st.sampled_from(STATUS_KINDS),
    st.integers(1, 9),
)
TREES = st.sets(LEAVES, max_size=24).map(
    lambda leaves: SortedTree(sorted(leaves, key=StatusLeaf.sort_key))
)


@given(TREES, st.sampled_from(ENTRIES), st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_runs_show_exactly_the_records_statuses(
    tree: SortedTree[StatusLeaf], entry: bytes, record: int
) -> None:
    runs = status_runs(tree, entry, record)
    found = check_status_runs(runs, entry, record, tree_size=tree.size, root_hash=tree.root_hash)
    places = ((entry, WHOLE_BATCH), (entry, record))
    wanted = {leaf for leaf in tree.leaves if (leaf.entry_hash, leaf.record_index) in places}
    assert set(found) == wanted
    assert len(found) == len(wanted)


@given(TREES, st.sampled_from(ENTRIES), st.integers(0, 5), st.data())
@settings(max_examples=300, deadline=None)
def test_no_leaf_of_a_run_can_be_left_out(
    tree: SortedTree[StatusLeaf], entry: bytes, record: int, data: st.DataObject
) -> None:
    runs = status_runs(tree, entry, record)
    if not tree.size:
        return
    at = data.draw(st.integers(0, len(runs) - 1))
    gone = data.draw(st.integers(0, len(runs[at]) - 1))
    shorter = (*runs[at][:gone], *runs[at][gone + 1 :])
    changed = (*runs[:at], shorter, *runs[at + 1 :])
    with pytest.raises(StatusRunInvalid):
        check_status_runs(changed, entry, record, tree_size=tree.size, root_hash=tree.root_hash)


@given(TREES, st.sampled_from(ENTRIES), st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_runs_have_one_form(tree: SortedTree[StatusLeaf], entry: bytes, record: int) -> None:
    runs = status_runs(tree, entry, record)
    parts = [StatusPart(leaf, i, tuple(tree.path(i))) for i, leaf in enumerate(tree.leaves)]
    others = [(*runs, runs[-1]), (*runs, runs[0]), (runs[0], *runs)]
    for at, run in enumerate(runs):
        longer = [parts[run[0].index - 1 : run[-1].index + 1] if run and run[0].index else ()]
        longer.append(parts[run[0].index : run[-1].index + 2] if run else ())
        others += [(*runs[:at], tuple(one), *runs[at + 1 :]) for one in longer]
    for other in others:
        if other != runs:
            with pytest.raises(StatusRunInvalid):
                check_status_runs(
                    other, entry, record, tree_size=tree.size, root_hash=tree.root_hash
                )

"""The columns of the FSMA 204 spreadsheet against the paragraphs of 21 CFR 1.1325 to 1.1350."""

from __future__ import annotations

import re

import pytest

from ledger_api.exports.fsma204_columns import SECTIONS, TABS
from ledger_api.exports.tracking import ELEMENTS, OTHER, TRANSFORMATION

# Every paragraph that names something to be recorded. Left out: what is told to others
# (1.1325(a)(2), (b)(2), 1.1340(b)), sprouts (1.1330(b)) and what has no element of its own.
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
PARAGRAPHS = {
    "Harvesting": [f"(1)({one})" for one in _ROMAN],
    "Cooling": [f"(1)({one})" for one in _ROMAN[:7]],
    "Initial packing": [f"(a)({n})" for n in range(1, 17)] + [f"(c)({n})" for n in range(1, 11)],
    "First land-based receiving": [f"({one})" for one in "abcdefg"],
    "Shipping": [f"(a)({n})" for n in range(1, 9)],
    "Receiving": [f"(a)({n})" for n in range(1, 9)] + [f"(b)({n})" for n in range(1, 8)],
    TRANSFORMATION: ["(a)(1)", "(a)(2)"]
    + [f"(a)(1)({one})" for one in _ROMAN[:3]]
    + [f"(a)(2)({one})" for one in _ROMAN[:6]],
}


@pytest.mark.parametrize("tab", SECTIONS)
def test_every_paragraph_has_a_column_and_no_column_another_paragraph(tab: str) -> None:
    named = {one for column in TABS[tab] for one in column.paragraph.split(", ") if one}
    assert named == set(PARAGRAPHS[tab])


def test_every_tab_has_a_section_but_other_events() -> None:
    assert [*SECTIONS, OTHER] == list(TABS)
    assert all(re.fullmatch(r"1\.13[2-5][05](\([ab]\))?", one) for one in SECTIONS.values())


@pytest.mark.parametrize("tab", TABS)
def test_columns_are_filled_from_elements_that_there_are(tab: str) -> None:
    titles = [column.title for column in TABS[tab]]
    assert len(titles) == len(set(titles))
    assert {column.element for column in TABS[tab]} - {None} <= set(ELEMENTS)

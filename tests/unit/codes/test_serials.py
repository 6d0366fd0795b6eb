"""New serials have the promised form and do not repeat."""

import re

from traceability.codes.keys import check_element
from traceability.codes.serials import new_serials


def test_serials_are_sixteen_crockford_characters() -> None:
    for serial in new_serials(1_000):
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", serial)
        check_element("21", serial)


def test_serials_do_not_repeat() -> None:
    serials = new_serials(100_000)
    assert len(set(serials)) == len(serials) == 100_000


def test_each_character_is_equally_likely() -> None:
    text = "".join(new_serials(20_000))
    counts = [text.count(character) for character in set(text)]
    assert len(counts) == 32
    # 10,000 expected; 600 is six standard deviations.
    assert all(abs(count - 10_000) < 600 for count in counts)


def test_none_is_none() -> None:
    assert new_serials(0) == []

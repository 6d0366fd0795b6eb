"""The short ways to canonical URIs give what reading in full gives, or nothing."""

import pytest

from traceability.codes.uris import canonical_uri
from traceability.events.identifiers import plain_item_uri, plain_items

LINK = "https://id.gs1.org/01/09521234567899/21/"
ELSEWHERE = "https://a.example/x/01/09521234567899/10/L1/21/"
URN = "urn:epc:id:sgtin:9521234.056789."


@pytest.mark.parametrize("head", [LINK, ELSEWHERE, URN])
def test_items_of_one_product_share_its_canonical_form(head: str) -> None:
    texts = [head + serial for serial in ("2", "A1", "12345678901234567890")]
    found = plain_items(texts)
    assert found is not None
    start, serials = found
    assert [start + serial for serial in serials] == [canonical_uri(text) for text in texts]
    assert [plain_item_uri(text) for text in texts] == [canonical_uri(text) for text in texts]


@pytest.mark.parametrize(
    "other",
    [
        ELSEWHERE + "1",
        "https://id.gs1.org/01/09521234567882/21/1",
        LINK,
        LINK + "a-b",
        LINK + "1%2F",
        LINK + "１",
        LINK + "123456789012345678901",
        LINK + "1/x",
        "",
    ],
)
def test_one_that_is_no_such_item_has_all_read_in_full(other: str) -> None:
    assert plain_items([LINK + "1", LINK + "2"]) is not None
    assert plain_items([LINK + "1", other]) is None
    assert plain_items([LINK + "1", other, LINK + "2"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "https://id.gs1.org/01/09521234567890/21/1",
        "https://id.gs1.org/00/095212345678901234",
        "https://id.gs1.org/8006/095212345678990102/21/1",
        "https://example.com/x/21/1",
        "https://id.gs1.org/01/" + "0" * 200 + "/21/1",
        "urn:epc:id:sgtin:9521234.05678.1",
        "urn:epc:id:grai:9521234.05678.1",
        "urn:example:po:1",
        "1",
    ],
)
def test_what_is_no_item_or_a_faulty_one_has_no_short_way(text: str) -> None:
    assert plain_item_uri(text) is None
    assert plain_items([text]) is None
    assert plain_items([]) is None

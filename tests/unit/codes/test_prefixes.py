"""Company prefixes come from GS1's table or from the caller, never from a guess."""

import pytest

from traceability.codes.prefixes import (
    CompanyPrefixUnknown,
    company_prefix_length,
    gtin_in_prefixes,
    pack_table,
    unpack_table,
)
from traceability.codes.uris import parse_code


@pytest.mark.parametrize(
    ("digits", "length"),
    [("0614141123452", 7), ("4012345000009", 7), ("4000001111", 7), ("6922266400000", 8)],
)
def test_finds_listed_lengths(digits: str, length: int) -> None:
    assert company_prefix_length(digits) == length


@pytest.mark.parametrize("digits", ["", "9", "95060001", "0614", "ABC", "2000000000000"])
def test_refuses_to_guess(digits: str) -> None:
    with pytest.raises(CompanyPrefixUnknown, match="no known length"):
        company_prefix_length(digits)


def test_urn_is_written_with_a_listed_length() -> None:
    found = parse_code("https://id.gs1.org/01/04012345111118/21/1")
    assert found.epc_urn() == "urn:epc:id:sgtin:4012345.011111.1"


def test_urn_is_refused_where_no_length_is_listed() -> None:
    found = parse_code("https://id.gs1.org/8004/2000001111")
    with pytest.raises(CompanyPrefixUnknown):
        found.epc_urn()
    assert found.epc_urn(7) == "urn:epc:id:giai:2000001.111"


def test_packed_table_answers_as_the_plain_one() -> None:
    plain = {"000": 7, "0010": 12, "0011": 0, "45": 9, "46": 9, "999999999999": 12}
    starts, lengths = unpack_table(pack_table(plain))
    assert list(zip(starts, lengths, strict=True)) == [
        (0, 7),
        (1_000_000_000, 12),
        (1_100_000_000, 0),
        (450_000_000_000, 9),
        (470_000_000_000, 0),
        (999_999_999_999, 12),
        (1_000_000_000_000, 0),
    ]


def test_gtin_belongs_to_the_company_whose_prefix_follows_its_first_digit() -> None:
    assert gtin_in_prefixes("09506000134352", ["4012345", "9506000"])
    assert not gtin_in_prefixes("09506000134352", ["9506001", "0950600"])
    assert not gtin_in_prefixes("09506000134352", [])

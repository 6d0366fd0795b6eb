"""Every written form of a code leads to one identifier; faulty ones are refused by name."""

import json
from pathlib import Path

import pytest

from traceability.codes import keys
from traceability.codes.uris import canonical_uri, parse_code, same_item
from traceability.errors import InvalidInput

VECTORS = json.loads(Path("tests/vectors/codes.json").read_text(encoding="utf-8"))
ACCEPTED, REFUSED, SAME = VECTORS["accepted"], VECTORS["refused"], VECTORS["same"]


@pytest.mark.parametrize("vector", ACCEPTED, ids=lambda v: v["urn"])
@pytest.mark.parametrize("form", ["elements", "link"])
def test_reads_links_and_element_strings(vector: dict[str, str], form: str) -> None:
    found = parse_code(vector[form])
    assert found.canonical == vector["canonical"] == canonical_uri(vector[form])
    assert (found.scheme, found.gtin, found.lot, found.serial) == tuple(
        vector[name] for name in ("scheme", "gtin", "lot", "serial")
    )


@pytest.mark.parametrize("vector", ACCEPTED, ids=lambda v: v["urn"])
def test_reads_and_writes_urns(vector: dict[str, str]) -> None:
    found = parse_code(vector["urn"])
    assert found.canonical == vector["canonical"] == canonical_uri(vector["urn"])
    assert found.scheme == vector["scheme"]
    assert parse_code(vector["link"]).epc_urn(int(vector["prefix"])) == vector["urn"]


@pytest.mark.parametrize("vector", REFUSED, ids=lambda v: f"{v['why']}: {v['text']}")
def test_refuses_faulty_codes(vector: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_code(vector["text"])
    assert caught.value.code == vector["code"]
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("vector", SAME, ids=lambda v: v["second"])
def test_compares_codes(vector: dict[str, str]) -> None:
    assert same_item(vector["first"], vector["second"]) is vector["same"]
    assert same_item(vector["second"], vector["first"]) is vector["same"]


def test_compares_identifiers_as_well_as_text() -> None:
    first = parse_code(ACCEPTED[0]["urn"])
    assert same_item(first, parse_code(ACCEPTED[0]["link"]))
    assert not same_item(first, "urn:epc:id:sgtin:0614141.812345.")


def test_link_keeps_variant_and_lot_where_the_canonical_uri_does_not() -> None:
    found = parse_code("https://a.example/x/01/80614141123458/22/V/10/L/21/S#part")
    assert found.digital_link() == "https://id.gs1.org/01/80614141123458/22/V/10/L/21/S"
    assert (
        found.digital_link("https://b.example/") == "https://b.example" + found.digital_link()[18:]
    )
    assert found.canonical == "https://id.gs1.org/01/80614141123458/21/S"


def test_upper_case_scheme_of_a_compact_label_is_read() -> None:
    found = parse_code("HTTPS://A.EXAMPLE/01/80614141123458/21/S")
    assert found.canonical == "https://id.gs1.org/01/80614141123458/21/S"


def test_attributes_are_kept_apart_from_identity() -> None:
    dated = parse_code("https://a.example/01/80614141123458/21/S?17=301231&utm=x&3103=000195")
    assert dated.attributes == (("17", "301231"), ("3103", "000195"))
    assert dated == parse_code("(01)80614141123458(21)S")
    assert parse_code("(17)301231(21)S(01)80614141123458").attributes == (("17", "301231"),)


@pytest.mark.parametrize(
    "text",
    [
        "urn:uuid:6f8b5c4e-0000-4000-8000-000000000000",
        "https://example.com/goods/17",
        "http://www.w3.org/2000/01/rdf-schema#",
        "urn:epcglobal:cbv:bt:0614141073467:1152",
        "urn:epc:id:gid:95100000.12345.400",
        "urn:itemproof:record:abc:0",
    ],
)
def test_other_absolute_uris_stay_as_they_are(text: str) -> None:
    assert canonical_uri(text) == text


@pytest.mark.parametrize("text", ["", "hello", "/01/80614141123458", "urn:a b", "https://a/<b>"])
def test_rejects_what_is_no_absolute_uri(text: str) -> None:
    with pytest.raises(keys.CodeSyntaxError, match="no absolute URI"):
        canonical_uri(text)


@pytest.mark.parametrize("vector", REFUSED, ids=lambda v: f"{v['why']}: {v['text']}")
def test_a_canonical_uri_is_never_made_from_a_faulty_key(vector: dict[str, str]) -> None:
    """Text that is no GS1 code at all may pass as an ordinary URI, but unchanged."""
    try:
        assert canonical_uri(vector["text"]) == vector["text"]
    except InvalidInput:
        return
    assert vector["code"] == "CODE_SYNTAX"


def test_rejects_a_code_that_never_ends() -> None:
    with pytest.raises(keys.CodeLengthError, match="at most 2000"):
        parse_code("https://id.gs1.org/01/80614141123458/21/" + "A" * 10_000_000)
    with pytest.raises(keys.CodeLengthError, match="at most 2000"):
        canonical_uri("urn:epc:id:sgtin:0614141.812345." + "A" * 10_000)
    with pytest.raises(keys.CodeLengthError, match="at most 2000"):
        canonical_uri("urn:other:" + "A" * 10_000)


def test_an_epc_that_is_no_gs1_key_has_no_link() -> None:
    found = parse_code("urn:epc:id:gid:95100000.12345.400")
    assert (found.scheme, found.epc_urn()) == ("other", "urn:epc:id:gid:95100000.12345.400")
    with pytest.raises(keys.CodeSyntaxError, match="no Digital Link form"):
        found.digital_link()


def test_urn_needs_a_company_prefix_of_six_to_twelve_digits() -> None:
    found = parse_code("https://id.gs1.org/8004/0614ABC")
    with pytest.raises(keys.CodeLengthError, match="expected 6 to 12 digits"):
        found.epc_urn(6)
    with pytest.raises(keys.CodeLengthError, match="expected 6 to 12 digits, got 4"):
        found.epc_urn(4)
    with pytest.raises(keys.CodeLengthError, match="no reference"):
        parse_code("https://id.gs1.org/8004/0614141").epc_urn(7)

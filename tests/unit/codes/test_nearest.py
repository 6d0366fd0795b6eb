"""What may have been meant by a code that is unknown."""

from __future__ import annotations

import pytest

from traceability.codes.nearest import other_readings
from traceability.codes.uris import parse_code

GTIN = "09521234567899"
KEY = f"https://id.gs1.org/01/{GTIN}"


def readings(code: str) -> list[str]:
    return [one.digital_link() for one in other_readings(parse_code(code))]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("(21)ab1", "/21/AB1"),
        ("(21)AOB", "/21/A0B"),
        ("(21)il1", "/21/111"),
        ("(10)l0T", "/10/LOT"),
        ("(10)C26O223", "/10/C260223"),
        ("(10)l1(21)7ko", "/10/l1/21/7K0"),
        ("(10)lo(21)x", "/10/LO/21/X"),
    ],
)
def test_letters_and_digits_that_look_alike_are_exchanged(typed: str, meant: str) -> None:
    assert KEY + meant in readings(f"(01){GTIN}{typed}")


def test_less_and_less_of_a_code_comes_last() -> None:
    found = readings(f"(01){GTIN}(10)7(21)9")
    assert found == [f"{KEY}/21/9", f"{KEY}/10/7", KEY]


def test_each_reading_comes_once_and_the_code_itself_never() -> None:
    code = f"(01){GTIN}(10)l1(21)ol0"
    found = readings(code)
    assert len(set(found)) == len(found)
    assert parse_code(code).digital_link() not in found


@pytest.mark.parametrize("code", [f"(01){GTIN}", "urn:epc:id:adi:35962..ABC"])
def test_what_has_no_other_reading_has_none(code: str) -> None:
    assert readings(code) == []

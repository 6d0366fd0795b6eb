"""Keys are refused for the right reason and never repaired."""

import pytest

from traceability.codes import keys


@pytest.mark.parametrize(
    ("digits", "wanted"),
    [("0950600013435", "2"), ("629104150021", "3"), ("10614141234567890", "8"), ("", "0")],
)
def test_check_digit_follows_the_general_specifications(digits: str, wanted: str) -> None:
    assert keys.check_digit(digits) == wanted


@pytest.mark.parametrize(
    ("text", "gtin"),
    [
        ("96385074", "00000096385074"),
        ("614141000036", "00614141000036"),
        ("6291041500213", "06291041500213"),
        ("80614141123458", "80614141123458"),
    ],
)
def test_gtin_of_any_length_becomes_a_gtin_14(text: str, gtin: str) -> None:
    assert keys.parse_gtin(text) == gtin


@pytest.mark.parametrize("text", ["", "9638507", "629104150021 ", "806141411234580", "0" * 10])
def test_rejects_gtin_of_another_length(text: str) -> None:
    fault = keys.CodeCharacterError if len(text) == 13 else keys.CodeLengthError
    with pytest.raises(fault, match="GTIN"):
        keys.parse_gtin(text)


def test_rejects_every_other_check_digit_and_names_the_right_one() -> None:
    for digit in "012456789":
        with pytest.raises(keys.CodeCheckDigitError, match=f"expected 3, got {digit}") as caught:
            keys.parse_gtin("629104150021" + digit)
        assert caught.value.expected == "3"
        assert caught.value.code == "CODE_CHECK_DIGIT"


@pytest.mark.parametrize("digit", ["٣", "³", "３"])
def test_rejects_digits_of_other_scripts(digit: str) -> None:
    with pytest.raises(keys.CodeCharacterError, match="at 13: expected a digit"):
        keys.parse_gtin("629104150021" + digit)


def test_serial_may_hold_each_of_the_82_characters_and_no_other() -> None:
    allowed = [chr(c) for c in range(0x110) if _accepted("21", chr(c))]
    assert len(allowed) == 82
    assert not set("#$@[\\]^`{|}~ \n\x7f") & set(allowed)


def test_part_number_may_hold_39_characters() -> None:
    assert sum(_accepted("8010", "0614" + chr(c)) for c in range(0x110)) == 39


@pytest.mark.parametrize(
    ("ai", "most"), [("10", 20), ("21", 20), ("22", 20), ("235", 28), ("254", 20)]
)
def test_length_limits_are_those_of_the_standard(ai: str, most: int) -> None:
    keys.check_element(ai, "A" * most)
    with pytest.raises(keys.CodeLengthError, match=f"expected 1 to {most} characters"):
        keys.check_element(ai, "A" * (most + 1))
    with pytest.raises(keys.CodeLengthError, match="got 0"):
        keys.check_element(ai, "")


def test_a_newline_at_the_end_is_not_overlooked() -> None:
    with pytest.raises(keys.CodeCharacterError, match="serial"):
        keys.check_element("21", "A\n")


def test_a_refused_text_is_shown_short() -> None:
    assert len(keys.shown("x" * 10_000)) < 60


def _accepted(ai: str, data: str) -> bool:
    try:
        keys.check_element(ai, data)
    except keys.InvalidInput:
        return False
    return True

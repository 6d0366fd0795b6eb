"""Codes survive every round trip, and one changed digit never passes."""

from hypothesis import given
from hypothesis import strategies as st

from traceability.codes import keys
from traceability.codes.uris import canonical_uri, parse_code, same_item
from traceability.errors import InvalidInput

CHARACTERS = "!\"%&'()*+,-./:;<=>?_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SERIALS = st.text(CHARACTERS, min_size=1, max_size=20)
PREFIX_LENGTHS = st.integers(6, 12)


def with_check_digit(digits: str) -> str:
    return digits + keys.check_digit(digits)


GTINS = st.text("0123456789", min_size=13, max_size=13).map(with_check_digit)
GLNS = st.text("0123456789", min_size=12, max_size=12).map(with_check_digit)


@given(GTINS, SERIALS, st.none() | SERIALS, PREFIX_LENGTHS)
def test_every_form_of_an_item_names_the_item(
    gtin: str, serial: str, lot: str | None, length: int
) -> None:
    escaped = serial.replace("(", "\\(").replace(")", "\\)")
    item = parse_code(f"(01){gtin}(21){escaped}")
    assert (item.gtin, item.serial) == (gtin, serial)
    assert parse_code(item.canonical) == item
    assert canonical_uri(item.canonical) == item.canonical
    assert parse_code(item.epc_urn(length)) == item
    assert same_item(item.digital_link("https://a.example/x"), item.epc_urn(length))
    if lot is not None:
        lots = lot.replace("(", "\\(").replace(")", "\\)")
        with_lot = parse_code(f"(01){gtin}(10){lots}(21){escaped}")
        assert with_lot.lot == lot
        assert parse_code(with_lot.digital_link()) == with_lot
        assert same_item(with_lot, item)


@given(GTINS, SERIALS, st.sampled_from(["10", "22", "235"]))
def test_classes_differ_from_items(gtin: str, data: str, ai: str) -> None:
    item = parse_code(f"https://a.example/01/{gtin}/21/X")
    other = keys.ELEMENTS[ai]
    quoted = "".join(f"%{ord(c):02x}" for c in data[: other.most])
    assert not same_item(item, f"https://a.example/01/{gtin}/{ai}/{quoted}")


@given(GLNS, SERIALS, PREFIX_LENGTHS)
def test_locations_round_trip(gln: str, extension: str, length: int) -> None:
    place = parse_code(f"https://a.example/414/{gln}")
    assert parse_code(place.epc_urn(length)) == place
    quoted = "".join(f"%{ord(c):02X}" for c in extension)
    room = parse_code(f"https://a.example/414/{gln}/254/{quoted}")
    assert room.serial == extension
    assert same_item(parse_code(room.epc_urn(length)), room)
    assert same_item(room, place) is (extension == "0")


@given(GTINS, st.integers(0, 13), st.integers(1, 9))
def test_one_changed_digit_is_refused(gtin: str, at: int, change: int) -> None:
    changed = gtin[:at] + str((int(gtin[at]) + change) % 10) + gtin[at + 1 :]
    try:
        parse_code(f"https://a.example/01/{changed}/21/X")
    except keys.CodeCheckDigitError:
        return
    raise AssertionError(changed)


@given(st.text(max_size=60) | st.text("(01)/2:urn.epcidsgt*%?#", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for prefix in ("", "urn:epc:id:sgtin:", "https://a.example/01/", "(01)"):
        try:
            found = parse_code(prefix + text)
        except InvalidInput:
            continue
        assert parse_code(found.canonical).canonical == found.canonical


@given(GTINS, st.text("0Aa._-", min_size=1, max_size=20), st.none() | st.text("1Zz._-", min_size=1))
def test_the_fast_ways_agree_with_the_general_ones(gtin: str, serial: str, lot: str | None) -> None:
    lots = "" if lot is None else f"/10/{lot[:20]}"
    link = f"https://a.example/01/{gtin}{lots}/21/{serial}"
    assert parse_code(link) == parse_code(link + "?")
    assert parse_code(f"{link}?x=1").canonical == canonical_uri(link)
    start = f"urn:epc:id:sgtin:{gtin[1:8]}.{gtin[0]}{gtin[8:13]}."
    escaped = f"%{ord(serial[0]):02X}" + serial[1:]
    assert parse_code(start + serial) == parse_code(start + escaped)

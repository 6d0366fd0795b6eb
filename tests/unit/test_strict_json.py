"""JSON that lax parsers repair is refused, at a cost that its length bounds."""

from __future__ import annotations

import pytest

from traceability import strict_json
from traceability.strict_json import (
    JSONDepthError,
    JSONDuplicateKeyError,
    JSONEncodingError,
    JSONNumberError,
    JSONStringError,
    JSONSyntaxError,
    JSONTooLargeError,
    parse_json,
)


class TestLimits:
    def test_reads_text_of_exactly_the_allowed_bytes(self) -> None:
        assert parse_json(b'"abcd"', max_bytes=6) == "abcd"

    def test_refuses_one_byte_more(self) -> None:
        message = "JSON text is too long: expected at most 5 bytes, got 6"
        with pytest.raises(JSONTooLargeError, match=message):
            parse_json(b'"abcd"', max_bytes=5)

    def test_counts_bytes_of_text_not_characters(self) -> None:
        with pytest.raises(JSONTooLargeError):
            parse_json('"铜"', max_bytes=4)

    def test_reads_as_deep_as_allowed(self) -> None:
        assert parse_json('{"a":[[1]]}', max_depth=3) == {"a": [[1]]}

    def test_refuses_one_level_more(self) -> None:
        message = "JSON is nested too deeply: expected at most 2 levels"
        with pytest.raises(JSONDepthError, match=message):
            parse_json('{"a":[[1]]}', max_depth=2)

    def test_refuses_more_parts_than_memory_is_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(strict_json, "MAX_CONTAINERS", 3)
        assert parse_json("[[],{}]") == [[], {}]
        with pytest.raises(JSONTooLargeError, match="too many parts: expected at most 3"):
            parse_json("[[],{},[]]")


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b"[" * 500_000 + b"]" * 500_000,
        b'"' + b'\\"' * 500_000 + b"[" * 40,
        b'"' * 1_000_001,
        b"\\" * 1_000_000,
        b"[" * 33 + b'"\\"' * 300_000,
        b"[" + b"1" * 1_000_000 + b"]",
        b"[1e" + b"9" * 1_000_000 + b"]",
        b"-" * 1_000_000,
    ],
)
def test_refuses_a_megabyte_of_malice(hostile: bytes) -> None:
    with pytest.raises((JSONDepthError, JSONSyntaxError, JSONNumberError)):
        parse_json(hostile)


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("26", 26),
            ("-26", -26),
            ("26.0", 26.0),
            ("1e2", 100.0),
            ("0.1", 0.1),
            ("9007199254740991", 2**53 - 1),
            ("-9007199254740991", 1 - 2**53),
            ("9007199254740992", float(2**53)),
            ("1000000000000000", 10**15),
            ("123456789012345680000", 123456789012345680000.0),
        ],
    )
    def test_keeps_what_was_written(self, text: str, value: float) -> None:
        for spaced in (text, f" {text} ", f"[{text}]", f"[ {text} ]"):
            found = parse_json(spaced)
            number = found[0] if isinstance(found, list) else found
            assert (number, type(number)) == (value, type(value))

    def test_compact_and_spaced_text_give_the_same(self) -> None:
        compact = '{"a":[1,2.50,"x",null,true,{}],"b":{"c":-7}}'
        spaced = compact.replace(",", " , ").replace(":", " : ")
        assert parse_json(compact) == parse_json(spaced)

    @pytest.mark.parametrize("text", ["-0", "-0.0", "0.1000000000000000055", "1e400", "NaN"])
    def test_refuses_compact_and_spaced_alike(self, text: str) -> None:
        for spaced in (f'{{"a":[{text}]}}', f'{{ "a" : [ {text} ] }}'):
            with pytest.raises(JSONNumberError) as caught:
                parse_json(spaced)
            assert caught.value.pointer == "/a/0"

    def test_says_what_the_number_would_become(self) -> None:
        message = "number would be rounded: expected 9007199254740992.0, got 9007199254740993"
        with pytest.raises(JSONNumberError, match=message):
            parse_json("9007199254740993")


class TestFaults:
    def test_names_line_and_column(self) -> None:
        with pytest.raises(JSONSyntaxError, match="line 2, column 4"):
            parse_json('{"a":1,\n"b"}')

    def test_names_the_first_fault_of_several(self) -> None:
        with pytest.raises(JSONDuplicateKeyError) as caught:
            parse_json('[{"a":{"x":1,"x":2}},-0,{"b":1,"b":2}]')
        assert caught.value.pointer == "/0/a/x"

    def test_escapes_pointers(self) -> None:
        with pytest.raises(JSONNumberError) as caught:
            parse_json('{"a/b":{"c~d":[-0]}}')
        assert caught.value.pointer == "/a~1b/c~0d/0"

    def test_refuses_half_a_pair_in_text_that_is_no_bytes(self) -> None:
        with pytest.raises(JSONEncodingError):
            parse_json('"\ud800"')

    def test_reads_a_pair_and_refuses_its_half(self) -> None:
        assert parse_json('{"a":["\\ud83d\\ude00"]}') == {"a": ["\U0001f600"]}
        with pytest.raises(JSONStringError) as caught:
            parse_json('{"a":["\\ud83d"]}')
        assert caught.value.pointer == "/a/0"

    def test_every_code_is_its_own(self) -> None:
        classes = (
            JSONDepthError, JSONDuplicateKeyError, JSONEncodingError, JSONNumberError,
            JSONStringError, JSONSyntaxError, JSONTooLargeError,
        )  # fmt: skip
        assert len({error.code for error in classes}) == len(classes)

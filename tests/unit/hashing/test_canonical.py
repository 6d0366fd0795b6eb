"""One value has one canonical form, whichever writer is used for it."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785

from traceability.hashing.canonical import (
    CannotCanonicalize,
    NotCanonical,
    canonicalize,
    parse_canonical,
)
from traceability.strict_json import JSONTooLargeError


class TestWriting:
    def test_writes_every_character_as_the_reference_does(self) -> None:
        text = "".join(chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000)
        assert canonicalize(text) == rfc8785.dumps(text)

    @pytest.mark.parametrize(
        "value",
        [
            {"b": 1, "a": {"d": None, "c": [True, False]}},
            {"\ufb33": 1, "\U0001f600": 2, "a": 3},
            {"铜": 1.5, "a": [1e21, 1e-7, 0.1, 100.0]},
            [2**53 - 1, 1 - 2**53, 0],
            {"a\nb": 1, "a\tb": 2, "a b": 3},
        ],
    )
    def test_writes_values_as_the_reference_does(self, value: Any) -> None:
        assert canonicalize(value) == rfc8785.dumps(value)

    def test_writes_a_tuple_as_an_array(self) -> None:
        assert canonicalize(("a", 1, ("b",))) == b'["a",1,["b"]]'

    @pytest.mark.parametrize(
        "value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\ud800": 1}, {1: 2},
                  b"bytes", {"a": object()}, [{"a": 2**60}]]
    )  # fmt: skip
    def test_refuses_what_has_no_canonical_form(self, value: Any) -> None:
        with pytest.raises(CannotCanonicalize):
            canonicalize(value)


class TestReading:
    def test_reads_the_canonical_form(self) -> None:
        assert parse_canonical(b'{"a":[1,2.5,null],"b":"\xe9\x93\x9c"}') == {
            "a": [1, 2.5, None],
            "b": "铜",
        }

    @pytest.mark.parametrize(
        "data",
        [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b'"\\u0041"', b'"\\/"', b"1e2", b"[1]\n",
         b'{"\\ud83d\\ude00":1}'],
    )  # fmt: skip
    def test_refuses_every_other_form(self, data: bytes) -> None:
        with pytest.raises(NotCanonical):
            parse_canonical(data)

    def test_reads_null(self) -> None:
        assert parse_canonical(b"null") is None

    def test_keeps_the_limit_of_bytes(self) -> None:
        assert parse_canonical(b'"abcd"', max_bytes=6) == "abcd"
        with pytest.raises(JSONTooLargeError):
            parse_canonical(b'"abcd"', max_bytes=5)

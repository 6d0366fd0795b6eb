from __future__ import annotations

import pytest

from traceability.chain.faults import ChainUnavailable
from traceability.chain.wire import (
    read_address,
    read_data,
    read_hash,
    read_list,
    read_object,
    read_quantity,
)


class TestQuantity:
    @pytest.mark.parametrize(("text", "number"), [("0x0", 0), ("0xff", 255), ("0x0a", 10)])
    def test_reads_hexadecimal(self, text: str, number: int) -> None:
        assert read_quantity(text, "n") == number

    @pytest.mark.parametrize("value", [None, 1, "", "0x", "1", "0xg", "-0x1", "0x" + "1" * 65, []])
    def test_refuses_anything_else(self, value: object) -> None:
        with pytest.raises(ChainUnavailable, match="endpoint answers no number: n"):
            read_quantity(value, "n")


class TestData:
    def test_reads_bytes(self) -> None:
        assert read_data("0x00Ff", "d") == b"\x00\xff"
        assert read_data("0x", "d") == b""

    @pytest.mark.parametrize("value", [None, 0, "", "00", "0x0", "0xzz", {}])
    def test_refuses_anything_else(self, value: object) -> None:
        with pytest.raises(ChainUnavailable, match="endpoint answers no bytes: d"):
            read_data(value, "d")

    def test_refuses_another_length(self) -> None:
        assert read_hash("0x" + "ab" * 32, "h") == b"\xab" * 32
        with pytest.raises(ChainUnavailable, match="another length: h, expected 32, got 31"):
            read_hash("0x" + "ab" * 31, "h")

    def test_addresses_come_out_in_lower_case(self) -> None:
        assert read_address("0x" + "AB" * 20, "a") == "0x" + "ab" * 20
        with pytest.raises(ChainUnavailable, match="expected 20, got 21"):
            read_address("0x" + "AB" * 21, "a")


def test_refuses_another_shape() -> None:
    assert read_object({}, "o") == {}
    assert read_list([], "l") == []
    with pytest.raises(ChainUnavailable, match="endpoint answers no object: o"):
        read_object([], "o")
    with pytest.raises(ChainUnavailable, match="endpoint answers no list: l"):
        read_list({}, "l")

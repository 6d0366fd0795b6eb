from __future__ import annotations

import pytest

from traceability.chain.faults import (
    FeeTooLow,
    NonceUsed,
    PublisherUnfunded,
    RPCRefused,
    TransactionFailed,
    refused_transaction,
)
from traceability.chain.values import TAG, Finality, FinalityInvalid
from traceability.errors import ItemProofError


def refused(message: object, **members: object) -> RPCRefused:
    return RPCRefused("eth_sendRawTransaction", {"message": message, **members})


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("nonce too low", NonceUsed),
        ("the tx doesn't have the correct nonce. account has nonce of: 3", NonceUsed),
        ("Nonce too low", NonceUsed),
        ("replacement transaction underpriced", FeeTooLow),
        ("transaction underpriced", FeeTooLow),
        ("max fee per gas less than block base fee: address 0x", FeeTooLow),
        ("Gas price below configured minimum gas price too low", FeeTooLow),
        ("insufficient funds for gas * price + value", PublisherUnfunded),
        ("Upfront cost exceeds account balance", PublisherUnfunded),
        ("exceeds block gas limit", TransactionFailed),
        ("", TransactionFailed),
    ],
)
def test_refusals_of_signed_bytes_are_told_apart(message: str, fault: type[ItemProofError]) -> None:
    assert type(refused_transaction(refused(message))) is fault


@pytest.mark.parametrize("message", ["already known", "Known transaction", "Already imported"])
def test_known_bytes_are_no_fault(message: str) -> None:
    assert refused_transaction(refused(message)) is None


def test_an_endpoints_words_are_cut() -> None:
    assert len(refused("x" * 10_000).message) == 200


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0x0102", b"\x01\x02"),
        ({"result": "0x0102", "reason": None}, b"\x01\x02"),
        ({"data": "0x0102"}, b"\x01\x02"),
        ("0xzz", b""),
        ("Reverted 0x0102", b""),
        (None, b""),
        ([], b""),
    ],
)
def test_revert_data_come_in_several_wrappings(data: object, expected: bytes) -> None:
    assert refused("execution reverted", data=data).data == expected


@pytest.mark.parametrize(("code", "overload"), [(-32005, True), (429, True), (3, False)])
def test_overload_is_told_apart(code: int, overload: bool) -> None:
    assert refused("no", code=code).is_overload is overload


def test_an_error_may_be_anything() -> None:
    assert RPCRefused("eth_call", "boom").message == ""


class TestFinality:
    def test_reads_tag_and_depth(self) -> None:
        assert Finality.parse("tag") == TAG
        assert Finality.parse("depth:12") == Finality(12)

    @pytest.mark.parametrize("text", ["", "depth", "depth:0", "depth:-1", "depth:01", "Tag", "12"])
    def test_refuses_anything_else(self, text: str) -> None:
        with pytest.raises(FinalityInvalid, match="expected tag or depth:N"):
            Finality.parse(text)

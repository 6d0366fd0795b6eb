from __future__ import annotations

import pytest
from eth_account import Account

from traceability.chain.fees import Fee, fee_of

GWEI = 10**9
ACCOUNT = Account.from_key(b"\x01" * 32)
CALL = {"chainId": 1, "nonce": 0, "gas": 21_000, "to": "0x" + "11" * 20, "value": 0, "data": b""}


class TestReplacing:
    @pytest.mark.parametrize("price", [1, 7, 8, 9, 3 * GWEI, 3 * GWEI + 1])
    def test_raises_price_and_tip_by_at_least_an_eighth(self, price: int) -> None:
        old = Fee(price, price // 2)
        new = Fee(1, 1).replacing(old)
        assert new.price * 8 >= old.price * 9
        assert new.tip is not None
        assert new.tip * 8 >= (old.tip or 0) * 9

    def test_keeps_a_market_that_has_risen_more(self) -> None:
        assert Fee(100, 10).replacing(Fee(10, 1)) == Fee(100, 10)

    def test_never_tips_more_than_it_pays(self) -> None:
        new = Fee(1, 1).replacing(Fee(8, 8))
        assert new.price >= (new.tip or 0)

    def test_a_legacy_price_stays_one(self) -> None:
        assert Fee(5).replacing(Fee(80)) == Fee(90)

    def test_a_free_chain_stays_free(self) -> None:
        assert Fee(0).replacing(Fee(0)) == Fee(0)


def test_market_fee_survives_a_doubled_base_fee() -> None:
    assert Fee.for_market(base_fee=10, tip=3) == Fee(23, 3)


@pytest.mark.parametrize("fee", [Fee(0), Fee(7 * GWEI), Fee(7 * GWEI, 0), Fee(7 * GWEI, GWEI)])
def test_signed_bytes_tell_their_fee(fee: Fee) -> None:
    signed = ACCOUNT.sign_transaction({**CALL, **fee.to_transaction()})
    assert fee_of(bytes(signed.raw_transaction)) == fee

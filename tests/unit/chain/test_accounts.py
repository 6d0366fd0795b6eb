from __future__ import annotations

import secrets
import stat
from pathlib import Path

import pytest
from eth_account import Account

from traceability.chain.accounts import (
    ORDER,
    PublisherKeyInvalid,
    account_of,
    address_of,
    create_account,
    load_account,
    load_or_create_account,
)

OTHER = "0x" + "11" * 20


def test_a_created_account_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "publisher.key"
    made = create_account(path)
    assert address_of(load_account(path)) == address_of(made)
    assert address_of(load_or_create_account(path)) == address_of(made)
    assert address_of(made) == address_of(made).lower()


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    create_account(tmp_path / "publisher.key")
    assert stat.S_IMODE((tmp_path / "publisher.key").stat().st_mode) == 0o600


def test_never_overwrites_a_key(tmp_path: Path) -> None:
    path = tmp_path / "publisher.key"
    create_account(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_account(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "malformed"),
        ("0x12", "malformed"),
        ("12" * 32, "malformed"),
        ("0x" + "AB" * 32, "malformed"),
        ("0x" + "00" * 32, "out of range"),
        ("0x" + "ff" * 32, "out of range"),
    ],
)
def test_refuses_what_is_no_key_without_repeating_it(text: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "publisher.key"
    path.write_text(text)
    with pytest.raises(PublisherKeyInvalid, match=fault) as caught:
        load_account(path)
    assert not text or text not in str(caught.value)


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PublisherKeyInvalid, match=r"publisher key unreadable: absent\.key"):
        load_account(tmp_path / "absent.key")


# EIP-155 and common wallets: the keys 1 and 2 have these addresses.
@pytest.mark.parametrize(
    ("key", "address"),
    [
        (1, "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"),
        (2, "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf"),
    ],
)
def test_a_key_has_the_address_that_others_know(key: int, address: str) -> None:
    assert address_of(account_of(key.to_bytes(32, "big"))) == address


def test_a_random_key_has_the_address_that_the_signing_library_finds() -> None:
    ours = account_of(secrets.token_bytes(31).rjust(32, b"\x01"))
    theirs = Account.from_key(ours.key)
    assert address_of(ours) == address_of(theirs)
    fields = {"chainId": 1, "nonce": 3, "gas": 21_000, "value": 0, "gasPrice": 7, "to": OTHER}
    assert ours.sign_transaction(fields).hash == theirs.sign_transaction(fields).hash


def test_an_account_does_not_tell_its_key() -> None:
    account = account_of(b"\x01" * 32)
    assert "01" * 8 not in repr(account)
    assert account.address in repr(account)


@pytest.mark.parametrize("key", [0, ORDER, ORDER + 1])
def test_refuses_a_number_that_is_no_key(key: int) -> None:
    with pytest.raises(ValueError, match=r"private_value|out of range"):
        account_of(key.to_bytes(32, "big"))


def test_takes_the_largest_key() -> None:
    assert len(account_of((ORDER - 1).to_bytes(32, "big")).address) == 42

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from traceability.chain.accounts import (
    PublisherKeyInvalid,
    address_of,
    create_account,
    load_account,
    load_or_create_account,
)


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

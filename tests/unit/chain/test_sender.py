"""One sender for each account of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from traceability.chain.faults import PublisherBusy
from traceability.chain.sender import Sender

ACCOUNT, OTHER_ACCOUNT = "0x" + "11" * 20, "0x" + "22" * 20


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def sender(folder: Path, log: int, *, account: str = ACCOUNT, clock: Clock | None = None) -> Sender:
    return Sender(
        folder, address=account, log_id=bytes([log]), wait_seconds=0.1, clock=clock or Clock()
    )


def test_a_second_one_waits_and_then_gives_up(tmp_path: Path) -> None:
    with (
        sender(tmp_path, 1).holding(),
        pytest.raises(PublisherBusy, match="another process holds publisher-0x1111"),
        sender(tmp_path, 2).holding(),
    ):
        pass
    with sender(tmp_path, 2).holding():
        pass


def test_another_account_is_free(tmp_path: Path) -> None:
    with sender(tmp_path, 1).holding(), sender(tmp_path, 2, account=OTHER_ACCOUNT).holding():
        pass


def test_a_nonce_in_flight_is_taken(tmp_path: Path) -> None:
    first, second = sender(tmp_path, 1), sender(tmp_path, 2)
    with first.holding():
        first.claim(5, chain_id=1)
        first.check_free(5, chain_id=1)
    with second.holding():
        with pytest.raises(PublisherBusy, match="log 01 has a transaction at nonce 5 in flight"):
            second.check_free(5, chain_id=1)
        second.check_free(6, chain_id=1)
        second.check_free(5, chain_id=2)


def test_a_claim_ends_with_its_release_or_after_an_hour(tmp_path: Path) -> None:
    clock = Clock()
    first, second = sender(tmp_path, 1), sender(tmp_path, 2, clock=clock)
    with first.holding():
        first.claim(5, chain_id=1)
    clock.now += 3601
    with second.holding():
        second.check_free(5, chain_id=1)
    clock.now -= 3600
    with first.holding():
        first.release()
    with second.holding():
        second.check_free(5, chain_id=1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"01": 7}', '{"01": {"nonce": "x"}}'])
def test_a_list_cut_short_counts_as_none(text: str, tmp_path: Path) -> None:
    found = sender(tmp_path, 2)
    (tmp_path / f"publisher-{ACCOUNT}.lock").write_text(text, encoding="ascii")
    with found.holding():
        found.check_free(0, chain_id=1)
        found.claim(0, chain_id=1)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with (
        pytest.raises(PublisherBusy, match="lock cannot be used: Not a directory"),
        sender(tmp_path / "file" / "locks", 1).holding(),
    ):
        pass

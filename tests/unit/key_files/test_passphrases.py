"""Where a passphrase comes from, and what opening with it costs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from traceability.key_files.faults import (
    KeyFileInvalid,
    KeyPassphraseMissing,
    KeyPassphraseTooShort,
)
from traceability.key_files.form import Cost
from traceability.key_files.passphrases import (
    PassphraseSource,
    cost_for,
    draw_passphrase,
    new_passphrase,
    read_passphrase,
)


class TestCost:
    def test_is_high_for_what_people_think_up(self) -> None:
        for text in ("correct horse", draw_passphrase()[:-1], "x" + draw_passphrase()):
            assert cost_for(text) == Cost(2**17, 8, 1)

    def test_is_low_for_256_random_bits(self) -> None:
        assert cost_for(draw_passphrase()) == Cost(2**10, 8, 1)
        assert draw_passphrase() != draw_passphrase()


class TestFile:
    @pytest.mark.parametrize("content", [b"five random words\n", b"five random words\r\nmore\n"])
    def test_its_first_line_is_the_passphrase(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "p").write_bytes(content)
        assert read_passphrase(tmp_path / "p") == "five random words"

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n"])
    def test_without_one_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "p").write_bytes(content)
        with pytest.raises(KeyPassphraseMissing, match="'p'"):
            read_passphrase(tmp_path / "p")

    def test_that_is_missing_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(KeyPassphraseMissing, match="cannot be read"):
            read_passphrase(tmp_path / "p")

    def test_of_a_drawn_one_is_its_owners_and_never_written_over(self, tmp_path: Path) -> None:
        drawn = new_passphrase(tmp_path / "p", draw=True)
        assert new_passphrase(tmp_path / "p", draw=False) == drawn
        assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o600
        with pytest.raises(KeyFileInvalid, match="never overwritten"):
            new_passphrase(tmp_path / "p", draw=True)


class TestSource:
    def test_a_configured_one_is_used_and_none_is_made(self, tmp_path: Path) -> None:
        (tmp_path / "p").write_text("five random words\n")
        source = PassphraseSource(tmp_path / "own", configured=tmp_path / "p")
        assert (source.kind, source.for_new()) == ("configured", "five random words")
        assert not (tmp_path / "own").exists()

    def test_a_short_one_is_refused_for_new_keys(self, tmp_path: Path) -> None:
        (tmp_path / "p").write_text("seven77\n")
        with pytest.raises(KeyPassphraseTooShort):
            PassphraseSource(tmp_path / "own", configured=tmp_path / "p").for_new()

    def test_the_folders_own_is_made_once_for_its_owner_only(self, tmp_path: Path) -> None:
        source = PassphraseSource(tmp_path / "keys" / "own")
        assert source.known() == []
        made = source.for_new()
        assert (source.kind, source.for_new(), source.known()) == ("own", made, [made])
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "keys" / "own").stat().st_mode) == 0o600

    def test_none_is_made_where_that_would_protect_nothing(self, tmp_path: Path) -> None:
        source = PassphraseSource(tmp_path / "own", makes_own=False)
        assert source.kind == "none"
        with pytest.raises(KeyPassphraseMissing, match="ITEMPROOF_KEY_PASSPHRASE_FILE"):
            source.for_new()
        assert not (tmp_path / "own").exists()

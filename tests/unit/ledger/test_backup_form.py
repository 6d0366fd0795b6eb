"""The bytes of a backup: what is written is read, and any other byte is refused by name."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from traceability.errors import ItemProofError
from traceability.ledger.backup import cipher
from traceability.ledger.backup.faults import (
    BackupChanged,
    BackupTruncated,
    NoBackup,
    PassphraseTooShort,
    PassphraseWrong,
    StoreNotPortable,
)
from traceability.ledger.backup.frames import (
    END,
    MANIFEST,
    BackupReader,
    Manifest,
    Piece,
    Rows,
    Totals,
    file_frame,
    frame,
    rows_frame,
)
from traceability.store.portable import PortableTable

PASSPHRASE = "correct horse battery"
CHUNK = 64


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a passphrase cost little, and a chunk be short."""
    monkeypatch.setattr(cipher, "SCRYPT_N", 2**4)
    monkeypatch.setattr(cipher, "CHUNK_BYTES", CHUNK)


def sealed(plain: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO()
    writer = cipher.EncryptingWriter(file, passphrase)
    for at in range(0, len(plain), 7):
        writer.write(plain[at : at + 7])
    writer.finish()
    return file.getvalue()


def unsealed(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    file = io.BytesIO(data)
    preamble = cipher.read_preamble(file)
    return b"".join(cipher.decrypted(file, preamble, cipher.open_key(preamble, passphrase)))


def chunks_of(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the header, and each chunk with its length."""
    file = io.BytesIO(data)
    cipher.read_preamble(file)
    at = file.tell()
    head, chunks = data[:at], []
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        chunks.append(data[at:end])
        at = end
    return head, chunks


class TestCipher:
    @pytest.mark.parametrize(
        "length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 3]
    )
    def test_gives_back_what_was_written(self, length: int) -> None:
        plain = bytes(range(256)) * 2
        assert unsealed(sealed(plain[:length])) == plain[:length]

    def test_never_encrypts_twice_to_the_same(self) -> None:
        first, second = chunks_of(sealed(b"x" * 200))[1], chunks_of(sealed(b"x" * 200))[1]
        assert not set(first) & set(second)
        assert len(set(first)) == len(first)

    def test_refuses_another_passphrase(self) -> None:
        data = sealed(b"text")
        with pytest.raises(PassphraseWrong, match="does not open"):
            unsealed(data, PASSPHRASE + " ")

    def test_refuses_a_short_passphrase(self) -> None:
        with pytest.raises(PassphraseTooShort, match="too short"):
            sealed(b"text", "1234567")
        assert unsealed(sealed(b"text", "12345678"), "12345678") == b"text"

    def test_refuses_every_cut(self) -> None:
        data = sealed(bytes(3 * CHUNK))
        for length in range(len(data)):
            with pytest.raises((BackupTruncated, NoBackup)) as caught:
                unsealed(data[:length])
            assert length == 0 or isinstance(caught.value, BackupTruncated), length

    def test_refuses_every_changed_byte(self) -> None:
        data = sealed(bytes(2 * CHUNK))
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises((BackupChanged, BackupTruncated, NoBackup)):
                unsealed(changed)

    @pytest.mark.parametrize("order", [[1, 0, 2], [0, 0, 2], [0, 2], [0, 1, 2, 2], [0, 1, 1, 2]])
    def test_refuses_chunks_in_another_order(self, order: list[int]) -> None:
        head, chunks = chunks_of(sealed(bytes(range(3 * CHUNK))))
        assert len(chunks) == 3
        assert unsealed(head + b"".join(chunks))
        with pytest.raises(BackupChanged, match="chunk"):
            unsealed(head + b"".join(chunks[at] for at in order))

    def test_refuses_to_end_at_a_whole_chunk(self) -> None:
        head, chunks = chunks_of(sealed(bytes(3 * CHUNK)))
        with pytest.raises(BackupTruncated, match="before its last chunk"):
            unsealed(head + chunks[0] + chunks[1])

    def test_refuses_the_chunks_of_another_backup(self) -> None:
        head, _ = chunks_of(sealed(b"one"))
        _, chunks = chunks_of(sealed(b"two"))
        with pytest.raises(BackupChanged, match="chunk 0"):
            unsealed(head + b"".join(chunks))

    def test_refuses_more_after_the_end(self) -> None:
        data = sealed(b"text")
        for more in (b"\n", b"\x00" * 20, bytes([0, 0, 0, 16]) + bytes(16)):
            with pytest.raises((BackupChanged, BackupTruncated)):
                unsealed(data + more)

    def test_refuses_a_costly_header(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(cipher, "MAX_SCRYPT_N", 2**3)
        data = sealed(b"text")
        with pytest.raises(NoBackup, match="unknown form"):
            unsealed(data)

    def test_costs_what_it_should(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()
        assert (cipher.SCRYPT_N, cipher.SCRYPT_R, cipher.SCRYPT_P) == (2**17, 8, 1)


TABLE = PortableTable("t", ("i", "b", "x", "s"), ("int", "bool", "bytes", "text"))
ROWS = [
    (1, True, b"\x00\xff", "电缆"),
    (None, None, None, None),
    (-(2**63), False, b"", ""),
    (2**63 - 1, None, b"x" * 300, "\N{PILE OF POO}"),
]
BEGINNING = Manifest("2026-01-01T00:00:00.000Z", bytes(32), 5, "0001", {"A": "b"}, (TABLE,))


def plain(*frames: bytes, totals: Totals | None = None) -> Iterator[bytes]:
    """Return a plain text in small chunks."""
    end = [] if totals is None else [frame(END, totals.to_bytes())]
    data = b"".join([frame(MANIFEST, BEGINNING.to_bytes()), *frames, *end])
    return (data[at : at + 11] for at in range(0, len(data), 11))


class TestFrames:
    def test_give_back_rows_and_files(self) -> None:
        totals = Totals({"t": 4}, {"keys/log.sealed": 5})
        reader = BackupReader(
            plain(
                rows_frame(0, TABLE, ROWS),
                file_frame("keys/log.sealed", b"ab"),
                file_frame("keys/log.sealed", b"cde"),
                totals=totals,
            )
        )
        assert reader.manifest == BEGINNING
        assert list(reader.parts()) == [
            Rows(TABLE, ROWS),
            Piece("keys/log.sealed", b"ab"),
            Piece("keys/log.sealed", b"cde"),
        ]

    @pytest.mark.parametrize(
        "totals",
        [Totals({"t": 3}, {}), Totals({}, {}), Totals({"t": 4}, {"keys/log.sealed": 0})],
    )
    def test_refuse_other_totals(self, totals: Totals) -> None:
        with pytest.raises(BackupChanged, match="totals"):
            list(BackupReader(plain(rows_frame(0, TABLE, ROWS), totals=totals)).parts())

    def test_refuse_to_end_without_totals(self) -> None:
        with pytest.raises(BackupTruncated, match="within a frame"):
            list(BackupReader(plain(rows_frame(0, TABLE, ROWS))).parts())

    @pytest.mark.parametrize(
        "bad",
        [
            frame(b"Q", b""),
            frame(b"R", b""),
            frame(b"R", b"\x00\x07\x00\x00\x00\x01"),
            rows_frame(0, TABLE, ROWS)[:-1] + b"\xff",
            frame(b"R", rows_frame(0, TABLE, ROWS)[5:] + b"\x00"),
            frame(b"R", rows_frame(0, TABLE, ROWS)[5:-1]),
            frame(b"F", b"\x00\x01\xff"),
        ],
    )
    def test_refuse_what_nobody_wrote(self, bad: bytes) -> None:
        with pytest.raises(BackupChanged, match="cannot be understood"):
            list(BackupReader(plain(bad, totals=Totals())).parts())

    @pytest.mark.parametrize(
        "row",
        [("1", True, b"", ""), (1, True, "", ""), (1, True, b"", b""), (2**63, True, b"", "")],
    )
    def test_refuse_a_value_of_another_type(self, row: tuple[object, ...]) -> None:
        with pytest.raises(StoreNotPortable, match="run audit") as caught:
            rows_frame(0, TABLE, [row])
        assert isinstance(caught.value, ItemProofError)

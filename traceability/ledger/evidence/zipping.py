"""A ZIP whose bytes depend on its files alone, written in one pass and in flat memory.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14
to 4.3.16 (ends, ZIP64). Files are stored, not packed: packers differ between machines. The
directory and the list of sums, which grow with the number of files, lie in unnamed files.
"""

from __future__ import annotations

import hashlib
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

SUMS = "SHA256SUMS"
_CHUNK = 2**20
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _END64_PLACE = b"PK\x06\x06", b"PK\x06\x07"
_STORED, _UTF8 = 0, 0x800
_VERSION = 45  # ZIP64
_MADE_ON_UNIX = 3 << 8 | _VERSION
_READABLE = 0o100644 << 16
# 1980-01-01 00:00, the first time that a ZIP can name.
_TIME, _DATE = 0, 1 << 5 | 1
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


class EvidenceZip:
    """Writes files in the order in which they are added, their sums last."""

    def __init__(self, write: Callable[[bytes], object], *, folder: Path | None = None) -> None:
        self._write = write
        self._directory: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by `close`
        self._sums: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by `close`
        self._offset = self._directory_bytes = self.files = 0

    def __enter__(self) -> EvidenceZip:
        """Use it in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        """Finish the ZIP, unless something failed."""
        if kind is None:
            self._finish()
        self.close()

    def close(self) -> None:
        """Let go of the unnamed files."""
        self._directory.close()
        self._sums.close()

    def add(self, name: str, data: bytes) -> None:
        """Add one file."""
        self._begin(name, size=len(data), crc=zlib.crc32(data))
        self._put(data)
        self._sums.write(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())

    def add_from(self, name: str, file: IO[bytes]) -> None:
        """Add a file that may be long, read twice from its beginning."""
        digest, crc, size = hashlib.sha256(), 0, 0
        for part in _parts(file):
            digest.update(part)
            crc, size = zlib.crc32(part, crc), size + len(part)
        self._begin(name, size=size, crc=crc)
        for part in _parts(file):
            self._put(part)
        self._sums.write(f"{digest.hexdigest()}  {name}\n".encode())

    def _begin(self, name: str, *, size: int, crc: int) -> None:
        """Write a local header, and put the directory's entry aside."""
        encoded = name.encode()
        extra = struct.pack("<HHQQ", 1, 16, size, size)
        common = struct.pack(
            "<HHHHHLLLHH",
            *(_VERSION, _UTF8, _STORED, _TIME, _DATE, crc),
            *(_FULL32, _FULL32, len(encoded), len(extra)),
        )
        extra64 = struct.pack("<HHQQQ", 1, 24, size, size, self._offset)
        central = struct.pack(
            "<HHHHHHLLLHHHHHLL",
            *(_MADE_ON_UNIX, _VERSION, _UTF8, _STORED, _TIME, _DATE, crc, _FULL32, _FULL32),
            *(len(encoded), len(extra64), 0, 0, 0, _READABLE, _FULL32),
        )
        self._directory_bytes += self._directory.write(_CENTRAL + central + encoded + extra64)
        self._put(_LOCAL + common + encoded + extra)
        self.files += 1

    def _put(self, data: bytes) -> None:
        self._write(data)
        self._offset += len(data)

    def _finish(self) -> None:
        self.add_from(SUMS, self._sums)
        start, size, count = self._offset, self._directory_bytes, self.files
        for part in _parts(self._directory):
            self._put(part)
        end64 = self._offset
        self._put(
            _END64
            + struct.pack("<QHHLL", 44, _MADE_ON_UNIX, _VERSION, 0, 0)
            + struct.pack("<QQQQ", count, count, size, start)
        )
        self._put(_END64_PLACE + struct.pack("<LQL", 0, end64, 1))
        told = min(count, _FULL16)
        self._put(_END + struct.pack("<HHHHLLH", 0, 0, told, told, min(size, _FULL32), _FULL32, 0))


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while part := file.read(_CHUNK):
        yield part

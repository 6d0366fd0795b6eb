"""Values put aside in an unnamed file, so that memory does not grow with their number.

The file has no name: whatever ends the process, nothing of it is left.
"""

from __future__ import annotations

import pickle
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Generic, TypeVar

from traceability.errors import Unavailable

T = TypeVar("T")
_LENGTH = struct.Struct(">Q")


class SpillUnavailable(Unavailable):
    """The data folder's disk is full or cannot be written."""

    code = "SPILL_UNAVAILABLE"


class Spill(Generic[T]):
    """Keeps values in the order in which they are added.

    Parameters
    ----------
    folder
        Where the file lies while it is used; none for the system's own.
    """

    def __init__(self, folder: Path | None) -> None:
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by `close`
        except OSError as error:
            raise _unavailable(error) from error
        self._places: list[int] = []
        self._end = 0

    def add(self, value: T) -> None:
        """Put a value aside.

        Raises
        ------
        SpillUnavailable
        """
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        try:
            self._file.seek(self._end)
            self._file.write(_LENGTH.pack(len(data)))
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            raise _unavailable(error) from error
        self._places.append(self._end)
        self._end += _LENGTH.size + len(data)

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._places)

    def __getitem__(self, index: int) -> T:
        """Return a value."""
        self._file.seek(self._places[index])
        (length,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
        value: T = pickle.loads(self._file.read(length))  # noqa: S301  # written by `add`
        return value

    def __iter__(self) -> Iterator[T]:
        """Yield the values in their order."""
        for index in range(len(self)):
            yield self[index]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Spill[T]:
        """Use the values in a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self.close()


def _unavailable(error: OSError) -> SpillUnavailable:
    return SpillUnavailable(f"data folder cannot hold what is put aside: {error.strerror}")

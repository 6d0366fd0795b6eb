"""The inner layer of a backup: a manifest, blocks of rows, pieces of files, and totals.

Each frame is 1 byte kind ‖ 4 bytes length ‖ body, big-endian:

    M  JSON, first and once: {"version", "created", "log", "tree_size", "schema", "settings",
       "tables": [{"name", "columns", "kinds"}]}
    R  2 bytes table (its place in the manifest) ‖ 4 bytes number of rows ‖ each column in turn
    F  2 bytes length ‖ name ‖ a piece of that file; pieces of one file follow each other
    E  JSON, last and once: {"rows": {table: number}, "files": {name: bytes}}

A column is 1 byte, 1 where some values are null, then 1 byte for each value (1: null) if so; then
integers as 8 bytes each, booleans as integers; or byte strings (texts in UTF-8): all lengths, 4
bytes each, then all values. What is null has the value 0 or is empty.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from traceability.errors import ItemProofError
from traceability.ledger.backup.faults import BackupChanged, BackupTruncated, StoreNotPortable
from traceability.store.portable import PortableTable, Row
from traceability.strict_json import parse_json

VERSION = 1
MANIFEST, ROWS, FILE, END = b"M", b"R", b"F", b"E"
HEAD_BYTES = 5
NUMBERS = frozenset({"int", "bool"})
FILE_PIECE_BYTES = 2**18


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of: the ledger, its size and schema, and what its tables look like."""

    created: str
    log: bytes
    tree_size: int
    schema: str
    settings: dict[str, str]
    tables: tuple[PortableTable, ...]

    def to_bytes(self) -> bytes:
        """Return the body of the first frame."""
        return orjson.dumps(
            {
                "version": VERSION,
                "created": self.created,
                "log": self.log.hex(),
                "tree_size": self.tree_size,
                "schema": self.schema,
                "settings": self.settings,
                "tables": [
                    {"name": table.name, "columns": table.columns, "kinds": table.kinds}
                    for table in self.tables
                ],
            }
        )


@dataclass(slots=True)
class Totals:
    """How much has passed, as the last frame says it."""

    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def add(self, part: Rows | Piece) -> None:
        """Count a frame."""
        if isinstance(part, Rows):
            self.rows[part.table.name] = self.rows.get(part.table.name, 0) + len(part.rows)
        else:
            self.files[part.name] = self.files.get(part.name, 0) + len(part.data)

    def to_bytes(self) -> bytes:
        """Return the body of the last frame."""
        return orjson.dumps({"rows": self.rows, "files": self.files})


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of one table."""

    table: PortableTable
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of one file."""

    name: str
    data: bytes


def frame(kind: bytes, body: bytes) -> bytes:
    """Return a frame."""
    return kind + len(body).to_bytes(4, "big") + body


def rows_frame(number: int, table: PortableTable, rows: Sequence[Row]) -> bytes:
    """Return the frame of some rows of the table with that place in the manifest.

    Raises
    ------
    StoreNotPortable
    """
    parts = [struct.pack(">HI", number, len(rows))]
    for name, kind, values in zip(table.columns, table.kinds, zip(*rows, strict=True), strict=True):
        try:
            parts += _pack(kind, values)
        except (struct.error, TypeError, AttributeError, ValueError) as error:
            raise StoreNotPortable(
                f"table {table.name} has a value in {name} that is not of its type: run audit",
                expected=kind,
            ) from error
    return frame(ROWS, b"".join(parts))


def _pack(kind: str, values: Sequence[Any]) -> Iterator[bytes]:
    empty: Any = 0 if kind in NUMBERS else "" if kind == "text" else b""
    if None in values:
        yield b"\x01" + bytes(value is None for value in values)
        values = [empty if value is None else value for value in values]
    else:
        yield b"\x00"
    if kind in NUMBERS:
        yield struct.pack(f">{len(values)}q", *values)
        return
    data = [value.encode() for value in values] if kind == "text" else values
    yield struct.pack(f">{len(data)}I", *map(len, data))
    yield b"".join(data)


def file_frame(name: str, data: bytes) -> bytes:
    """Return the frame of a piece of a file."""
    encoded = name.encode()
    return frame(FILE, len(encoded).to_bytes(2, "big") + encoded + data)


class BackupReader:
    """Reads the frames of a plain text that comes in chunks.

    Parameters
    ----------
    chunks
        The plain text, whole and authenticated chunk by chunk.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = bytearray()
        kind, body = self._frame()
        if kind != MANIFEST:
            raise BackupChanged("backup does not begin with its manifest")
        self.manifest = _understood(_manifest, body)

    def parts(self) -> Iterator[Rows | Piece]:
        """Yield rows and pieces of files to the last frame, whose totals must be right."""
        totals = Totals()
        kind, body = self._frame()
        while kind != END:
            part = _understood(self._part, kind, body)
            totals.add(part)
            yield part
            kind, body = self._frame()
        if orjson.loads(body) != {"rows": totals.rows, "files": totals.files}:
            raise BackupChanged("backup's totals are not those of its rows and files")
        if self._buffer or any(self._chunks):
            raise BackupChanged("backup goes on after its last frame")

    def _part(self, kind: bytes, body: bytes) -> Rows | Piece:
        if kind == FILE:
            end = 2 + int.from_bytes(body[:2], "big")
            return Piece(body[2:end].decode(), body[end:])
        if kind != ROWS:
            raise ValueError(kind)
        number, count = struct.unpack_from(">HI", body)
        table = self.manifest.tables[number]
        return Rows(table, _unpacked(table, body, count))

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._take(HEAD_BYTES)
        return head[:1], self._take(int.from_bytes(head[1:], "big"))

    def _take(self, length: int) -> bytes:
        while len(self._buffer) < length:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise BackupTruncated("backup ends within a frame")
            self._buffer += chunk
        found = bytes(self._buffer[:length])
        del self._buffer[:length]
        return found


def _understood(read: Any, *arguments: Any) -> Any:
    """Return what a body says; what was written by us and reads otherwise was changed."""
    try:
        return read(*arguments)
    except (
        ItemProofError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        struct.error,
    ) as error:
        raise BackupChanged("backup's frame cannot be understood") from error


def _manifest(body: bytes) -> Manifest:
    value: Any = parse_json(body)
    if value["version"] != VERSION:
        raise ValueError(value["version"])
    tables = tuple(
        PortableTable(table["name"], tuple(table["columns"]), tuple(table["kinds"]))
        for table in value["tables"]
    )
    return Manifest(
        created=value["created"],
        log=bytes.fromhex(value["log"]),
        tree_size=value["tree_size"],
        schema=value["schema"],
        settings=dict(value["settings"]),
        tables=tables,
    )


def _unpacked(table: PortableTable, body: bytes, count: int) -> list[Row]:
    at = struct.calcsize(">HI")
    columns = []
    for kind in table.kinds:
        values, at = _column(kind, body, at, count=count)
        columns.append(values)
    if at != len(body):
        raise ValueError(at)
    return list(zip(*columns, strict=True))


def _column(kind: str, body: bytes, at: int, *, count: int) -> tuple[list[Any], int]:
    nulls = b""
    if body[at]:
        nulls = body[at + 1 : at + 1 + count]
        at += count
    at += 1
    values: list[Any]
    if kind in NUMBERS:
        numbers = struct.unpack_from(f">{count}q", body, at)
        values = list(map(bool, numbers)) if kind == "bool" else list(numbers)
        at += 8 * count
    else:
        lengths = struct.unpack_from(f">{count}I", body, at)
        at += 4 * count
        values = []
        for length in lengths:
            values.append(body[at : at + length])
            at += length
        if kind == "text":
            values = [value.decode() for value in values]
    if nulls:
        values = [None if null else value for null, value in zip(nulls, values, strict=True)]
    return values, at

"""The second place's list of erasures, so that a restored backup brings nothing of it back.

One line per entry, its exact bytes, which are JSON without line breaks; appended and forced to
disk after the entry is kept. It names nobody and holds nothing of what was erased. Who can
change it can have content destroyed by the next restore, or leave it until `rebuild`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from traceability.errors import InvalidInput
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import ERASED, StatusStatement, parse_statement
from traceability.ledger.erasure import destroy
from traceability.store.repositories import Repositories

FILE_NAME = "erasures.jsonl"


class ErasureListInvalid(InvalidInput):
    """A line of the list of erasures is no erasure of this log."""

    code = "ERASURE_LIST_INVALID"


def list_beside(served_heads: Path) -> Path:
    """Return where the list is: beside the second place."""
    return served_heads.with_name(FILE_NAME)


def read_list(path: Path) -> list[bytes]:
    """Return the entries of a list; a last line that a crash cut short is not among them."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    return data.split(b"\n")[:-1]


def read_named_list(path: Path) -> list[bytes]:
    """Return the entries of a list that somebody named: it must be there."""
    path.stat()
    return read_list(path)


def add_to_list(path: Path, envelopes: Sequence[bytes]) -> int:
    """Add the entries that are not there, durably; return how many were added.

    A crash in here leaves a line whole, cut short (which the next run drops), or absent.
    """
    known = read_list(path)
    there = set(known)
    new = [envelope for envelope in envelopes if envelope not in there]
    if not new:
        return 0
    whole = sum(len(line) + 1 for line in known)
    with path.open("r+b" if path.exists() else "xb") as handle:
        handle.truncate(whole)
        handle.seek(whole)
        handle.write(b"".join(envelope + b"\n" for envelope in new))
        handle.flush()
        os.fsync(handle.fileno())
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return len(new)


def erasures_among(envelopes: Iterable[bytes], *, log: bytes) -> list[StatusStatement]:
    """Return the erasures that entries are.

    Raises
    ------
    ErasureListInvalid
        One is another statement, or of another log.
    """
    found = []
    for envelope in envelopes:
        statement = parse_statement(parse_envelope(envelope).payload)
        if not isinstance(statement, StatusStatement) or statement.kind != ERASED:
            raise ErasureListInvalid("list of erasures holds another statement")
        if statement.header.log != log:
            raise ErasureListInvalid("list of erasures is of another log")
        found.append(statement)
    return found


def apply_erasures(repositories: Repositories, statements: Iterable[StatusStatement]) -> int:
    """Destroy what erasures name, whether the log here has their entries or not."""
    done = 0
    for statement in statements:
        destroy(repositories, statement.entry, statement.records, statement.erasure)
        done += 1
    return done

"""What a key has signed and its owner has seen, kept so that no crash makes it sign twice.

A key's statements form one chain. Signing two statements with one number is what the log holds
against a signer for ever, so what is signed is on the disk before it is sent, and is sent again
before anything else is signed. Files, each written whole:

| file | a crash before it is written leaves | after it |
|---|---|---|
| `outbox.json`: the signed batch | nothing signed that anybody saw | sent first next time |
| `receipts/<n>.json`: the answer | sent again, answered the same | as above |
| `state.json`: next number, last entry, last head | as above | the next run empties the outbox |
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from traceability.client.faults import KeyChainDiffers, KeyFolderBusy, KeyFolderInvalid
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import ZERO_HASH, b64u_decode, b64u_encode
from traceability.strict_json import JSONValue, parse_json

MAX_OUTBOX_BYTES = 2**30
VERSION = 1


@dataclass(frozen=True, slots=True)
class KeyState:
    """Where a key's chain stands, and the newest signed head that its owner has seen.

    `next_sequence` is None before anything was signed from this folder.
    """

    log: bytes
    key_id: bytes
    next_sequence: int | None = None
    previous: bytes = ZERO_HASH
    seen: str | None = None

    def advanced(self, sequence: int, leaf_hash: bytes) -> KeyState:
        """Return the state after the statement of this number was accepted."""
        return replace(self, next_sequence=sequence + 1, previous=leaf_hash)

    def require(self, sequence: int, previous: bytes) -> None:
        """Refuse another place of the chain than this one, once anything was signed.

        Raises
        ------
        KeyChainDiffers
        """
        if self.next_sequence not in (None, sequence) or (
            self.next_sequence is not None and previous != self.previous
        ):
            raise KeyChainDiffers(
                f"node and folder do not agree on the key's chain: expected {self.next_sequence} "
                f"statements after {self.previous.hex()[:16]}, "
                f"got {sequence} after {previous.hex()[:16]}"
            )

    def to_json(self) -> dict[str, JSONValue]:
        """Return the state's JSON."""
        return {
            "version": VERSION,
            "log": b64u_encode(self.log),
            "key_id": b64u_encode(self.key_id),
            "next_sequence": self.next_sequence,
            "previous": b64u_encode(self.previous),
            "seen": self.seen,
        }


class KeyFolder:
    """The folder of one key and one log."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other program from signing with the key.

        Raises
        ------
        KeyFolderBusy
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.path / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise KeyFolderBusy(
                    f"another program uses {str(self.path)!r}: let it finish"
                ) from error
            yield

    def state(self, *, log: bytes, key_id: bytes) -> KeyState:
        """Return what is remembered of this key and log.

        Raises
        ------
        KeyFolderInvalid
            The file is damaged, or of another key or log.
        """
        data = self._read("state.json")
        if data is None:
            return KeyState(log, key_id)
        found = _state(data)
        if (found.log, found.key_id) != (log, key_id):
            raise KeyFolderInvalid(
                f"folder {str(self.path)!r} is of another key or log: name one of its own"
            )
        return found

    def keep_state(self, state: KeyState) -> None:
        """Write where the chain stands."""
        self._write("state.json", canonicalize(state.to_json()))

    def outbox(self) -> bytes | None:
        """Return the signed batch that was not answered yet, if there is one."""
        return self._read("outbox.json")

    def keep_outbox(self, body: bytes) -> None:
        """Write a signed batch, before it is sent."""
        self._write("outbox.json", body)

    def clear_outbox(self) -> None:
        """Remove the signed batch, once its answer is kept."""
        (self.path / "outbox.json").unlink(missing_ok=True)
        self._sync(self.path)

    def keep_signed(self, sequence: int, body: bytes) -> None:
        """Write a batch that was signed here, and is sent from elsewhere."""
        (self.path / "signed").mkdir(exist_ok=True, mode=0o700)
        self._write(f"signed/{sequence}.json", body)

    def set_aside(self, sequence: int, problem: JSONValue) -> None:
        """Keep a batch that was refused, and why, away from the outbox."""
        place = self.path / "refused"
        place.mkdir(exist_ok=True, mode=0o700)
        number = len(list(place.iterdir()))
        self._write(f"refused/{sequence}-{number}.problem.json", canonicalize(problem))
        (self.path / "outbox.json").replace(place / f"{sequence}-{number}.json")
        self._sync(place)
        self._sync(self.path)

    def keep_receipt(self, sequence: int, receipt: JSONValue) -> Path:
        """Write the operator's promise and return where it is."""
        (self.path / "receipts").mkdir(exist_ok=True, mode=0o700)
        return self._write(f"receipts/{sequence}.json", canonicalize(receipt))

    def keep_evidence(self, value: JSONValue) -> Path:
        """Write two heads that contradict each other and return where they are."""
        return self._write("split-view.json", canonicalize(value))

    def _read(self, name: str) -> bytes | None:
        place = self.path / name
        return place.read_bytes() if place.is_file() else None

    def _write(self, name: str, data: bytes) -> Path:
        """Write a file whole: a crash leaves the old one or the new one."""
        place = self.path / name
        draft = place.with_name(f"{place.name}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(place)
        self._sync(place.parent)
        return place

    def _sync(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _state(data: bytes) -> KeyState:
    fault = KeyFolderInvalid("file 'state.json' is damaged: it is not as it was written")
    try:
        match parse_json(data):
            case {
                "version": 1,
                "log": str(log),
                "key_id": str(key_id),
                "next_sequence": (int() | None) as sequence,
                "previous": str(previous),
                "seen": (str() | None) as seen,
                **rest,
            } if not rest:
                return KeyState(
                    b64u_decode(log, length=32),
                    b64u_decode(key_id, length=32),
                    sequence,
                    b64u_decode(previous, length=32),
                    seen,
                )
    except ItemProofError as error:
        raise fault from error
    raise fault

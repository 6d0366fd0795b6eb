"""Where a mirror copies from: a node's `/log`, or another mirror behind any file server.

Nothing that it says is believed: `copying.py` hashes everything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import requests

from traceability.hashing.encoding import HASH_LENGTH
from traceability.ledger.mirror.faults import (
    MirrorPartMissing,
    MirrorSourceRefused,
    MirrorSourceSlow,
    MirrorSourceTooLong,
    MirrorSourceUnavailable,
)
from traceability.ledger.mirror.folder import (
    LEVEL_SHIFT,
    LOW_BITS,
    MirrorFolder,
    file_of,
    most_bytes,
)
from traceability.merkle.tiles import TILE_HEIGHT, TILE_WIDTH, tile_path
from traceability.watching import LEAST_BYTES_PER_SECOND, Awaited, WatchedSession

# Longer than a silent server is waited for, whose silence is told as such.
GRACE_SECONDS = 60.0
TIMEOUT_SECONDS = 30.0
TRIES = 4
MAX_WAIT_SECONDS = 30.0
OK, FOUND_NOTHING = 200, (404, 410)
REFUSALS = (401, 403)
OVERLOADED = (429, 502, 503, 504)
CHUNK_BYTES = 65_536


class LogSource(Protocol):
    """A log's files by name; any thread may ask."""

    def get(self, name: str, *, most: int | None = None) -> bytes | None:
        """Return a file's bytes, at most so many; None where there is none.

        A name may end in a question, as `anchors?after=7`, which a file server passes over.

        Raises
        ------
        MirrorSourceUnavailable, MirrorSourceRefused, MirrorSourceSlow, MirrorSourceTooLong
        """


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A mirror's folder as a log to read from."""

    folder: MirrorFolder

    def get(self, name: str, *, most: int | None = None) -> bytes | None:
        """Return a file's bytes."""
        data = self.folder.read(file_of(name))
        check_length(name, 0 if data is None else len(data), most)
        return data


class HttpSource:
    """A log behind an address; `api_key` is sent with every question, if there is one."""

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise MirrorSourceUnavailable(
                f"address is none: expected http://… or https://…, got {url[:80]!r}"
            )
        self._base = url.rstrip("/")
        self._session = WatchedSession(url, grace_seconds=GRACE_SECONDS)
        if api_key is not None:
            self._session.headers["Authorization"] = f"Bearer {api_key}"
        self._place = parts.netloc.rpartition("@")[2]

    def find(self) -> Self:
        """Take the log below the address where the address itself is none."""
        if self.get("checkpoint") is None and not self._base.endswith("/log"):
            self._base += "/log"
        return self

    def get(self, name: str, *, most: int | None = None) -> bytes | None:
        """Return a file's bytes; an overloaded server is asked again, when it says so."""
        for attempt in range(TRIES):
            try:
                with self._asked(name) as (answer, awaited):
                    if answer.status_code == OK:
                        return self._body(answer, awaited, name, most=most)
                    if answer.status_code not in OVERLOADED:
                        self._check_absent(answer, name)
                        return None
                    wait = _wait(answer.headers.get("Retry-After"), attempt)
            # A redirection to what is no address is a ValueError of the library.
            except (requests.RequestException, OSError, ValueError) as error:
                if attempt == TRIES - 1:
                    raise MirrorSourceUnavailable(
                        f"log at {self._place} does not answer: {type(error).__name__}"
                    ) from error
                wait = _wait(None, attempt)
            if attempt < TRIES - 1:
                time.sleep(wait)
        raise MirrorSourceUnavailable(f"log at {self._place} is overloaded: try again later")

    @contextmanager
    def _asked(self, name: str) -> Iterator[tuple[requests.Response, Awaited]]:
        """Yield the answer to a question; one that comes too slowly is an error of its own."""
        address = f"{self._base}/{name}"
        with self._session.watch.awaiting() as awaited:
            try:
                with self._session.get(address, timeout=TIMEOUT_SECONDS, stream=True) as answer:
                    yield answer, awaited
            except (requests.RequestException, OSError, ValueError) as error:
                if not awaited.is_given_up:
                    raise
                raise self._slow(name) from error

    def _slow(self, name: str) -> MirrorSourceSlow:
        return MirrorSourceSlow(
            f"log at {self._place} sends {name!r} too slowly: expected "
            f"{LEAST_BYTES_PER_SECOND} bytes a second after {GRACE_SECONDS:.0f} s"
        )

    def _body(
        self, answer: requests.Response, awaited: Awaited, name: str, *, most: int | None
    ) -> bytes:
        parts = []
        for part in answer.iter_content(CHUNK_BYTES):
            parts.append(part)
            awaited.size += len(part)
            check_length(name, awaited.size, most)
        # Who was hung up on without having said how long the answer is looks finished.
        if awaited.is_given_up:
            raise self._slow(name)
        return b"".join(parts)

    def _check_absent(self, answer: requests.Response, name: str) -> None:
        status = answer.status_code
        if status in FOUND_NOTHING:
            return
        if answer.is_redirect:
            raise MirrorSourceUnavailable(
                f"log at {self._place} has moved: give the address that it names",
                got=answer.headers["Location"][:200],
            )
        if status in REFUSALS:
            raise MirrorSourceRefused(
                f"log at {self._place} refuses {name!r}: an auditor's API key is needed",
                got=str(status),
            )
        raise MirrorSourceUnavailable(f"log at {self._place} answers {status} to {name!r}")

    def __enter__(self) -> Self:
        """Begin; nothing is opened yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._session.close()


def check_length(name: str, size: int, most: int | None) -> None:
    """Refuse a file that is longer than any of its name, or than it can be here.

    Raises
    ------
    MirrorSourceTooLong
    """
    allowed = most_bytes(name) if most is None else min(most, most_bytes(name))
    if size > allowed:
        raise MirrorSourceTooLong(
            f"file {file_of(name)!r} of the log is too long: expected at most {allowed} bytes"
        )


def _wait(retry_after: str | None, attempt: int) -> float:
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), MAX_WAIT_SECONDS)
    return float(2**attempt) / 4


def require(source: LogSource, name: str) -> bytes:
    """Return a file that the log must have.

    Raises
    ------
    MirrorPartMissing
    """
    data = source.get(name)
    if data is None:
        raise MirrorPartMissing(f"log has no {name!r}", pointer=name)
    return data


def get_tile(source: LogSource, level: int | str, index: int, width: int) -> bytes:
    """Return a tile's bytes; a partial one that has gone is cut from the complete one."""
    data = source.get(tile_path(level, index, width))
    if data is None and width < TILE_WIDTH:
        data = source.get(tile_path(level, index))
    if data is None:
        raise MirrorPartMissing(f"log has no {tile_path(level, index, width)!r}")
    return data


def source_tiles(source: LogSource, keys: Sequence[int], tree_size: int) -> Mapping[int, bytes]:
    """Return the hash tiles of a tree as the log hands them out."""
    found = {}
    for key in keys:
        level, index = key >> LEVEL_SHIFT, key & LOW_BITS
        width = min(TILE_WIDTH, (tree_size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
        found[key] = get_tile(source, level, index, width)[: width * HASH_LENGTH]
    return found

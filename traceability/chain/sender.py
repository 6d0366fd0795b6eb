"""One sender for each publisher's account: a lock and a list of nonces in use, machine-wide.

Two ledgers that anchor with one key would take each other's nonces. On one machine they share a
folder with a locked file for each account; the file says which log has a transaction in flight
at which nonce. Processes of one ledger on several machines share its database, whose own lock
keeps them apart. A dead process leaves its claim behind: it ends when a block includes the
nonce, when its ledger goes on, or after an hour, when taking the nonce over does no harm.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from traceability.chain.faults import PublisherBusy

FOLDER_MODE, FILE_MODE = 0o700, 0o600
# A step asks a handful of questions, each of which may take its time.
WAIT_SECONDS, POLL_SECONDS = 60.0, 0.05
CLAIM_SECONDS = 3600.0


class Sender:
    """The right to send from one account.

    Parameters
    ----------
    folder
        Shared by all processes of this user that may use the key; made if missing.
    address
        The account.
    log_id
        Of the log that anchors.
    """

    def __init__(
        self,
        folder: Path,
        *,
        address: str,
        log_id: bytes,
        wait_seconds: float = WAIT_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = folder / f"publisher-{address}.lock"
        self._log = log_id.hex()
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._file: IO[str] | None = None

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Be the only sender of this machine while the context lasts.

        Raises
        ------
        PublisherBusy
            Another process has held the lock for too long.
        """
        with self._open() as file:
            self._lock(file)
            self._file = file
            try:
                yield
            finally:
                self._file = None

    def check_free(self, nonce: int, *, chain_id: int) -> None:
        """Check that no other log has a transaction in flight at this nonce or later.

        Raises
        ------
        PublisherBusy
        """
        now = self._clock()
        for log, claim in self._claims().items():
            is_newer = claim["chain_id"] == chain_id and claim["nonce"] >= nonce
            if log != self._log and is_newer and now - claim["at"] < CLAIM_SECONDS:
                raise PublisherBusy(
                    f"publisher's account is in use: log {log[:16]} has a transaction at nonce "
                    f"{claim['nonce']} in flight; give each ledger a key of its own"
                )

    def claim(self, nonce: int, *, chain_id: int) -> None:
        """Say that this log signs at a nonce, before it does."""
        claim = {"chain_id": chain_id, "nonce": nonce, "at": self._clock()}
        self._write(self._claims() | {self._log: claim})

    def release(self) -> None:
        """Say that nothing of this log is in flight."""
        claims = self._claims()
        if claims.pop(self._log, None) is not None:
            self._write(claims)

    def _open(self) -> IO[str]:
        try:
            self._path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
        except OSError as cause:
            raise PublisherBusy(
                f"publisher's lock cannot be used: {cause.strerror}: {self._path}"
            ) from cause
        return os.fdopen(descriptor, "r+", encoding="ascii")

    def _lock(self, file: IO[str]) -> None:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as cause:
                if time.monotonic() > deadline:
                    raise PublisherBusy(
                        f"publisher's account is in use: another process holds {self._path.name}"
                    ) from cause
                time.sleep(POLL_SECONDS)
            else:
                return

    def _claims(self) -> dict[str, dict[str, Any]]:
        file = self._held()
        file.seek(0)
        try:
            found = json.loads(file.read() or "{}")
            return {
                str(log): {
                    "chain_id": int(claim["chain_id"]),
                    "nonce": int(claim["nonce"]),
                    "at": float(claim["at"]),
                }
                for log, claim in found.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            # Cut short by a crash: the chain says the rest.
            return {}

    def _write(self, claims: dict[str, dict[str, Any]]) -> None:
        file = self._held()
        file.seek(0)
        file.truncate()
        file.write(json.dumps(claims, sort_keys=True))
        file.flush()
        os.fsync(file.fileno())

    def _held(self) -> IO[str]:
        if self._file is None:
            raise AssertionError("claims are read and written while the lock is held")
        return self._file

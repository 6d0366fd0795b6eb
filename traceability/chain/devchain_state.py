"""A whole copy of a development chain's state: Anvil writes its file in place, once a second.

Killed while it writes, or where the disk is full, Anvil leaves half a file, with which it never
starts again. So each whole state is copied beside it, and a half one is replaced by that copy. The
chain is then some seconds younger, as after a reorganisation: what it has lost is anchored again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

import orjson

logger = logging.getLogger(__name__)

SUFFIX = ".kept"
PAUSE_SECONDS = 1.0
# A large state takes time to read: this much of a processor may be spent.
PART_OF_TIME = 0.05


def mend(state: Path) -> bool:
    """Put the kept copy in the place of a state that is not whole; tell whether that was done."""
    kept = state.with_name(state.name + SUFFIX)
    if not state.exists() or not kept.exists() or is_whole(state.read_bytes()):
        return False
    logger.warning("devchain.state_mended file=%s", state.name)
    _write(state, kept.read_bytes())
    return True


def is_whole(data: bytes) -> bool:
    """Tell whether a state was written to its end."""
    try:
        orjson.loads(data)
    except ValueError:
        return False
    return True


def keep(state: Path) -> None:
    """Copy the state, if it is whole just now."""
    try:
        data = state.read_bytes()
        if is_whole(data):
            _write(state.with_name(state.name + SUFFIX), data)
    except OSError as error:
        logger.warning("devchain.state_unkept %s", error.strerror)


def _write(place: Path, data: bytes) -> None:
    draft = place.with_name(place.name + ".new")
    with draft.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(place)


class StateKeeper:
    """Keeps copies of a chain's state while it runs."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="devchain-state", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; the chain has stopped, and its last state is kept."""
        self._is_over.set()
        self._thread.join()
        if self._state.exists():
            keep(self._state)

    def _run(self) -> None:
        seen, pause = 0, PAUSE_SECONDS
        while not self._is_over.wait(pause):
            written = self._written()
            if written == seen:
                continue
            began = time.monotonic()
            keep(self._state)
            pause = max(PAUSE_SECONDS, (time.monotonic() - began) / PART_OF_TIME)
            seen = written

    def _written(self) -> int:
        try:
            return self._state.stat().st_mtime_ns
        except OSError:
            return 0

"""Starts a development chain again that has ended by itself, sooner at first and later after that.

The chain comes back at its old address, from the state that it wrote last. What it has lost since
is anchored again, as after a reorganisation. Without any state it begins at its genesis: then the
anchorer says that the contract is missing, and nothing is sent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A chain that has run so long is started again at once.
SETTLED_SECONDS = 60.0


class Guard:
    """Looks after a chain while it is wanted.

    Parameters
    ----------
    is_alive
        Whether the chain runs.
    restart
        Starts it again; tells whether it runs now.
    """

    def __init__(self, is_alive: Callable[[], bool], restart: Callable[[], bool]) -> None:
        self._is_alive = is_alive
        self._restart = restart
        self._pause = FIRST_PAUSE_SECONDS
        self._thread = threading.Thread(target=self._run, name="devchain-guard", daemon=True)
        self.is_over = threading.Event()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; the chain may end now."""
        self.is_over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        while not self.is_over.wait(LOOK_SECONDS):
            if self._is_alive():
                continue
            if time.monotonic() - began >= SETTLED_SECONDS:
                self._pause = FIRST_PAUSE_SECONDS
            logger.warning("devchain.ended again_in=%.1f", self._pause)
            if self.is_over.wait(self._pause):
                return
            if self._is_back():
                began = time.monotonic()
                logger.warning("devchain.started_again")
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _is_back(self) -> bool:
        try:
            return self._restart()
        except Exception:  # the next attempt may go well
            logger.exception("devchain.not_started")
            return False

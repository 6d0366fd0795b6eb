"""Work that one process at a time does for all that serve a ledger; the others stand by.

Each process tries to take the role's lock. Who has it works until it stops or dies; the lock is
then free, and another process takes over. A bell wakes whoever has the role.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from ledger_api.statuses import InternalError
from traceability.errors import ItemProofError
from traceability.store.locks import AlreadyRunning, HeldLock
from traceability.store.store import Store

logger = logging.getLogger(__name__)

# How soon those who stand by try again to take a role.
STAND_BY_SECONDS = 0.2


class Bell:
    """Wakes the one who waits for it, in whatever process; rung twice, it is heard once.

    An open one may be handed to a process that is being started.
    """

    def __init__(self) -> None:
        self._ends: tuple[socket.socket, socket.socket] | None = None

    def open(self) -> Bell:
        """Make it ready; until then nobody hears it."""
        if self._ends is None:
            self._ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        return self

    def ring(self) -> None:
        """Wake whoever waits, or will wait next."""
        # An error says that it has been rung often enough, or that nobody is left to hear it.
        if self._ends is not None:
            with suppress(OSError):
                self._ends[0].send(b"\0", socket.MSG_DONTWAIT)

    def silence(self) -> None:
        """Forget that it was rung."""
        if self._ends is not None:
            with suppress(OSError):
                while self._ends[1].recv(1, socket.MSG_DONTWAIT):
                    pass

    def fileno(self) -> int:
        """Return what is readable once it was rung."""
        return -1 if self._ends is None else self._ends[1].fileno()

    def close(self) -> None:
        """Let go of this process's ends."""
        for end in self._ends or ():
            end.close()


def wait_for(*bells: Bell, seconds: float) -> None:
    """Wait until one of these is rung, at most so long."""
    poll = select.poll()  # Not `select`, which knows 1,024 files.
    for bell in bells:
        poll.register(bell, select.POLLIN)
    poll.poll(seconds * 1000)


class Role(threading.Thread):
    """Repeats one piece of work while this process has the role; `fault` is the last error.

    Parameters
    ----------
    bell
        Shared by all processes that may have the role.
    take_over, leave
        Called when this process has got the role, and when it gives it up alive.
    tell
        Told the fault's code when it changes, None when it has passed.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        *,
        store: Store,
        pause_seconds: float,
        bell: Bell | None = None,
        take_over: Callable[[], object] = lambda: None,
        leave: Callable[[], object] = lambda: None,
        tell: Callable[[str | None], object] = lambda _: None,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._store = store
        self._pause = pause_seconds
        self._own = Bell()
        self._shared = bell or Bell()
        self._is_shared = bell is not None
        self._take_over = take_over
        self._leave = leave
        self._tell = tell
        self._stopping = False
        self.done = threading.Condition()
        self.fault: ItemProofError | None = None

    def start(self) -> None:
        """Begin to stand by."""
        self._own.open()
        self._shared.open()
        super().start()

    def wake(self) -> None:
        """Have the work done now, by whoever has the role."""
        self._shared.ring()

    def stop(self) -> None:
        """Finish the round in hand and give the role up."""
        self._stopping = True
        self._own.ring()
        self.join()
        self._own.close()
        if not self._is_shared:
            self._shared.close()

    def run(self) -> None:
        """Take the role when it is free, and keep it until told to stop."""
        while not self._stopping:
            try:
                with self._store.lock(f"{self.name}-role", wait=False) as held:
                    self._keep(held)
            except AlreadyRunning:
                self._set_fault(None)
            except Exception as error:  # a role must outlive whatever its store does
                self._note(error)
            if not self._stopping:
                wait_for(self._own, seconds=STAND_BY_SECONDS)

    def _keep(self, held: HeldLock) -> None:
        self._take_over()
        try:
            while not self._stopping:
                # A store that was gone has given the role to somebody else.
                held.confirm()
                self._shared.silence()
                self._round()
                with self.done:
                    self.done.notify_all()
                wait_for(self._own, self._shared, seconds=self._pause)
        finally:
            self._leave()

    def _round(self) -> None:
        try:
            self._work()
        except Exception as error:  # the next round may go well
            self._note(error)
        else:
            self._set_fault(None)

    def _note(self, error: Exception) -> None:
        """Keep an error, and say so once."""
        if not isinstance(error, ItemProofError):
            logger.exception("%s.failed", self.name)
            error = InternalError(f"{self.name} failed by a fault of this node")
        elif self.fault is None or self.fault.code != error.code:
            logger.warning("%s.failed code=%s %s", self.name, error.code, error.fault)
        self._set_fault(error)

    def _set_fault(self, error: ItemProofError | None) -> None:
        before, self.fault = self.fault, error
        code = None if error is None else error.code
        if code != (None if before is None else before.code):
            self._tell(code)

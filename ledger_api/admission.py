"""How much a process takes in hand at once: submissions, and the bytes of their documents.

What is beyond is refused before its document is read, and says when to come again. So memory is
bounded by what is in hand, however many ask; and submissions have threads of their own, so that
those who only read do not wait behind them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from ledger_api.scoreboard import Figure, Slot
from ledger_api.statuses import TooManyRequests
from traceability.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

# Submissions that are worked on at once; the others in hand wait for a thread.
THREADS = 40


class Overloaded(Unavailable):
    """The server has as many submissions in hand as it takes."""

    code = "OVERLOADED"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a process takes in hand.

    Parameters
    ----------
    submissions, of_one
        Requests that submit: of all callers, and of one API key.
    body_bytes
        Their documents together; one document alone may be longer.
    """

    submissions: int = 200
    of_one: int = 100
    body_bytes: int = 256 * 2**20


@dataclass(slots=True)
class Place:
    """A submission in hand: what it holds, and where it is worked on."""

    _admission: Admission
    _most_bytes: int
    _bytes: int = field(default=0, init=False)

    def hold(self, size: int) -> None:
        """Say how long the document is, as far as is known; memory holds no more than a part.

        Raises
        ------
        Overloaded
            The documents in hand are too long together.
        """
        more = min(size, self._most_bytes) - self._bytes
        if more > 0:
            self._admission.take_bytes(more)
            self._bytes += more

    async def run(self, task: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Do a piece of the work in a thread for submissions."""
        work = partial(task, *args, **named)
        return await asyncio.get_running_loop().run_in_executor(self._admission.threads, work)

    def leave(self) -> None:
        """Give back what was held."""
        self._admission.take_bytes(-self._bytes)


class Admission:
    """The submissions that a process has in hand; used on its event loop alone."""

    def __init__(self, limits: Limits, slot: Slot) -> None:
        self._limits = limits
        self._slot = slot
        self._in_hand: Counter[str] = Counter()
        self._threads: ThreadPoolExecutor | None = None

    @property
    def threads(self) -> ThreadPoolExecutor:
        """The threads that submissions have."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="submission")
        return self._threads

    def close(self) -> None:
        """End the threads, once nothing is in hand."""
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None

    @contextmanager
    def place(self, caller: str, *, announced: str | None, most: int) -> Iterator[Place]:
        """Take a submission in hand, or refuse it.

        Parameters
        ----------
        caller
            The name of an API key.
        announced
            The document's Content-Length, if the request has one.
        most
            Bytes of a document that are ever held in memory.

        Raises
        ------
        Overloaded, TooManyRequests
        """
        self._check(caller)
        place = Place(self, most)
        self._in_hand[caller] += 1
        self._slot.add(Figure.SUBMISSIONS)
        try:
            place.hold(int(announced) if announced and announced.isdigit() else 0)
            yield place
        finally:
            place.leave()
            self._slot.add(Figure.SUBMISSIONS, -1)
            self._in_hand[caller] -= 1
            if not self._in_hand[caller]:
                del self._in_hand[caller]

    def _check(self, caller: str) -> None:
        total, limits = self._in_hand.total(), self._limits
        if total >= limits.submissions:
            self._slot.add(Figure.REFUSED_BUSY)
            raise Overloaded(
                f"server has {total} submissions in hand: send this one again a little later"
            )
        if self._in_hand[caller] >= limits.of_one:
            self._slot.add(Figure.REFUSED_SHARE)
            raise TooManyRequests(
                f"API key has {limits.of_one} submissions in hand: wait for their answers",
                expected=f"at most {limits.of_one} at once",
                got="more",
            )

    def take_bytes(self, size: int) -> None:
        """Count bytes of a document that is in hand.

        Raises
        ------
        Overloaded
        """
        held = self._slot.get(Figure.SUBMISSION_BYTES)
        if size > 0 and held and held + size > self._limits.body_bytes:
            self._slot.add(Figure.REFUSED_BUSY)
            raise Overloaded(
                f"server has documents of {held} bytes in hand: send this one again a little later"
            )
        self._slot.add(Figure.SUBMISSION_BYTES, size)

"""How long an endpoint is left alone after it failed, or asked to be left alone.

Sources: RFC 9110, section 10.2.3 (Retry-After); RFC 6585, section 4 (429); "full jitter" from
the AWS Architecture Blog, "Exponential Backoff And Jitter".
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 60.0
# An endpoint is not trusted: none may send us away for longer.
LONGEST_WAIT_SECONDS = 3600.0
# Beyond this the doubled time is above the longest anyway.
MOST_DOUBLINGS = 16

Jitter = Callable[[], float]
system_jitter: Jitter = random.SystemRandom().random


class Rest:
    """One endpoint's rest: `limited` by its own word, or after a failure of its own."""

    def __init__(self, *, jitter: Jitter = system_jitter) -> None:
        self._jitter = jitter
        self._failures = 0
        self._until = float("-inf")
        self.is_limited = False

    def failed(self, now: float) -> None:
        """Leave it alone for a random part of a time that doubles with each failure."""
        self._begin(now + self._backoff(), is_limited=False)

    def limited(self, now: float, *, retry_after: float | None) -> None:
        """Leave it alone for as long as it asks, or as after a failure if it names no time."""
        seconds = self._backoff() if retry_after is None else retry_after
        self._begin(now + seconds, is_limited=True)

    def succeeded(self) -> None:
        """Forget all failures."""
        self._failures = 0
        self._until = float("-inf")
        self.is_limited = False

    def remaining(self, now: float) -> float:
        """Return the seconds that are left; 0 if it may be asked."""
        return max(0.0, self._until - now)

    def _begin(self, until: float, *, is_limited: bool) -> None:
        self._failures += 1
        self._until = until
        self.is_limited = is_limited

    def _backoff(self) -> float:
        doubled: float = FIRST_SECONDS * 2.0 ** min(self._failures, MOST_DOUBLINGS)
        return min(LONGEST_SECONDS, doubled) * (1 + self._jitter()) / 2


def read_retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for; None if it names none.

    Parameters
    ----------
    text
        Whole seconds or an HTTP date, as an endpoint sent it.
    now
        What a date is counted from, aware.
    """
    if text is None:
        return None
    word = text.strip()
    if word.isascii() and word.isdigit():
        return min(float(word[:9]), LONGEST_WAIT_SECONDS)
    try:
        when = parsedate_to_datetime(word)
    except ValueError:
        return None
    seconds = (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT_SECONDS)

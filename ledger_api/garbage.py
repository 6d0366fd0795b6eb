"""When this process looks for cycles of dead objects: not while it starts, then rarely."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New containers between two searches for cycles: a document of 500 events makes some ten thousand.
GARBAGE_THRESHOLD = 20_000


@contextmanager
def put_off() -> Iterator[None]:
    """Search for nothing until `settle` or the end: what a start imports stays anyway.

    Searching through it again and again took an eighth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle() -> None:
    """Search from now on, but not through all that was imported: that would take 100 ms."""
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    gc.enable()

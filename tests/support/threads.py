"""Threads that work beside a test while a block lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def beside(works: Sequence[Callable[[threading.Event], None]]) -> Iterator[None]:
    """Run each work in a thread until the block ends; it returns once its event is set."""
    stopping = threading.Event()
    threads = [threading.Thread(target=work, args=(stopping,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()

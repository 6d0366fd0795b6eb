"""Durable steps on a disk that fail: each in its turn, not done, or done and reported failed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

STEPS: tuple[tuple[Any, str], ...] = (
    (os, "fsync"),
    (os, "link"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
)


class Counted:
    """Counts the steps, and fails one of them."""

    def __init__(self, number: int, *, done: bool) -> None:
        self.left = number
        self._done = done
        self.failed = False

    def around(self, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return a step that fails in its turn."""

        def taken(*args: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.failed = True
                if self._done:
                    step(*args, **options)
                raise OSError(errno.ENOSPC, "no space left")
            return step(*args, **options)

        return taken


@contextmanager
def failing(number: int, *, done: bool) -> Iterator[Counted]:
    """Fail the step of this number, counted from 1."""
    counted = Counted(number, done=done)
    patches = [
        mock.patch.object(owner, name, counted.around(getattr(owner, name)))
        for owner, name in STEPS
    ]
    for patch in patches:
        patch.start()
    try:
        yield counted
    finally:
        for patch in patches:
            patch.stop()

"""Whose turn it is: documents are read side by side, and kept in the order of their jobs.

Only documents of one participant wait for each other.
"""

from __future__ import annotations

import threading


class Turns:
    """The jobs that one round has begun, oldest first, and which of them were left waiting."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._going: dict[bytes, set[int]] = {}
        self._left: dict[bytes, tuple[int, BaseException]] = {}

    def begin(self, job: int, participant: bytes) -> None:
        """Let a job begin; later ones of its participant are kept after it."""
        with self._changed:
            self._going.setdefault(participant, set()).add(job)

    def end(self, job: int, participant: bytes, *, left_by: BaseException | None = None) -> None:
        """Say that a job has ended, or by which error it was left for another round."""
        with self._changed:
            going = self._going[participant]
            going.remove(job)
            if not going:
                del self._going[participant]
            if left_by is not None:
                self._left.setdefault(participant, (job, left_by))
            self._changed.notify_all()

    def wait(self, job: int, participant: bytes) -> None:
        """Wait until all earlier jobs of a participant have ended.

        Raises
        ------
        BaseException
            One of them was left for another round by this error, and so must this one be.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_first(job, participant))
            earlier, error = self._left.get(participant, (job, None))
        if error is not None and earlier < job:
            raise error

    def _is_first(self, job: int, participant: bytes) -> bool:
        return all(other >= job for other in self._going.get(participant, ()))

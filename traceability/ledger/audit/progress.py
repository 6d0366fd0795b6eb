"""What an audit has done so far, in a file, so that one that was killed can go on.

The file belongs to the auditor: whoever can write to it can have checks left out. It is kept
where the auditor says, never in the data folder by itself, and replaced as a whole: a crash while
it is written leaves the one before. What was checked before an interruption is not checked again,
but for the log's root, which must still be the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from traceability.errors import MissingTrust
from traceability.ledger.audit.difference import Difference, Finding, Unchecked

FORMAT = 1
# How often progress is kept.
SECONDS = 3.0


class AuditProgressOther(MissingTrust):
    """The file holds the progress of another audit: of another log, history or program."""

    code = "AUDIT_PROGRESS_OTHER"


class AuditProgressInvalid(MissingTrust):
    """The file that was named for progress is there, and holds something else."""

    code = "AUDIT_PROGRESS_INVALID"


@dataclass(slots=True)
class Progress:
    """What was done, as plain values.

    `log` is the replay as `LogReplay.to_json` has it; `after` is the last batch that is whole,
    `tree` the large one after it, as far as it has come; `seconds` is what it took so far.
    """

    ledger: str
    code: str
    log: dict[str, Any] | None = None
    after: int = 0
    tree: dict[str, Any] | None = None
    checked: dict[str, int] = field(default_factory=dict)
    differences: list[dict[str, str]] = field(default_factory=list)
    total: int = 0
    expected: int = 0
    unchecked: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def found(self) -> list[Difference]:
        """Return the differences that were listed."""
        return [Difference(**value) for value in self.differences]

    def left_open(self) -> list[Unchecked]:
        """Return what could not be checked."""
        return [Unchecked(**value) for value in self.unchecked]

    def take(self, found: Finding, *, most: int) -> None:
        """Count a finding, and list it unless `most` are listed already."""
        if isinstance(found, Difference):
            self.total += 1
            listed = self.differences
        else:
            listed = self.unchecked
        if len(listed) < most:
            listed.append(found.to_json())


class ProgressFile:
    """Keeps progress in a file; without one, nothing is kept."""

    def __init__(self, path: Path | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._last = clock()

    def load(self, ledger: str) -> Progress:
        """Return the progress of an audit of this log by this program, or none at all.

        Raises
        ------
        AuditProgressOther, AuditProgressInvalid
        """
        fresh = Progress(ledger, code_version())
        if self._path is None or not self._path.exists():
            return fresh
        try:
            value = json.loads(self._path.read_bytes())
            of = value.pop("format")
            found = Progress(**value)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise AuditProgressInvalid(
                f"file holds no progress of an audit: {str(self._path)!r}"
            ) from error
        if of != FORMAT:
            raise AuditProgressOther(f"file of progress is of another format: expected {FORMAT}")
        for name, expected in (("ledger", ledger), ("code", fresh.code)):
            if getattr(found, name) != expected:
                raise AuditProgressOther(
                    f"file of progress is of another {name}: expected {expected[:16]}, "
                    f"got {str(getattr(found, name))[:16]}"
                )
        return found

    def is_due(self) -> bool:
        """Tell whether it is time to keep progress again."""
        return self._path is not None and self._clock() - self._last >= SECONDS

    def save(self, progress: Progress) -> None:
        """Keep progress durably: a crash leaves the file as it was, or as it is now."""
        if self._path is None:
            return
        draft = self._path.with_name(f".{self._path.name}.new")
        with draft.open("w") as handle:
            os.fchmod(handle.fileno(), 0o600)
            json.dump({"format": FORMAT, **asdict(progress)}, handle)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(self._path)
        self._last = self._clock()

    def remove(self) -> None:
        """Forget the progress of an audit that is over."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


@cache
def code_version() -> str:
    """Return the hash of the program's domain, since only the same program goes on."""
    digest = hashlib.sha256()
    for path, file in sorted(_sources(resources.files("traceability"), "")):
        digest.update(f"{path}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for item in folder.iterdir():
        name = f"{prefix}{item.name}"
        if item.is_dir():
            found += _sources(item, f"{name}/")
        elif name.endswith(".py"):
            found.append((name, item))
    return found

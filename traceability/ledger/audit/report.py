"""What an audit tells at its end: what was checked, what differed, what could not be checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from traceability.ledger.audit.difference import Difference, Unchecked


class Head(NamedTuple):
    """What was audited: the log, its chain and contract, its size and its root."""

    log: bytes
    chain_id: int
    contract: str
    tree_size: int
    root_hash: bytes


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was checked, and what differed; `total` counts beyond those listed.

    `expected` counts what differs as the caller said that it would; `unchecked` says what nobody
    can say anything of, and why.
    """

    checked: dict[str, int]
    differences: tuple[Difference, ...]
    total: int
    expected: int = 0
    unchecked: tuple[Unchecked, ...] = ()
    head: Head | None = field(default=None, compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Tell whether everything was checked and agrees."""
        return self.total == 0 and not self.unchecked

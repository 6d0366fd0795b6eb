"""The answer of a read-across, frozen, and its JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from traceability.hashing.encoding import format_time
from traceability.lineage.results import Finding


class Tied(NamedTuple):
    """A thing that an event ties to a cause, with the event and where its proof can be had."""

    key: str
    value: str
    code: str
    event_id: str
    proof_url: str
    event_time: int

    def to_json(self) -> dict[str, Any]:
        """Return it as outsiders see it."""
        time = datetime.fromtimestamp(self.event_time / 1000, UTC)
        return self._asdict() | {"event_time": format_time(time)}


@dataclass(frozen=True, slots=True)
class Across:
    """What a fault has of the causes that were asked for, and everything that shares them."""

    code: str
    causes: tuple[Tied, ...]
    shared: tuple[Tied, ...]
    findings: tuple[Finding, ...]
    truncated: bool = False

    @property
    def items(self) -> tuple[str, ...]:
        """The codes that share a cause, each once, in order."""
        return tuple(sorted({one.code for one in self.shared}))

    def to_json(self) -> dict[str, Any]:
        """Return the answer as outsiders see it."""
        return {
            "code": self.code,
            "items": list(self.items),
            "causes": [one.to_json() for one in self.causes],
            "shared": [one.to_json() for one in self.shared],
            "findings": [one.to_json() for one in self.findings],
            "truncated": self.truncated,
        }

"""An answer of lineage with its question: what every export is a pure function of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ledger_api.exports.events import NOTHING, Gathered
from traceability.lineage.rules import kind_of


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and its answer.

    Parameters
    ----------
    question
        trace, recall or journey.
    found
        The answer as JSON, as outsiders read it.
    base_url
        Where its proofs are fetched.
    gathered
        Its events, as far as the asker may see them; only for formats that have them.
    """

    question: str
    found: dict[str, Any]
    base_url: str
    gathered: Gathered = NOTHING
    _status: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for said in self.found["statuses"]:
            self._status.update(dict.fromkeys(said["codes"], said["status"]))

    @property
    def code(self) -> str:
        """The code that was asked for."""
        return str(self.found["code"])

    @property
    def is_truncated(self) -> bool:
        """Tell whether the answer stops at its limit."""
        return bool(self.found["truncated"])

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps of a journey; none of another question."""
        return list(self.found.get("steps", ()))

    def status(self, code: str) -> str:
        """Return what became of a code."""
        return self._status.get(code, "current")

    def url(self, path: str) -> str:
        """Return an address in full."""
        return self.base_url.rstrip("/") + path if path.startswith("/") else path

    def proof(self, code: str) -> str:
        """Return where the proof of a code's own record is fetched."""
        return self.url(f"/api/proofs?code={quote(code, safe='')}")

    def nodes(self) -> Iterator[Node]:
        """Yield every code of the answer, then the containers that hold some of them."""
        for code in self.found["items"]:
            yield Node(code, kind_of(code), self.status(code), self.proof(code))
        met = set(self.found["items"])
        for one in self.found.get("holders", ()):
            if one["code"] not in met:
                code = one["code"]
                yield Node(code, kind_of(code), self.status(code), self.proof(code), one["items"])

    def told(self) -> Iterator[str]:
        """Yield what a reader must know beside the codes, in English and a line each."""
        if self.is_truncated:
            yield TRUNCATED
        for one in self.found["findings"]:
            yield f"finding {one['code']}: {one['subject']}"


TRUNCATED = "truncated: the answer stops at its limit, there is more"


@dataclass(frozen=True, slots=True)
class Node:
    """A code of the answer; `held` is how many of its codes a container holds now."""

    code: str
    kind: str
    status: str
    proof_url: str
    held: int | None = None

"""One stored value that is not what the log commits to, or one that nothing can be said of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

# Longest excerpt of a value in a report.
SHOWN = 64


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the store differs: table, primary key, column, and the two values, shortened."""

    table: str
    key: str
    column: str
    expected: str
    found: str

    def to_json(self) -> dict[str, str]:
        """Return the report's form."""
        return {
            "table": self.table,
            "key": self.key,
            "column": self.column,
            "expected": self.expected,
            "found": self.found,
        }


# Why something could not be checked; each has a text in both languages.
NO_PROOF: Final = "no_proof"
KEY_LOST: Final = "key_lost"
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Unchecked:
    """What could not be checked, and why: neither that it differs is said, nor that it agrees.

    `detail` says which key or value it is, where the reason alone does not.
    """

    table: str
    key: str
    column: str
    reason: str
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the report's form."""
        return {
            "table": self.table,
            "key": self.key,
            "column": self.column,
            "reason": self.reason,
            "detail": self.detail,
        }


Finding: TypeAlias = Difference | Unchecked


def shown(value: object) -> str:
    """Return a value as a report shows it; bytes by their first 16 hex digits."""
    if isinstance(value, bytes):
        return value.hex()[:16]
    return str(value)[:SHOWN]


def compare(
    table: str, key: str, *, column: str, expected: object, found: object
) -> Iterator[Difference]:
    """Yield a difference unless the two are equal."""
    if expected != found:
        yield Difference(table, key, column, shown(expected), shown(found))

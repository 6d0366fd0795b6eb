"""The whole error tree of ItemProof, each class with its stable code.

    ItemProofError
    ├── InvalidInput            what was handed in is malformed (HTTP 400)
    │   └── SettingsInvalid     a setting of this node is malformed (exit 2)
    ├── Refused                 well-formed, but the ledger's rules say no
    │   ├── Conflict            contradicts what is already recorded (HTTP 409)
    │   ├── Forbidden           this key or role may not do it (HTTP 403)
    │   └── NotFound            nothing is recorded under that name (HTTP 404)
    ├── ProofRejected           a proof, signature or stored byte is not what it should be
    ├── MissingTrust            the caller gave no trust root (exit 2)
    └── Unavailable             try again later: chain, disk or database (HTTP 503)

A leaf class lives beside the code that raises it when only that code can; all are
listed by `all_error_codes`, and every code has a text in Chinese and English.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ItemProofError(Exception):
    """A fault with a stable code, a place and what was expected.

    Parameters
    ----------
    fault
        One lower-case clause: subject, fault, expected, got.
    pointer
        JSON pointer (RFC 6901), line or row where the fault is; empty if none.
    expected, got
        The two sides of the comparison, short; never a secret, a key or a person.
    """

    code: ClassVar[str] = "ITEMPROOF_ERROR"

    def __init__(
        self,
        fault: str,
        *,
        pointer: str = "",
        expected: str | None = None,
        got: str | None = None,
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.pointer = pointer
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error cross from one process to another with all that it says."""
        return _revived, (type(self), self.args, self.__dict__)

    def to_dict(self) -> dict[str, str]:
        """Return the error as outsiders see it; absent members are absent."""
        found = {
            "code": self.code,
            "message": self.fault,
            "pointer": self.pointer,
            "expected": self.expected,
            "got": self.got,
        }
        return {name: value for name, value in found.items() if value}


def _revived(
    kind: type[ItemProofError], args: tuple[Any, ...], members: dict[str, Any]
) -> ItemProofError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(members)
    return error


class InvalidInput(ItemProofError):
    """What was handed in is malformed; mend it and send it again.

    `is_option` says that an option of a command was malformed, not what the command works on.
    """

    code = "INVALID_INPUT"
    is_option: bool = False


class SettingsInvalid(InvalidInput):
    """A setting of this node is malformed; nothing that anybody sent is at fault."""

    code = "SETTINGS_INVALID"


class Refused(ItemProofError):
    """Well-formed, but the ledger's rules say no."""

    code = "REFUSED"


class Conflict(Refused):
    """Contradicts what is already recorded."""

    code = "CONFLICT"


class Forbidden(Refused):
    """The key or role may not do it."""

    code = "FORBIDDEN"


class NotFound(Refused):
    """Nothing is recorded under that name."""

    code = "NOT_FOUND"


class ProofRejected(ItemProofError):
    """A proof, a signature or a stored byte is not what it should be."""

    code = "PROOF_REJECTED"


class MissingTrust(ItemProofError):
    """The caller gave no trust root to check against."""

    code = "TRUST_MISSING"


class Unavailable(ItemProofError):
    """The chain, the disk or the database cannot answer now; try again later."""

    code = "UNAVAILABLE"


def all_errors() -> list[type[ItemProofError]]:
    """Return every error class that has been imported, each once, ordered by code."""
    found: set[type[ItemProofError]] = {ItemProofError}
    todo = [ItemProofError]
    while todo:
        children = todo.pop().__subclasses__()
        found.update(children)
        todo.extend(children)
    return sorted(found, key=lambda error: error.code)

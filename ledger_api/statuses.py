"""Errors as outsiders meet them: HTTP status and exit status, in one table.

It imports little, so that a command can say at once what is wrong.
"""

from __future__ import annotations

from traceability.chain.faults import ChainIdMismatch, ContractMismatch
from traceability.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    ItemProofError,
    MissingTrust,
    NotFound,
    ProofRejected,
    Refused,
    SettingsInvalid,
    Unavailable,
)
from traceability.strict_json import JSONTooLargeError

EXIT_OK = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


class MediaTypeUnknown(InvalidInput):
    """The body is of a type that this address does not take."""

    code = "MEDIA_TYPE_UNKNOWN"


class FileUnusable(InvalidInput):
    """The file that was named cannot be read: it is absent, a folder, or somebody else's."""

    code = "FILE_UNUSABLE"


class FileUnwritable(InvalidInput):
    """The file that was named for the answer cannot be written: its folder is absent or closed."""

    code = "FILE_UNWRITABLE"


class OptionInvalid(InvalidInput):
    """An option of the command is missing, or its value is none that the command takes."""

    code = "OPTION_INVALID"

    def __init__(self, fault: str, *, chinese: str = "", pointer: str = "") -> None:
        super().__init__(fault, pointer=pointer)
        self.chinese = chinese


class LedgerMissing(NotFound):
    """The data folder holds no ledger, and the command only reads."""

    code = "LEDGER_MISSING"


class NotAuthenticated(ItemProofError):
    """The request carries no valid API key."""

    code = "NOT_AUTHENTICATED"


class RequestRefused(ItemProofError):
    """The HTTP request is refused, for a reason that has no code of its own."""

    code = "REQUEST_REFUSED"


class TooManyRequests(ItemProofError):
    """The caller has more in hand than its share; others are served."""

    code = "TOO_MANY_REQUESTS"


class InternalError(ItemProofError):
    """A fault of the program itself; what the caller sent may be sound."""

    code = "INTERNAL_ERROR"


class Interrupted(ItemProofError):
    """The command was stopped before its end; nothing is said of what it was asked."""

    code = "INTERRUPTED"


# The first class that an error belongs to decides: HTTP status, then exit status.
# Another chain, or one without the contract, refutes nothing: there was nobody to ask.
_TABLE: tuple[tuple[type[ItemProofError], int, int], ...] = (
    (FileUnusable, 400, EXIT_USAGE),
    (FileUnwritable, 400, EXIT_USAGE),
    (OptionInvalid, 400, EXIT_USAGE),
    (LedgerMissing, 404, EXIT_USAGE),
    (SettingsInvalid, 500, EXIT_USAGE),
    (JSONTooLargeError, 413, EXIT_REFUSED),
    (MediaTypeUnknown, 415, EXIT_REFUSED),
    (InvalidInput, 400, EXIT_REFUSED),
    (Conflict, 409, EXIT_REFUSED),
    (Forbidden, 403, EXIT_REFUSED),
    (NotFound, 404, EXIT_REFUSED),
    (ChainIdMismatch, 503, EXIT_UNAVAILABLE),
    (ContractMismatch, 503, EXIT_UNAVAILABLE),
    (Refused, 400, EXIT_REFUSED),
    (ProofRejected, 400, EXIT_REFUSED),
    (MissingTrust, 400, EXIT_USAGE),
    (NotAuthenticated, 401, EXIT_REFUSED),
    (TooManyRequests, 429, EXIT_UNAVAILABLE),
    (Unavailable, 503, EXIT_UNAVAILABLE),
    (InternalError, 500, EXIT_UNAVAILABLE),
    (Interrupted, 503, EXIT_UNAVAILABLE),
    (ItemProofError, 500, EXIT_REFUSED),
)


def http_status(error: ItemProofError) -> int:
    """Return the HTTP status of an error."""
    return next(status for kind, status, _ in _TABLE if isinstance(error, kind))


def exit_status(error: ItemProofError) -> int:
    """Return the exit status of a command that ended with an error."""
    if isinstance(error, InvalidInput) and error.is_option:
        return EXIT_USAGE
    return next(status for kind, _, status in _TABLE if isinstance(error, kind))

"""What the EPCIS binding refuses, each with its stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from traceability.errors import Conflict, InvalidInput, ItemProofError, NotFound, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traceability.events.faults import Fault


class NotAcceptable(InvalidInput):
    """No answer has the form that the request's headers ask for (HTTP 406)."""

    code = "NOT_ACCEPTABLE"


class ContentEncodingUnknown(InvalidInput):
    """The body is packed in a way that this address does not unpack (HTTP 415)."""

    code = "CONTENT_ENCODING_UNKNOWN"


class PackedBodyInvalid(InvalidInput):
    """The body is not what its Content-Encoding says."""

    code = "PACKED_BODY_INVALID"


class CaptureLimitExceeded(InvalidInput):
    """The document holds more events than one capture takes (HTTP 413)."""

    code = "CAPTURE_LIMIT_EXCEEDED"


class CaptureQueueFull(Unavailable):
    """As many documents wait to be captured as may (HTTP 503)."""

    code = "CAPTURE_QUEUE_FULL"


class VersionConflict(InvalidInput):
    """The document is of another version than the request's header says."""

    code = "EPCIS_VERSION_CONFLICT"


class OneEventExpected(InvalidInput):
    """The document holds none or several events where one is taken."""

    code = "ONE_EVENT_EXPECTED"


class QueryParameterInvalid(InvalidInput):
    """A query parameter is unknown here, or its value is malformed."""

    code = "QUERY_PARAMETER_INVALID"


class IdempotencyKeyInvalid(InvalidInput):
    """The Idempotency-Key is empty, too long, or holds other than visible ASCII."""

    code = "IDEMPOTENCY_KEY_INVALID"


class IdempotencyKeyReused(Conflict):
    """The Idempotency-Key was used for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class EventExists(Conflict):
    """The event is recorded already."""

    code = "EVENT_EXISTS"


class CaptureJobUnknown(NotFound):
    """There is no such capture job, or it is not the caller's."""

    code = "CAPTURE_JOB_UNKNOWN"


class EventUnknown(NotFound):
    """No event with this id is recorded, or it is not for the caller to see."""

    code = "EVENT_UNKNOWN"


class ResourceUnknown(NotFound):
    """The binding has no such resource."""

    code = "RESOURCE_UNKNOWN"


class MethodNotAllowed(InvalidInput):
    """The resource is not asked that way (HTTP 405)."""

    code = "METHOD_NOT_ALLOWED"


class UriTooLong(InvalidInput):
    """The address is longer than this node reads (HTTP 414)."""

    code = "URI_TOO_LONG"


class NotImplementedHere(InvalidInput):
    """The standard has this resource, and this version of ItemProof does not (HTTP 501)."""

    code = "NOT_IMPLEMENTED"


class CaptureFailed(ItemProofError):
    """The capture job ended by a fault of this node; the operator finds it in the log."""

    code = "CAPTURE_FAILED"


class CaptureAbandoned(ItemProofError):
    """The capture job was begun several times, and the node did not survive it."""

    code = "CAPTURE_ABANDONED"


class EventRefused(InvalidInput):
    """One event was refused; all its faults are told."""

    code = "EVENT_REFUSED"

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        super().__init__(
            first.message, pointer=first.pointer, expected=first.expected, got=first.got
        )
        self.faults = tuple(faults)

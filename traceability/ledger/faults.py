"""What capture refuses, each with its stable code."""

from __future__ import annotations

from traceability.errors import Conflict, Forbidden, InvalidInput, NotFound, Refused


class WrongLog(Refused):
    """The statement was signed for another log."""

    code = "WRONG_LOG"


class KeyUnknown(Forbidden):
    """No registration of this key is in the log."""

    code = "KEY_UNKNOWN"


class KeyRevoked(Forbidden):
    """The key was revoked; register a new one."""

    code = "KEY_REVOKED"


class WrongParticipant(Forbidden):
    """The key belongs to another participant."""

    code = "WRONG_PARTICIPANT"


class RoleNotAllowed(Forbidden):
    """The key's roles do not allow this kind of record."""

    code = "ROLE_NOT_ALLOWED"


class PrefixNotAllowed(Forbidden):
    """The code lies outside the GS1 prefixes that the key may issue."""

    code = "PREFIX_NOT_ALLOWED"


class ParticipantUnknown(NotFound):
    """No such participant is registered."""

    code = "PARTICIPANT_UNKNOWN"


class KeyIdInvalid(InvalidInput):
    """A key id is 64 hex digits."""

    code = "KEY_ID_INVALID"


class KeyNotFound(NotFound):
    """No key of this id is registered, or it is not for the caller to see."""

    code = "KEY_NOT_FOUND"


class SequenceConflict(Conflict):
    """Another statement already has this key's sequence number; it is kept as evidence."""

    code = "SEQUENCE_CONFLICT"


class SequenceGap(Conflict):
    """The key's chain continues elsewhere: a statement is missing or repeated."""

    code = "SEQUENCE_GAP"


class SeenRefused(Refused):
    """The checkpoint that the signer saw is not one of this log, or too old for its key."""

    code = "SEEN_REFUSED"


class BatchMismatch(InvalidInput):
    """The records do not hash to what the statement says."""

    code = "BATCH_MISMATCH"


class BatchEmpty(InvalidInput):
    """A batch needs at least one record."""

    code = "BATCH_EMPTY"


class BatchTooLarge(InvalidInput):
    """A batch holds more records than this node takes at once."""

    code = "BATCH_TOO_LARGE"


class SerialDuplicate(Conflict):
    """The serial number was issued before."""

    code = "SERIAL_DUPLICATE"


class SerialOrder(InvalidInput):
    """Item records of a batch share one GTIN and lot, and ascend by serial number."""

    code = "SERIAL_ORDER"


class EventIdConflict(Conflict):
    """Another event already has this eventID."""

    code = "EVENT_ID_CONFLICT"


class EventDuplicate(Conflict):
    """The same event is recorded already, and a signed batch is kept whole or not at all."""

    code = "EVENT_DUPLICATE"


class SerialForm(InvalidInput):
    """A serial of an item record is too long or needs escaping in a URI."""

    code = "SERIAL_FORM"


class MediaTypeInvalid(InvalidInput):
    """A document's media type is not one."""

    code = "MEDIA_TYPE_INVALID"


class KeyAlreadyRegistered(Conflict):
    """A key is registered once; to rotate, register a new one."""

    code = "KEY_ALREADY_REGISTERED"


class GlnTaken(Conflict):
    """A GLN names one participant."""

    code = "GLN_TAKEN"


class RolledBack(Refused):
    """The record is sound, but another one of its document is not; mend that and send again."""

    code = "ROLLED_BACK"


class RecordUnknown(NotFound):
    """There is no such record."""

    code = "RECORD_UNKNOWN"


class StatusNotAllowed(Forbidden):
    """Only the participant that signed a record, and the registrar, may say what became of it."""

    code = "STATUS_NOT_ALLOWED"


class NotRecalled(Conflict):
    """Nothing of it is recalled, so that no recall can be lifted."""

    code = "NOT_RECALLED"


class StatusTooWide(InvalidInput):
    """A status names too many records one by one; name the whole batch, or say it in parts."""

    code = "STATUS_TOO_WIDE"


class FieldsUnknown(InvalidInput):
    """The record does not have the fields that are to be erased."""

    code = "FIELDS_UNKNOWN"


class ErasureIncomplete(Refused):
    """The XML document that an event came in still holds what is erased: erase it, too."""

    code = "ERASURE_INCOMPLETE"


class EventIdMustGo(Refused):
    """The eventID is an unsalted hash of the content: it cannot stay where content is erased."""

    code = "EVENT_ID_MUST_GO"

"""What a mirror refuses, each with its stable code."""

from __future__ import annotations

from traceability.errors import NotFound, ProofRejected, Refused, Unavailable


class MirrorSourceUnavailable(Unavailable):
    """The log that is copied does not answer, or answers with a fault of its own."""

    code = "MIRROR_SOURCE_UNAVAILABLE"


class MirrorSourceSlow(Unavailable):
    """The log that is copied sends so slowly that the copy would not end."""

    code = "MIRROR_SOURCE_SLOW"


class MirrorSourceTooLong(Refused):
    """The log hands out more than a log of its size can have."""

    code = "MIRROR_SOURCE_TOO_LONG"


class MirrorSourceRefused(Refused):
    """The log that is copied wants an API key, or another one."""

    code = "MIRROR_SOURCE_REFUSED"


class MirrorPartMissing(NotFound):
    """The log that is copied lacks a part that it must have."""

    code = "MIRROR_PART_MISSING"


class MirrorSourceWrong(ProofRejected):
    """What the log hands out does not hash to what it signed."""

    code = "MIRROR_SOURCE_WRONG"


class MirrorSourceOlder(Refused):
    """The log is shorter than the mirror: its store was restored from an old copy."""

    code = "MIRROR_SOURCE_OLDER"


class MirrorForked(ProofRejected):
    """The log key has signed two histories; the proof of it is kept in the mirror."""

    code = "MIRROR_FORKED"


class MirrorDamaged(ProofRejected):
    """A file of the mirror is missing or is not what its checkpoint commits to."""

    code = "MIRROR_DAMAGED"


class MirrorMissing(NotFound):
    """The folder holds no mirror."""

    code = "MIRROR_MISSING"


class MirrorBusy(Unavailable):
    """Another process writes to the mirror."""

    code = "MIRROR_BUSY"


class MirrorUnwritable(Unavailable):
    """The mirror's folder cannot be written."""

    code = "MIRROR_UNWRITABLE"

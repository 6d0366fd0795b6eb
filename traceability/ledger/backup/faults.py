"""What backup and restore refuse, each with its stable code."""

from __future__ import annotations

from traceability.errors import (
    Conflict,
    InvalidInput,
    ProofRejected,
    Refused,
    SettingsInvalid,
    Unavailable,
)


class PassphraseMissing(SettingsInvalid):
    """No passphrase was given, and nobody can be asked for one."""

    code = "BACKUP_PASSPHRASE_MISSING"


class PassphraseTooShort(SettingsInvalid):
    """The passphrase would soon be guessed."""

    code = "BACKUP_PASSPHRASE_TOO_SHORT"


class PassphraseWrong(Refused):
    """The passphrase does not open this backup."""

    code = "BACKUP_PASSPHRASE_WRONG"


class NoBackup(InvalidInput):
    """The file is no backup, or of a form that this version does not know."""

    code = "BACKUP_UNKNOWN_FORM"


class BackupTruncated(ProofRejected):
    """The backup ends before its end."""

    code = "BACKUP_TRUNCATED"


class BackupChanged(ProofRejected):
    """The backup is not as it was written."""

    code = "BACKUP_CHANGED"


class BackupNotVerified(ProofRejected):
    """The backup was restored for a test, and what came out does not pass the audit."""

    code = "BACKUP_NOT_VERIFIED"


class BackupExists(Conflict):
    """A file of that name exists, and is not overwritten unasked."""

    code = "BACKUP_EXISTS"


class FolderNotEmpty(Conflict):
    """The folder to restore into holds something already."""

    code = "FOLDER_NOT_EMPTY"


class SecondPlaceContradicts(Conflict):
    """The served heads beside the restored ledger are of another history than the backup's."""

    code = "SECOND_PLACE_CONTRADICTS"


class StoreNotPortable(ProofRejected):
    """A stored value is not of its column's type."""

    code = "STORE_NOT_PORTABLE"


class FolderChanging(Unavailable):
    """A file of the data folder changes faster than it can be read."""

    code = "FOLDER_CHANGING"

"""What key files refuse, each with its stable code."""

from __future__ import annotations

from traceability.errors import InvalidInput, NotFound, Refused, SettingsInvalid


class KeyFileInvalid(InvalidInput):
    """The file holds no key in a form that is known, or may not be written."""

    code = "KEY_FILE_INVALID"


class KeyFileExists(KeyFileInvalid):
    """There is a file of that name already, which may hold the only copy of a key."""

    code = "KEY_FILE_EXISTS"


class KeyNotHeld(NotFound):
    """The key is not held by this node."""

    code = "KEY_NOT_HELD"


class KeyPassphraseMissing(SettingsInvalid):
    """No passphrase for key files was given, and nobody can be asked for one."""

    code = "KEY_PASSPHRASE_MISSING"


class KeyPassphraseTooShort(SettingsInvalid):
    """The passphrase of key files would soon be guessed."""

    code = "KEY_PASSPHRASE_TOO_SHORT"


class KeyPassphraseWrong(Refused):
    """The passphrase does not open a key file, or the file was changed."""

    code = "KEY_PASSPHRASE_WRONG"

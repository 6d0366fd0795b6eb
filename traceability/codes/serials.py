"""New serial numbers that nobody can guess: 16 Crockford base-32 characters, 80 random bits.

Source: Douglas Crockford, Base 32 (no I, L, O, U); GS1 General Specifications, AI (21).
"""

from __future__ import annotations

import secrets

SERIAL_LENGTH = 16
_ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 256 is a multiple of 32, so that five bits of each random byte choose without bias.
_TRANSLATION = bytes(_ALPHABET[value % 32] for value in range(256))


def new_serials(count: int) -> list[str]:
    """Return `count` independent random serials.

    Two serials of a million are equal with a chance of 4 in 10^13; storage refuses it.
    """
    text = secrets.token_bytes(count * SERIAL_LENGTH).translate(_TRANSLATION).decode("ascii")
    return [text[at : at + SERIAL_LENGTH] for at in range(0, len(text), SERIAL_LENGTH)]

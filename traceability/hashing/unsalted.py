"""Telling unsalted hashes: whoever holds one can try guesses at what it was made of."""

from __future__ import annotations

from traceability.strict_json import JSONValue

_NI = "ni:"
_NI_WITHIN = ("ni:///", "/.well-known/ni/")


def unsalted(value: JSONValue) -> bool:
    """Tell whether a value holds an `ni:` hash (RFC 6920), which others could guess.

    In letters of either case, and in the form of a web address, too.
    """
    if isinstance(value, str):
        text = value.casefold()
        return text.startswith(_NI) or any(part in text for part in _NI_WITHIN)
    if isinstance(value, list):
        return any(unsalted(part) for part in value)
    if isinstance(value, dict):
        return any(unsalted(name) or unsalted(part) for name, part in value.items())
    return False


def contradicts(event_id: str, hash_uri: str) -> bool:
    """Tell whether an eventID is a hash, but not this one of its event's content."""
    text = event_id.casefold()
    if text.startswith(_NI):
        return text != hash_uri.casefold()
    return unsalted(event_id) and _digest(hash_uri) not in text


def _digest(hash_uri: str) -> str:
    """Return the hex digits of `ni:///sha-256;DIGITS?ver=…`."""
    return hash_uri.partition(";")[2].partition("?")[0].casefold()

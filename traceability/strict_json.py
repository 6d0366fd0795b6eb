"""JSON read strictly: what common parsers repair or round silently is refused here.

Source: RFC 8259 (JSON), RFC 8785 (what a canonical number can carry), RFC 6901 (pointers);
section "conventions" of docs/formats.md.
"""

from __future__ import annotations

import json
import re
from codecs import utf_8_decode
from collections.abc import Callable
from decimal import Decimal
from math import isinf
from typing import Any, Final, TypeAlias

import orjson

from traceability.errors import InvalidInput

JSONValue: TypeAlias = "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"

MAX_BYTES: Final = 64 * 2**20
# Deeper than any EPCIS document, shallow enough for every recursive reader.
MAX_DEPTH: Final = 32
# A longer number would cost quadratic time to compare, and no double needs it.
MAX_NUMBER_CHARACTERS: Final = 400
# An empty array of two characters takes 64 bytes of memory: this bounds it to some 400 MB.
MAX_CONTAINERS: Final = 2**22

_BEGINNING: Final = 1024
_SAFE_INTEGER: Final = 2**53
# Shorter integers are exact doubles and are written as they are.
_SAFE_INTEGER_CHARACTERS: Final = 15
_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_ONE_BRACKET: Final = bytes.maketrans(b"{}", b"[]")
# A string that never ends takes the rest with it: the parser stops there anyway.
_STRING: Final = re.compile(rb'"[^"]*"?')
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_INTEGER: Final = re.compile(r"-?[0-9]+")
_ZERO: Final = re.compile(r"-?0*\.?0*(?:[eE].*)?")


class JSONSyntaxError(InvalidInput):
    """The text is not JSON."""

    code = "JSON_SYNTAX"


class JSONEncodingError(InvalidInput):
    """The bytes are not UTF-8 without a byte order mark."""

    code = "JSON_ENCODING"


class JSONTooLargeError(InvalidInput):
    """The text is longer than this node reads."""

    code = "JSON_TOO_LARGE"


class JSONDepthError(InvalidInput):
    """Arrays and objects are nested too deeply."""

    code = "JSON_DEPTH"


class JSONDuplicateKeyError(InvalidInput):
    """An object holds a member twice."""

    code = "JSON_DUPLICATE_KEY"


class JSONNumberError(InvalidInput):
    """A number that canonical JSON cannot carry unchanged."""

    code = "JSON_NUMBER"


class JSONStringError(InvalidInput):
    """A string with half of a surrogate pair."""

    code = "JSON_STRING"


def parse_json(
    data: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> JSONValue:
    """Return the value of a JSON text.

    Numbers written without point and exponent come back as `int` below 2^53, all others as
    `float`; either way their canonical form has the value that was written.

    Raises
    ------
    JSONTooLargeError, JSONEncodingError, JSONDepthError, JSONSyntaxError,
    JSONDuplicateKeyError, JSONNumberError, JSONStringError
        With the JSON pointer of the fault where there is one.
    """
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    if len(raw) > max_bytes:
        raise JSONTooLargeError(
            f"JSON text is too long: expected at most {max_bytes} bytes, got {len(raw)}"
        )
    text = _decode(raw)
    check_nesting(raw, max_depth)
    value = (None if _is_spaced(raw) else _read_compact(raw)) or _read(text)
    if "\\" in text and _SURROGATE_ESCAPE.search(text):
        _check_strings(value)
    return value


def _is_spaced(raw: bytes) -> bool:
    """Guess from its beginning whether a text has white space between its parts."""
    start = raw[:_BEGINNING]
    return b'": ' in start or b"\n" in start


def _read_compact(raw: bytes) -> JSONValue:
    """Return the value if writing it again gives the same bytes, else None.

    Bytes that come back the same held no member twice and no number that was rounded. Only a
    negative zero survives the round trip, and integers from 2^53 on are refused by the writer.
    """
    try:
        value: JSONValue = orjson.loads(raw)
        is_same = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == raw
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return value if is_same and b"-0.0" not in raw else None


def check_beginning(start: bytes) -> None:
    """Refuse the first bytes of a text if the whole would be refused for its encoding.

    Raises
    ------
    JSONEncodingError
    """
    _decode(start, is_whole=False)


def _decode(raw: bytes, *, is_whole: bool = True) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise JSONEncodingError("JSON begins with a byte order mark: expected UTF-8 without one")
    try:
        return raw.decode() if is_whole else utf_8_decode(raw)[0]
    except UnicodeDecodeError as error:
        raise JSONEncodingError(f"JSON is not UTF-8: fault at byte {error.start}") from error


def check_nesting(raw: bytes, max_depth: int = MAX_DEPTH) -> None:
    """Refuse JSON nested deeper than `max_depth`, or of too many parts, before it is parsed.

    Every step is one pass of a C function over the bytes, so that hostile input costs time
    and memory in proportion to its length. Text that is no JSON may pass; the parser refuses it.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Removing empty strings keeps every other bracket inside or outside a string, as it was.
    brackets = raw.translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in brackets:
        brackets = _STRING.sub(b"", brackets)
    if len(brackets) > 2 * MAX_CONTAINERS:
        raise JSONTooLargeError(
            f"JSON has too many parts: expected at most {MAX_CONTAINERS} arrays and objects"
        )
    brackets = brackets.translate(_ONE_BRACKET)
    for _ in range(max_depth):
        # Takes the innermost brackets away: what was n deep is n - 1 deep.
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return
    # What is left of text that was cut off is unclosed: the parser says so, unless it is deep.
    check_depth(max_depth + 1 if b"[]" in brackets else brackets.count(b"["), max_depth)


def check_depth(depth: int, max_depth: int = MAX_DEPTH) -> None:
    """Refuse brackets so deep.

    Raises
    ------
    JSONDepthError
    """
    if depth > max_depth:
        raise JSONDepthError(f"JSON is nested too deeply: expected at most {max_depth} levels")


def _read(text: str) -> JSONValue:
    try:
        value: JSONValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JSONSyntaxError(
            f"JSON is malformed at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise JSONDepthError("JSON is nested too deeply to be read") from error
    except _FaultFound as found:
        raise _located(text, found.fault) from None
    return value


class _Fault:
    """What is wrong with a value, standing in the value's place."""

    __slots__ = ("error", "member", "message")

    def __init__(self, error: type[InvalidInput], message: str, member: str | None = None) -> None:
        self.error: type[InvalidInput] = error
        self.message = message
        self.member = member


class _FaultFound(Exception):
    """Carries a fault out of the decoder, whose hooks do not know where they are."""

    def __init__(self, fault: _Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Fault:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    left = dict.fromkeys(members, 1)
    twice = next(name for name, _ in pairs if left.pop(name, None) is None)
    return _Fault(JSONDuplicateKeyError, f"object holds the member {twice!a} twice", twice)


def _number(text: str) -> int | float | _Fault:
    if len(text) <= _SAFE_INTEGER_CHARACTERS and text.isdecimal():
        return int(text)
    if len(text) > MAX_NUMBER_CHARACTERS:
        return _Fault(
            JSONNumberError,
            f"number is too long: expected at most {MAX_NUMBER_CHARACTERS} characters, "
            f"got {len(text)}",
        )
    value = float(text)
    if value == 0 and text[0] == "-" and _ZERO.fullmatch(text):
        return _Fault(JSONNumberError, f"number is a negative zero: expected 0, got {text[:40]}")
    if isinf(value):
        return _Fault(JSONNumberError, f"number is too large: expected a double, got {text[:40]}")
    if not _is_exact(text, value):
        return _Fault(
            JSONNumberError, f"number would be rounded: expected {value!r}, got {text[:40]}"
        )
    return int(text) if abs(value) < _SAFE_INTEGER and _INTEGER.fullmatch(text) else value


def _is_exact(text: str, value: float) -> bool:
    """Tell whether the shortest decimal form of the double is the number as written."""
    shortest = repr(value)
    if shortest == text:
        return True
    if value == 0:
        return _ZERO.fullmatch(text) is not None
    return Decimal(shortest) == Decimal(text)


def _constant(text: str) -> _Fault:
    return _Fault(JSONNumberError, f"number cannot be carried: expected a finite one, got {text}")


def _raising(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(argument: Any) -> Any:
        found = hook(argument)
        if type(found) is _Fault:
            raise _FaultFound(found)
        return found

    return checked


def _short_or_number(text: str) -> Any:
    if len(text) <= _SAFE_INTEGER_CHARACTERS and text != "-0":
        return int(text)
    return _checked_number(text)


def _float(text: str) -> Any:
    value = float(text)
    return value if repr(value) == text != "-0.0" else _checked_number(text)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _checked_object(pairs)


_checked_number: Final = _raising(_number)
_checked_object: Final = _raising(_unique)
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_float,
    parse_int=_short_or_number,
    parse_constant=_raising(_constant),
)
# Reads on past a fault, and leaves it where the value would be.
_MARKING_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_number, parse_int=_number, parse_constant=_constant
)


def _located(text: str, fault: _Fault) -> InvalidInput:
    """Return the error of the first fault with its pointer; the text is read a second time."""
    try:
        marked = _MARKING_DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        return fault.error(fault.message)
    place, found = _first(marked, lambda part: type(part) is _Fault)
    first: _Fault = found or fault
    if first.member is not None:
        place = (*place, first.member)
    return first.error(first.message, pointer=_pointer(place))


def _check_strings(value: JSONValue) -> None:
    place, torn = _first(value, lambda part: type(part) is str and _SURROGATE.search(part))
    if torn is not None:
        raise JSONStringError("string holds half of a surrogate pair", pointer=_pointer(place))


def _first(value: Any, is_wanted: Callable[[Any], Any]) -> tuple[tuple[str | int, ...], Any]:
    """Return place and value of the first part that is wanted, a member's name counting too.

    Found is None where nothing is. Recursion is as deep as the nesting that was let through.
    """
    if is_wanted(value):
        return (), value
    is_object = type(value) is dict
    if not is_object and type(value) is not list:
        return (), None
    for key, part in value.items() if is_object else enumerate(value):
        if is_object and is_wanted(key):
            return (key,), key
        place, found = _first(part, is_wanted)
        if found is not None:
            return (key, *place), found
    return (), None


def _pointer(place: tuple[str | int, ...]) -> str:
    """Return the JSON pointer of a place; half a surrogate pair is shown as `?`."""
    tokens = (str(key).encode("utf-8", "replace").decode() for key in place)
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)

"""JSON read strictly: what common parsers repair or round silently is refused here.

Source: RFC 8259 and RFC 8785; section "conventions" of docs/formats.md.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, TypeAlias

from traceability.errors import InvalidInput

JSONValue: TypeAlias = (
    "None | bool | int | float | str | list[JSONValue] | dict[str, JSONValue]"
)

MAX_BYTES = 64 * 2**20
# Deeper than any EPCIS document, shallow enough for every recursive reader.
MAX_DEPTH = 32
MAX_NUMBER_CHARACTERS = 400
_SAFE_INTEGER = 2**53
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]+|[\]}]+', re.DOTALL)
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE = re.compile("[\ud800-\udfff]")


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
    if not _is_shallow(raw, max_depth):
        _check_depth(raw, max_depth)
    text = _decode(raw)
    try:
        value: JSONValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JSONSyntaxError(
            f"JSON is malformed at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except _FaultFound as fault:
        raise _located(text, fault) from None
    if "\\u" in text and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise JSONStringError(
            "string holds half of a surrogate pair", pointer=_surrogate_pointer(value)
        )
    return value


def _decode(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise JSONEncodingError("JSON begins with a byte order mark: expected UTF-8 without one")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise JSONEncodingError(f"JSON is not UTF-8: fault at byte {error.start}") from error


def _is_shallow(raw: bytes, max_depth: int) -> bool:
    """Tell quickly that nesting is within the limit; a no is only a doubt.

    Up to the first fault of syntax, where the parser stops, every second piece between
    quotes lies outside strings.
    """
    plain = _ESCAPE.sub(b"", raw) if b"\\" in raw else raw
    brackets = b"".join(plain.split(b'"')[::2]).translate(None, _NOT_BRACKETS)
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > max_depth:
            return False
    return True


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Refuse deep nesting before anything recurses; stops at the first place too deep."""
    depth = 0
    for token in _BRACKETS.finditer(raw):
        first = token[0][0]
        if first in b"[{":
            depth += len(token[0])
            if depth > max_depth:
                raise JSONDepthError(
                    f"JSON is nested too deeply: expected at most {max_depth} levels, "
                    f"got more at byte {token.start()}"
                )
        elif first in b"]}":
            depth -= len(token[0])


class _FaultFound(Exception):
    """Raised from a decoder hook, which does not know where it is."""

    def __init__(self, error: type[InvalidInput], message: str, subject: str) -> None:
        super().__init__(message)
        self.error = error
        self.message = message
        self.subject = subject


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _FaultFound(
                    JSONDuplicateKeyError, f"object holds the member {name!r} twice", name
                )
            seen.add(name)
    return members


def _integer(text: str) -> int | float:
    if len(text) < 16 and text != "-0":
        return int(text)
    return _number(text)


def _number(text: str) -> int | float:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise _FaultFound(
            JSONNumberError,
            f"number is too long: expected at most {MAX_NUMBER_CHARACTERS} characters, "
            f"got {len(text)}",
            text[:40],
        )
    value = float(text)
    exact = Decimal(text)
    if (exact == 0 and text.startswith("-")) or value in (float("inf"), float("-inf")):
        raise _FaultFound(JSONNumberError, f"number cannot be carried: got {text[:40]}", text)
    if Decimal(repr(value)) != exact:
        raise _FaultFound(
            JSONNumberError,
            f"number would be rounded: expected {value!r}, got {text[:40]}",
            text,
        )
    if value.is_integer() and abs(value) < _SAFE_INTEGER:
        return int(value)
    return value


def _constant(text: str) -> None:
    raise _FaultFound(JSONNumberError, f"number cannot be carried: got {text}", text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=_number,
    parse_int=_integer,
    parse_constant=_constant,
)


def _located(text: str, fault: _FaultFound) -> InvalidInput:
    """Read again, slowly, to say where the fault is."""
    try:
        pointer = _find(text, fault)
    except (ValueError, RecursionError):
        pointer = ""
    return fault.error(fault.message, pointer=pointer)


class _Node(list[tuple[str, Any]]):
    """An object's pairs, duplicates kept."""


def _find(text: str, fault: _FaultFound) -> str:
    marked = json.JSONDecoder(
        object_pairs_hook=_Node,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_Number,
    ).decode(text)
    todo: list[tuple[str, Any]] = [("", marked)]
    while todo:
        pointer, value = todo.pop()
        if isinstance(value, _Number):
            if fault.error is JSONNumberError and str(value).startswith(fault.subject):
                return pointer
        elif isinstance(value, _Node):
            names = [name for name, _ in value]
            if fault.error is JSONDuplicateKeyError and names.count(fault.subject) > 1:
                return f"{pointer}/{_escape(fault.subject)}"
            children = [(f"{pointer}/{_escape(name)}", part) for name, part in value]
            todo.extend(reversed(children))
        elif isinstance(value, list):
            children = [(f"{pointer}/{index}", part) for index, part in enumerate(value)]
            todo.extend(reversed(children))
    return ""


class _Number(str):
    """A number as written."""

    __slots__ = ()


def _surrogate_pointer(value: JSONValue) -> str:
    todo: list[tuple[str, JSONValue]] = [("", value)]
    while todo:
        pointer, part = todo.pop()
        if isinstance(part, str) and _SURROGATE.search(part):
            return pointer
        if isinstance(part, dict):
            for name, child in part.items():
                place = f"{pointer}/{_escape(name.encode('utf-8', 'replace').decode())}"
                if _SURROGATE.search(name):
                    return place
                todo.append((place, child))
        elif isinstance(part, list):
            todo.extend((f"{pointer}/{index}", child) for index, child in enumerate(part))
    return ""


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")

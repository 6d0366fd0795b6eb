"""Bytes to elements, with nothing that XML can be attacked by, and no more kept than is asked.

Source: XML 1.0 (fifth edition); Namespaces in XML 1.0. The parser is Python's own expat. It
resolves no entity but the five predefined ones, since every declaration is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol
from xml.parsers import expat

from traceability.events.xml.faults import (
    XmlContentInvalid,
    XmlDeclarationRefused,
    XmlEncodingError,
    XmlInvalid,
    XmlLimitExceeded,
    XmlSyntaxError,
)

# Separates namespace and name in what expat calls an element; it can be in neither.
SEPARATOR = " "

MAX_DEPTH = 64  # GS1's own examples reach 14.
MAX_ATTRIBUTES = 64  # A sensor report has 23 of its own.
MAX_TEXT = 1 << 20  # Characters of one element; a URI has at most some thousands.
MAX_TOKEN = 1 << 20  # Bytes of one tag or comment.
MAX_NAMES = 10_000  # Different names; expat keeps each until the end.
MAX_NAMESPACES = 10_000  # Declarations; so does it these.

CHUNK = 1 << 16
_ENCODINGS = ("utf-8", "utf-16", "us-ascii", "utf-16le", "utf-16be")
_ENCODING_FAULTS = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
        expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
    }
)
_INVALID_TOKEN = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]


class Readable(Protocol):
    """What bytes are read from, such as an open file."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class Element:
    """One element, until what it says has been taken from it.

    Parameters
    ----------
    name
        Namespace and local name with `SEPARATOR` between, or the local name alone.
    attributes
        Named in the same way.
    text
        What stands before the first child; an element with children has white space only.
    children
        In order; empty for a leaf. It is replaced, never changed.
    line
        Where its start tag begins.
    namespaces
        What its start tag declares: prefixes and URIs; an element that is wanted as a whole has
        those of the elements in it, too.
    """

    __slots__ = ("attributes", "children", "line", "name", "namespaces", "text")

    def __init__(
        self,
        name: str,
        attributes: dict[str, str],
        line: int,
        namespaces: list[tuple[str, str]] | None,
    ) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children = _NO_CHILDREN
        self.line = line
        self.namespaces = namespaces


class Parser:
    """Builds elements from bytes.

    Parameters
    ----------
    opened
        Called with each element when it begins and the number of those around it; what it has
        of attributes and namespaces is known. If it returns true the element is wanted as a
        whole, and nothing is told of the elements in it.
    closed
        Called in the same way when an element ends. The element is forgotten if it returns true.
    """

    def __init__(
        self, opened: Callable[[Element, int], bool], closed: Callable[[Element, int], bool]
    ) -> None:
        self._opened = opened
        self._closed = closed
        self._stack: list[Element] = []
        self._whole: Element | None = None
        self._namespaces: list[tuple[str, str]] = []
        self._namespace_count = 0
        self._fed = 0
        self._is_utf16 = False
        self._expat = self._create()

    def _create(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=SEPARATOR)
        parser.buffer_text = True
        parser.buffer_size = CHUNK
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._data
        parser.EndElementHandler = self._end
        return parser

    @property
    def offset(self) -> int:
        """Where what is being told begins: its byte in the document, whatever the encoding."""
        return self._expat.CurrentByteIndex

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Parse some more bytes.

        Raises
        ------
        XmlInvalid
            One of `faults`; the parser is then of no more use.
        """
        if not self._fed:
            self._is_utf16 = chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in chunk[:2]
        try:
            self._expat.Parse(chunk, last)
        except expat.ExpatError as error:
            raise self._fault(error, chunk) from error
        self._fed += len(chunk)
        if self._fed - self._expat.CurrentByteIndex > MAX_TOKEN + CHUNK:
            raise self._limit("tag or comment is too long", f"at most {MAX_TOKEN} bytes")
        if len(self._expat.intern) > MAX_NAMES:
            raise self._limit("document has too many names", f"at most {MAX_NAMES} different")

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise XmlSyntaxError(
                "version of XML is unknown", line=1, expected="1.0", got=repr(version[:20])
            )
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise XmlEncodingError(
                "encoding is not taken", line=1, expected="UTF-8 or UTF-16", got=repr(encoding[:20])
            )

    def _document_type(
        self, _name: str, system: str | None, public: str | None, has_subset: int
    ) -> None:
        if has_subset or system is not None or public is not None:
            raise XmlDeclarationRefused(
                "document type is refused",
                line=self._expat.CurrentLineNumber,
                column=self._expat.CurrentColumnNumber + 1,
                expected="none that declares or names anything",
            )

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._namespace_count += 1
        if self._namespace_count > MAX_NAMESPACES:
            raise self._limit("document declares too many namespaces", f"at most {MAX_NAMESPACES}")
        self._namespaces.append((prefix or "", uri or ""))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        stack = self._stack
        declared = self._namespaces or None
        element = Element(name, attributes, self._expat.CurrentLineNumber, declared)
        if stack:
            parent = stack[-1]
            if parent.text:
                self._drop_space(parent)
            if parent.children:
                parent.children.append(element)
            else:
                parent.children = [element]
        if len(stack) >= MAX_DEPTH:
            raise self._limit("elements are nested too deeply", f"at most {MAX_DEPTH} levels")
        if len(attributes) > MAX_ATTRIBUTES:
            raise self._limit("element has too many attributes", f"at most {MAX_ATTRIBUTES}")
        if declared:
            self._namespaces = []
        if self._whole is None:
            if self._opened(element, len(stack)):
                self._whole = element
        elif declared:
            self._whole.namespaces = [*(self._whole.namespaces or ()), *declared]
        stack.append(element)

    def _data(self, text: str) -> None:
        element = self._stack[-1]
        if element.children:
            if not text.isspace():
                raise self._mixed(element)
        elif element.text:
            if len(element.text) + len(text) > MAX_TEXT:
                raise self._limit("text is too long", f"at most {MAX_TEXT} characters")
            element.text += text
        else:
            element.text = text

    def _end(self, _name: str) -> None:
        element = self._stack.pop()
        if self._whole is not None:
            if element is not self._whole:
                return
            self._whole = None
        stack = self._stack
        if self._closed(element, len(stack)) and stack:
            stack[-1].children = stack[-1].children[:-1]

    def _drop_space(self, element: Element) -> None:
        """Forget what stands before the first child, which can be white space only."""
        if not element.text.isspace():
            raise self._mixed(element)
        element.text = ""

    def _mixed(self, element: Element) -> XmlContentInvalid:
        local = element.name.rpartition(SEPARATOR)[2]
        return XmlContentInvalid(
            f"element {local[:60]!r} has text beside elements",
            line=self._expat.CurrentLineNumber,
            column=self._expat.CurrentColumnNumber + 1,
            expected="either",
        )

    def _limit(self, fault: str, expected: str) -> XmlLimitExceeded:
        return XmlLimitExceeded(
            fault,
            line=self._expat.CurrentLineNumber,
            column=self._expat.CurrentColumnNumber + 1,
            expected=expected,
            got="more",
        )

    def _fault(self, error: expat.ExpatError, chunk: bytes) -> XmlInvalid:
        """Return our error for one of expat's."""
        line, column = error.lineno, error.offset + 1
        if error.code in _ENCODING_FAULTS:
            expected = "the encoding of the bytes, UTF-8 or UTF-16"
            fault = "declared encoding is wrong"
            return XmlEncodingError(fault, line=line, column=column, expected=expected)
        if error.code == _INVALID_TOKEN:
            at = self._expat.ErrorByteIndex - self._fed
            found = chunk[at : at + 4] if at >= 0 else b""
            if _is_no_utf8(found) and not self._is_utf16:
                return XmlEncodingError(
                    "bytes are not in the declared encoding",
                    expected="UTF-8",
                    got=found[:1].hex(),
                    line=line,
                    column=column,
                )
        reason = expat.ErrorString(error.code) or "unknown fault"
        fault = f"document is not well-formed ({reason})"
        return XmlSyntaxError(fault, line=line, column=column)


def _is_no_utf8(data: bytes) -> bool:
    """Tell whether the first character of some bytes is none in UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start == 0 and error.reason != "unexpected end of data"
    return False


def chunks_of(source: bytes | Readable) -> Iterator[bytes]:
    """Yield the bytes of a document in pieces."""
    if isinstance(source, bytes):
        for at in range(0, len(source), CHUNK):
            yield source[at : at + CHUNK]
        return
    while chunk := source.read(CHUNK):
        yield chunk


# Most elements have no children; they share one list, which nobody changes.
_NO_CHILDREN: list[Element] = []

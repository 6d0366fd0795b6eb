"""What may be wrong with XML: each kind with its own code, and its place as a line.

Source: XML 1.0 (fifth edition), sections 2.1 and 4.3.3; the limits are ItemProof's own.
"""

from __future__ import annotations

from traceability.errors import InvalidInput


class XmlInvalid(InvalidInput):
    """A document in XML cannot be read; `pointer` is its line.

    Parameters
    ----------
    fault
        Subject and fault.
    line, column
        Counted from one; column is none where only the element is known.
    """

    code = "XML_INVALID"

    def __init__(
        self,
        fault: str,
        *,
        line: int,
        column: int | None = None,
        expected: str | None = None,
        got: str | None = None,
    ) -> None:
        place = f"line {line}" if column is None else f"line {line}, column {column}"
        sides = [f"expected {expected}"] if expected else []
        sides += [f"got {got}"] if got else []
        tail = f": {', '.join(sides)}" if sides else ""
        super().__init__(
            f"{fault} at {place}{tail}", pointer=f"line {line}", expected=expected, got=got
        )
        self.line = line
        self.column = column


class XmlSyntaxError(XmlInvalid):
    """The document is not well-formed."""

    code = "XML_SYNTAX"


class XmlEncodingError(XmlInvalid):
    """The bytes are not in the declared encoding, or it is neither UTF-8 nor UTF-16."""

    code = "XML_ENCODING"


class XmlDeclarationRefused(XmlInvalid):
    """A document type declares or names something; entities are how XML attacks are made."""

    code = "XML_DTD"


class XmlTooLarge(XmlInvalid):
    """The document is longer than the caller allows."""

    code = "XML_TOO_LARGE"


class XmlLimitExceeded(XmlInvalid):
    """The document is nested too deeply, or one part of it is too large."""

    code = "XML_LIMIT"


class XmlDocumentUnknown(XmlInvalid):
    """The root is no EPCIS document."""

    code = "XML_DOCUMENT_TYPE"


class XmlVersionInvalid(XmlInvalid):
    """The version is unknown, or parts of two versions are mixed."""

    code = "XML_VERSION"


class XmlContentInvalid(XmlInvalid):
    """An element holds what it cannot hold, or stands twice where it may stand once."""

    code = "XML_CONTENT"


class NotExpressible(InvalidInput):
    """What a document says has no place in the version of XML that is asked for."""

    code = "EPCIS_NOT_EXPRESSIBLE"


def not_expressible(pointer: str, what: str, form: str) -> NotExpressible:
    """Return the error of something that a form cannot say.

    Parameters
    ----------
    pointer
        JSON pointer to it.
    what
        The member, or what is wrong with it.
    form
        Such as `EPCIS 1.2`.
    """
    return NotExpressible(
        f"{form} cannot express {what}: expected a form that can, such as JSON-LD",
        pointer=pointer,
        expected="a form that can, such as JSON-LD",
        got=form,
    )

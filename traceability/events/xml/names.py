"""What things are called in XML and in JSON-LD: namespaces, members, words, prefixed names.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), sections 9 (XML) and 10 (JSON-LD); EPCIS 1.2, section 9;
CBV 2.0, section 7. A prefixed name of JSON-LD is one of Namespaces in XML 1.0 with the same URI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, unquote

from traceability.events.cbv import (
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENTS,
    SENSOR_ALERTS,
    SOURCE_DESTINATION_TYPES,
    Vocabulary,
)
from traceability.events.context import (
    GS1_CONTEXT,
    STANDARD_PREFIXES,
    extend,
)
from traceability.events.xml.parsing import SEPARATOR

Version = Literal["2.0", "1.2"]

GS1_CONTEXT_URI = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

EPCIS = {"2.0": "urn:epcglobal:epcis:xsd:2", "1.2": "urn:epcglobal:epcis:xsd:1"}
QUERY = {"2.0": "urn:epcglobal:epcis-query:xsd:2", "1.2": "urn:epcglobal:epcis-query:xsd:1"}
MASTER_DATA = {
    "2.0": "urn:epcglobal:epcis-masterdata:xsd:2",
    "1.2": "urn:epcglobal:epcis-masterdata:xsd:1",
}
HEADER = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
XMLNS = "http://www.w3.org/2000/xmlns/"

# Marks of our own on elements of extensions, where XML alone would read as something else.
MARKS = "urn:itemproof:xml:1"
JSON_MARK = f"{MARKS}{SEPARATOR}json"
NAME_MARK = f"{MARKS}{SEPARATOR}name"
ID_MARK = f"{MARKS}{SEPARATOR}id"
MEMBER = f"{MARKS}{SEPARATOR}member"
NIL = f"{XSI}{SEPARATOR}nil"
SPACE = f"{XML}{SEPARATOR}space"

# Namespaces that are no extensions of events, so that they make no prefix in a context.
_NO_PREFIXES = frozenset(
    {*EPCIS.values(), *QUERY.values(), *MASTER_DATA.values(), HEADER, XSI, XML, XMLNS, MARKS, ""}
    | {"urn:epcglobal:xsd:1", "http://www.w3.org/2001/XMLSchema"}
)
# GS1's documents write it without the last colon in XML and with it in JSON-LD.
_CBV_MASTER_DATA = "urn:epcglobal:cbv:mda"
_PREFIX = re.compile(r"[A-Za-z][-A-Za-z0-9+.]*")
_URI = re.compile(r"[!#-;=?-~]+")
_URI_CHARACTERS = "-._~:/?#[]@!$&'()*+,;="
_NAME_START = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NC_NAME = re.compile(f"[{_NAME_START}][-.0-9\xb7\u0300-\u036f\u203f-\u2040{_NAME_START}]*")


def is_name(text: str) -> bool:
    """Tell whether a text can name an element (Namespaces in XML, NCName)."""
    return _NC_NAME.fullmatch(text) is not None


class Words:
    """The forms of one vocabulary's words: bare in JSON-LD, a URI in XML.

    Parameters
    ----------
    vocabulary
        The words.
    urn
        What stands before a bare word in its URN; the Web vocabularies and the components have
        none.
    web
        What stands before it in its Web URI.
    """

    def __init__(self, vocabulary: Vocabulary, *, urn: str | None, web: str) -> None:
        self._bare = {
            base + word: word for base in ("", *vocabulary.bases) for word in vocabulary.words
        }
        self._urn = urn
        self._web = web

    def bare(self, text: str) -> str:
        """Return the bare word that a text is a form of, else the text."""
        return self._bare.get(text, text)

    def urn(self, text: str) -> str:
        """Return the URN of a standard word, or its Web URI if it has none; else the text."""
        word = self._bare.get(text)
        return text if word is None else (self._urn or self._web) + word

    def uri(self, text: str) -> str:
        """Return a URI for a bare word or CURIE; URIs stay as they are."""
        return text if text.startswith(("urn:", "https:", "http:")) else self.urn(text)

    def strict_urn(self, text: str) -> str:
        """Return the URN of a standard word that has one, else the text."""
        return text if self._urn is None or self._urn == "gs1:" else self.urn(text)

    def web(self, text: str) -> str:
        """Return the Web URI of a standard word, else the text."""
        word = self._bare.get(text)
        return text if word is None else self._web + word


def _cbv(vocabulary: Vocabulary, *, urn: str | None, web: str) -> Words:
    start = f"urn:epcglobal:cbv:{urn}:" if urn else None
    return Words(vocabulary, urn=start, web=f"https://ref.gs1.org/cbv/{web}-")


STEPS = _cbv(BIZ_STEPS, urn="bizstep", web="BizStep")
STATES = _cbv(DISPOSITIONS, urn="disp", web="Disp")
REASONS = _cbv(ERROR_REASONS, urn="er", web="ER")
TRANSACTION_TYPES = _cbv(BIZ_TRANSACTION_TYPES, urn="btt", web="BTT")
PARTY_TYPES = _cbv(SOURCE_DESTINATION_TYPES, urn="sdt", web="SDT")
COMPONENT_WORDS = _cbv(COMPONENTS, urn=None, web="Comp")
# Writers of XML use the CURIE here, as GS1's own examples do.
MEASUREMENT_WORDS = Words(MEASUREMENTS, urn="gs1:", web="https://gs1.org/voc/")
ALERT_WORDS = Words(SENSOR_ALERTS, urn="gs1:", web="https://gs1.org/voc/")

# Members of events by how XML writes them.
TEXTS = ("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "parentID", "action",
         "transformationID")  # fmt: skip
EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
PLACES = ("readPoint", "bizLocation")
WORD_MEMBERS = {"bizStep": STEPS, "disposition": STATES}
TYPED_LISTS = {
    "bizTransactionList": ("bizTransaction", TRANSACTION_TYPES),
    "sourceList": ("source", PARTY_TYPES),
    "destinationList": ("destination", PARTY_TYPES),
}
SENSOR_WORDS = {
    "type": MEASUREMENT_WORDS,
    "exception": ALERT_WORDS,
    "component": COMPONENT_WORDS,
}
SENSOR_NUMBERS = frozenset(
    {"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"}
)
# What EPCIS 1.2 does not have.
SINCE_2_0 = frozenset({"sensorElementList", "persistentDisposition", "certificationInfo"})


class Prefixes:
    """Names of extensions in JSON-LD for those in XML, and the context that they need.

    Parameters
    ----------
    outer
        The names of the document, for those of one event.
    """

    def __init__(self, outer: Prefixes | None = None) -> None:
        self._outer = outer
        self._by_uri: dict[str, str] = {}
        self.entries: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def declare(self, namespaces: Iterable[tuple[str, str]]) -> None:
        """Take in what an element declares; the first usable prefix of a namespace is kept."""
        for prefix, uri in namespaces:
            if uri in _NO_PREFIXES or self._known(uri) is not None:
                continue
            if prefix and self._is_free(prefix) and _is_usable(prefix, uri):
                self._add(prefix, uri)

    def name(self, element: str) -> str:
        """Return the member name of an element or attribute of an extension."""
        found = self._names.get(element)
        if found is None:
            uri, _, local = element.rpartition(SEPARATOR)
            if uri:
                local = f"{self._prefix(uri)}:{quote(local, safe=_URI_CHARACTERS)}"
            found = local
            self._names[element] = found
        return found

    def _prefix(self, uri: str) -> str:
        """Return the prefix of a namespace, a new one if none was usable."""
        if uri == XML:
            return "xml"
        known = self._known(uri)
        if known is not None:
            return known
        number = 1
        while not self._is_free(f"ns{number}"):
            number += 1
        self._add(f"ns{number}", uri)
        return self._by_uri[uri]

    def _known(self, uri: str) -> str | None:
        prefix = self._by_uri.get(uri)
        return self._outer._known(uri) if prefix is None and self._outer else prefix

    def _is_free(self, prefix: str) -> bool:
        taken = prefix in self.entries or prefix in self._by_uri.values()
        return not taken and (self._outer is None or self._outer._is_free(prefix))

    def _add(self, prefix: str, uri: str) -> None:
        if uri in (_CBV_MASTER_DATA, STANDARD_PREFIXES["cbvmda"]) and self._is_free("cbvmda"):
            self._by_uri[uri] = "cbvmda"
            return
        self._by_uri[uri] = prefix
        if STANDARD_PREFIXES.get(prefix) != uri:
            self.entries[prefix] = uri


@lru_cache(maxsize=1_024)
def _is_usable(prefix: str, uri: str) -> bool:
    """Tell whether a prefix of XML may be one of a context with the same meaning."""
    if _PREFIX.fullmatch(prefix) is None:
        return False
    context, faults = extend(GS1_CONTEXT, {prefix: uri}, pointer="")
    return not faults and context.meaning(prefix) == uri


def usable_prefixes(definitions: Mapping[str, str | None]) -> dict[str, str]:
    """Return the prefixes of a context that XML can use with the same meaning and name."""
    return {
        prefix: uri
        for prefix, uri in definitions.items()
        if uri
        and uri not in _NO_PREFIXES
        and _URI.fullmatch(uri)
        and is_name(prefix)
        and not prefix.lower().startswith("xml")
        and (STANDARD_PREFIXES.get(prefix) == uri or _is_usable(prefix, uri))
    }


def qualified_name(member: str, prefixes: Mapping[str, str]) -> str | None:
    """Return how XML names a member of an extension, or none if only a mark can name it."""
    prefix, colon, local = member.partition(":")
    if not colon:
        return member if is_name(member) else None
    if prefix not in prefixes:
        return None
    if "%" in local:
        decoded = unquote(local)
        local = decoded if quote(decoded, safe=_URI_CHARACTERS) == local else ""
    return f"{prefix}:{local}" if is_name(local) else None

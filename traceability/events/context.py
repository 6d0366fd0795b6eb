"""JSON-LD contexts: what a prefixed name stands for, and which contexts may not be used.

Source: JSON-LD 1.1, sections 4.1 and 9.15; EPCIS 2.0, section 10.2. Remote contexts are named,
never fetched: all of them but GS1's own count as empty.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from traceability.events.faults import Fault, FaultCode, pointer_to, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from traceability.strict_json import JSONValue

# Every event is committed with its contexts, so long ones would multiply; GS1's own examples
# stay below 500 bytes. Prefixes that stand for prefixes are rare, and never so deep.
MAX_CONTEXT_CHARACTERS = 16_384
MAX_PREFIX_STEPS = 8

ITEMPROOF_NAMESPACE = "urn:itemproof:vocab:1:"
EPCIS_NAMESPACE = "https://ref.gs1.org/epcis/"

# The prefixes that GS1's context defines.
STANDARD_PREFIXES = {
    "epcis": EPCIS_NAMESPACE,
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
# GS1's own example documents give this prefix another meaning, so it stays open.
_OPEN_PREFIXES = frozenset({"cbvmda"})
# Were one of these a prefix, then every URI that begins with it would change its meaning.
_SCHEMES = frozenset({"urn", "http", "https", "ni", "nih", "tag", "data", "did", "mailto"})

# The terms that GS1's context defines; those not listed with a value are of EPCIS_NAMESPACE.
_TERMS = """
    ObjectEvent AggregationEvent TransactionEvent TransformationEvent AssociationEvent
    EPCISDocument EPCISQueryDocument Collection eventTime recordTime eventTimeZoneOffset action
    certificationInfo bizStep disposition persistentDisposition bizLocation readPoint
    transformationID epcList quantityList quantity epcClass uom parentID childEPCs
    childQuantityList inputEPCList outputEPCList inputQuantityList outputQuantityList
    bizTransactionList bizTransaction sourceList source destinationList destination
    sensorElementList sensorMetadata sensorReport errorDeclaration declarationTime reason
    correctiveEventIDs ilmd sender receiver instanceIdentifier epcisHeader epcisMasterData
    masterData vocabularyList vocabularyElementList attributes children epcisBody eventList
    queryResults subscriptionID queryName resultsBody deviceID deviceMetadata rawData
    dataProcessingMethod bizRules time startTime endTime exception component microorganism
    chemicalSubstance coordinateReferenceSystem value stringValue booleanValue hexBinaryValue
    uriValue minValue maxValue meanValue sDev percRank percValue set unset
"""
STANDARD_TERMS = {name: EPCIS_NAMESPACE + name for name in _TERMS.split()} | {
    "id": "@id",
    "type": "@type",
    "eventID": "@id",
    "baseURL": "@base",
    "member": "http://www.w3.org/2000/01/rdf-schema#member",
    "creationDate": "http://purl.org/dc/terms/created",
    "schemaVersion": "http://www.w3.org/2002/07/owl#versionInfo",
}
_HARMLESS = frozenset({"@id", "@type", "@container", "@prefix", "@protected"})

# The vocabularies in which GS1 defines members of events. Compared without case and scheme.
_RESERVED = (
    "//ref.gs1.org/epcis/",
    "//ns.gs1.org/epcis/",
    "//ref.gs1.org/cbv/",
    "//ns.gs1.org/cbv/",
    "//ref.gs1.org/voc/",
    "//gs1.org/voc/",
    "//www.gs1.org/voc/",
    "//ref.gs1.org/standards/epcis/",
    "epcglobal:",
)
# Those of them that describe a thing or its lot, as ILMD does (CBV 2.0, section 9.2).
_MASTER_DATA = ("epcglobal:cbv:mda:", "//gs1.org/voc/", "//www.gs1.org/voc/", "//ref.gs1.org/voc/")


class Context:
    """The active context of an event: names to URIs; it is never changed once made.

    Parameters
    ----------
    entries
        The merged `@context`: URIs and objects, in order.
    definitions
        Prefixes and terms to the URIs that they stand for.
    """

    __slots__ = ("_prefixes", "_verdicts", "definitions", "entries")

    def __init__(self, entries: Sequence[JSONValue], definitions: Mapping[str, str]) -> None:
        self.entries = list(entries)
        self.definitions = dict(definitions)
        self._prefixes = tuple(f"{name}:" for name in definitions if ":" not in name)
        self._verdicts: dict[tuple[str, bool], bool] = {}

    def expand(self, name: str) -> str:
        """Return the URI that a term, a prefixed name or a URI stands for."""
        known = self.definitions.get(name)
        if known is not None:
            return known
        if name.startswith(self._prefixes):
            prefix, _, rest = name.partition(":")
            if not rest.startswith("//"):
                return self.definitions[prefix] + rest
        return name

    def is_reserved(self, name: str, *, in_ilmd: bool = False) -> bool:
        """Tell whether a member name expands into GS1's own vocabularies."""
        key = (name, in_ilmd)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = _reserved(self.expand(name), in_ilmd=in_ilmd)
            self._verdicts[key] = verdict
        return verdict

    def find(self, members: Mapping[str, JSONValue], name: str) -> JSONValue:
        """Return the value of the member whose name expands to what `name` does, or none.

        `itemproof:` in `name` is ItemProof's vocabulary, whatever this context says of it.
        """
        wanted = name
        if name.startswith("itemproof:"):
            wanted = ITEMPROOF_NAMESPACE + name.removeprefix("itemproof:")
        for member, value in members.items():
            if ":" in member and self.expand(member) == wanted:
                return value
        return None


GS1_CONTEXT = Context((), STANDARD_PREFIXES)


def extend(base: Context, own: JSONValue, *, pointer: str) -> tuple[Context, list[Fault]]:
    """Return the context that follows when `own` comes after `base`, and what is wrong in it.

    Parameters
    ----------
    own
        The value of a member `@context`; parts of the wrong JSON type are the schema's fault.
    pointer
        JSON pointer of that member.
    """
    merged = [*base.entries, *(own if isinstance(own, list) else [own])]
    if len(json.dumps(merged, ensure_ascii=False)) > MAX_CONTEXT_CHARACTERS:
        return base, [_too_long(pointer)]
    definitions = dict(base.definitions)
    faults: list[Fault] = []
    for index, entry in enumerate(merged[len(base.entries) :]):
        if isinstance(entry, dict):
            where = pointer_to(pointer, [index] if isinstance(own, list) else [])
            endless = _define(entry, definitions, pointer=where)
            redefined = _redefinitions(entry, definitions, pointer=where)
            places = {fault.pointer for fault in endless}
            faults += [*endless, *(each for each in redefined if each.pointer not in places)]
    return Context(merged, definitions), faults


def _too_long(pointer: str) -> Fault:
    """Return the fault of contexts that would burden every event."""
    expected = f"at most {MAX_CONTEXT_CHARACTERS} characters"
    message = f"@context is too long, with those before it: expected {expected}, got more"
    return Fault(pointer, FaultCode.CONTEXT, message, expected, "more")


def _define(
    entry: Mapping[str, JSONValue], definitions: dict[str, str], *, pointer: str
) -> list[Fault]:
    """Add one context object's terms to the definitions; a term may use those beside it."""
    raw = {name: _written_id(name, term) for name, term in entry.items() if name[:1] != "@"}
    found: dict[str, str] = {}
    faults = []
    for name, written in raw.items():
        uri = None if written is None else _resolve(written, raw, definitions)
        if uri is not None:
            found[name] = uri
        elif written is not None:
            expected = f"a URI after at most {MAX_PREFIX_STEPS} prefixes"
            message = f"context leads nowhere: expected {expected}, got more for {shown(name)}"
            where = pointer_to(pointer, [name])
            faults.append(Fault(where, FaultCode.CONTEXT, message, expected, "more"))
    for name in raw.keys() - found.keys():
        definitions.pop(name, None)
    definitions.update(found)
    return faults


def _written_id(name: str, term: JSONValue) -> str | None:
    """Return the `@id` that a term definition gives, if any."""
    value = term.get("@id", name) if isinstance(term, dict) else term
    return value if isinstance(value, str) and (value != name or ":" in value) else None


def _resolve(written: str, raw: Mapping[str, str | None], active: Mapping[str, str]) -> str | None:
    """Expand a prefixed name through the prefixes beside it, then those before it."""
    for _ in range(MAX_PREFIX_STEPS + 1):
        prefix, colon, rest = written.partition(":")
        target = raw[prefix] if prefix in raw else active.get(prefix)
        if not colon or rest.startswith("//") or target is None:
            return written
        written = target + rest
    return None


def _redefinitions(
    entry: Mapping[str, JSONValue], definitions: Mapping[str, str], *, pointer: str
) -> Iterator[Fault]:
    """Yield a fault for each standard term or scheme to which the entry gives another meaning."""
    for name, term in entry.items():
        standard = _standard_meaning(name)
        if standard is None:
            refused = _hides_standard_member(name, definitions)
        else:
            refused = name not in _OPEN_PREFIXES and not _same(term, name, definitions)
        if refused:
            expected = standard or "a meaning outside GS1's vocabularies"
            got = shown(definitions.get(name))
            yield Fault(
                pointer_to(pointer, [name]),
                FaultCode.TERM_REDEFINED,
                f"context redefines {shown(name)}: expected {expected}, got {got}",
                expected,
                got,
            )


def _standard_meaning(name: str) -> str | None:
    """Return what a name means before any context but GS1's, if it means anything."""
    if name in _SCHEMES:
        return f"{name}:"
    return STANDARD_TERMS.get(name) or STANDARD_PREFIXES.get(name)


def _hides_standard_member(name: str, definitions: Mapping[str, str]) -> bool:
    """Tell whether a prefixed term is defined to stand for a name of GS1's."""
    return ":" in name and name in definitions and _reserved(definitions[name], in_ilmd=True)


def _same(term: JSONValue, name: str, definitions: Mapping[str, str]) -> bool:
    """Tell whether a term is repeated with the meaning that it has in GS1's context."""
    if isinstance(term, dict) and not _HARMLESS.issuperset(term):
        return False
    meaning = definitions.get(name)
    if name == "gs1":
        return meaning is not None and _without_scheme(meaning) in _MASTER_DATA
    return meaning == _standard_meaning(name)


def _reserved(uri: str, *, in_ilmd: bool) -> bool:
    """Tell whether a URI lies in a vocabulary of GS1's own that has no place here."""
    rest = _without_scheme(uri)
    return rest.startswith(_RESERVED) and not (in_ilmd and rest.startswith(_MASTER_DATA))


def _without_scheme(uri: str) -> str:
    """Return what follows `http:`, `https:` or `urn:`, in small letters; else the URI."""
    scheme, _, rest = uri.partition(":")
    return rest.lower() if scheme.lower() in ("http", "https", "urn") else uri.lower()

"""JSON-LD contexts: what a prefixed name stands for, and which contexts may not be used.

Source: JSON-LD 1.1, sections 4.1 and 9.15; EPCIS 2.0, section 10.2. Remote contexts are named,
never fetched: all of them but GS1's own count as empty.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from traceability.events.faults import Fault, FaultCode, pointer_to, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from traceability.strict_json import JSONValue

# Every event is committed with its contexts, so long ones would multiply; GS1's own examples
# stay below 500 bytes. Prefixes that stand for prefixes are rare, and never so deep.
MAX_CONTEXT_CHARACTERS = 8_192
MAX_PREFIX_STEPS = 8
# Names whose meaning a context remembers; some contexts serve many events.
MAX_VERDICTS = 4_096

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
    definitions
        Prefixes and terms to the URIs that they stand for; none where a name is taken back.
    entries
        The merged `@context`: URIs and objects, in order.
    outer
        The context before, which is asked for names that are not here.
    characters
        Length of the merged `@context`, about.
    """

    __slots__ = ("_definitions", "_outer", "_verdicts", "characters", "entries")

    def __init__(
        self,
        definitions: Mapping[str, str | None],
        entries: Sequence[JSONValue] = (),
        *,
        outer: Context | None = None,
        characters: int = 0,
    ) -> None:
        self.entries = list(entries)
        self.characters = characters
        self._definitions = definitions
        self._outer = outer
        self._verdicts: dict[tuple[str, bool], tuple[str, bool]] = {}

    @property
    def defined(self) -> Collection[str]:
        """The names that the last extension defined."""
        return self._definitions.keys()

    def meaning(self, name: str) -> str | None:
        """Return the URI that a term or prefix is defined to stand for."""
        if self._outer is None or name in self._definitions:
            return self._definitions.get(name)
        return self._outer.meaning(name)

    def expand(self, name: str) -> str:
        """Return the URI that a term, a prefixed name or a URI stands for."""
        known = self.meaning(name)
        if known is not None:
            return known
        prefix, colon, rest = name.partition(":")
        start = self.meaning(prefix) if colon and not rest.startswith("//") else None
        return name if start is None else start + rest

    def judge(self, name: str, *, in_ilmd: bool = False) -> tuple[str, bool]:
        """Return what a member name expands to, and whether that is one of GS1's own names."""
        key = (name, in_ilmd)
        verdict = self._verdicts.get(key)
        if verdict is None:
            if len(self._verdicts) >= MAX_VERDICTS:
                self._verdicts.clear()
            uri = self.expand(name)
            verdict = self._verdicts[key] = uri, _reserved(uri, in_ilmd=in_ilmd)
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


GS1_CONTEXT = Context(STANDARD_PREFIXES)


def extend(outer: Context, own: JSONValue, *, pointer: str) -> tuple[Context, list[Fault]]:
    """Return the context that follows when `own` comes after `outer`, and what is wrong in it.

    Parameters
    ----------
    own
        The value of a member `@context`; parts of the wrong JSON type are the schema's fault.
    pointer
        JSON pointer of that member.
    """
    entries = own if isinstance(own, list) else [own]
    if outer.characters + len(json.dumps(entries, ensure_ascii=False)) > MAX_CONTEXT_CHARACTERS:
        return outer, [_too_long(pointer)]
    context, faults = _following(outer, entries, is_list=isinstance(own, list), pointer=pointer)
    fresh = [entry for entry in entries if entry not in outer.entries]
    if faults or len(fresh) == len(entries):
        return context, faults
    # The merged context is committed, and must pass for one: no entry stands in it twice.
    shorter, _ = _following(outer, fresh, is_list=True, pointer=pointer)
    if all(shorter.meaning(name) == context.meaning(name) for name in context.defined):
        return shorter, []
    return context, [_repeated(pointer)]


def _following(
    outer: Context, entries: Sequence[JSONValue], *, is_list: bool, pointer: str
) -> tuple[Context, list[Fault]]:
    """Return the context after these entries, and what is wrong in them."""
    characters = outer.characters + len(json.dumps(entries, ensure_ascii=False))
    definitions: dict[str, str | None] = {}
    context = Context(definitions, [*outer.entries, *entries], outer=outer, characters=characters)
    faults: list[Fault] = []
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            where = pointer_to(pointer, [index] if is_list else [])
            endless = _define(entry, definitions, active=context, pointer=where)
            redefined = _redefinitions(entry, context, pointer=where)
            places = {fault.pointer for fault in endless}
            faults += [*endless, *(each for each in redefined if each.pointer not in places)]
    return context, faults


def _repeated(pointer: str) -> Fault:
    """Return the fault of an entry that takes back what came between it and its like."""
    expected = "each entry once, or again with nothing else between"
    message = f"@context repeats an entry of the document's: expected {expected}, got one again"
    return Fault(pointer, FaultCode.CONTEXT, message, expected, "one again")


def _too_long(pointer: str) -> Fault:
    """Return the fault of contexts that would burden every event."""
    expected = f"at most {MAX_CONTEXT_CHARACTERS} characters"
    message = f"@context is too long, with those before it: expected {expected}, got more"
    return Fault(pointer, FaultCode.CONTEXT, message, expected, "more")


def _define(
    entry: Mapping[str, JSONValue],
    definitions: dict[str, str | None],
    *,
    active: Context,
    pointer: str,
) -> list[Fault]:
    """Add one context object's terms to the definitions; a term may use those beside it."""
    raw = {name: _written_id(name, term) for name, term in entry.items() if name[:1] != "@"}
    found: dict[str, str | None] = dict.fromkeys(raw)
    faults = []
    for name, written in raw.items():
        if written is None:
            continue
        found[name] = _resolve(written, raw, active)
        if found[name] is None:
            expected = f"a URI after at most {MAX_PREFIX_STEPS} prefixes"
            message = f"context leads nowhere: expected {expected}, got more for {shown(name)}"
            where = pointer_to(pointer, [name])
            faults.append(Fault(where, FaultCode.CONTEXT, message, expected, "more"))
    definitions.update(found)
    return faults


def _written_id(name: str, term: JSONValue) -> str | None:
    """Return the `@id` that a term definition gives, if any."""
    value = term.get("@id", name) if isinstance(term, dict) else term
    return value if isinstance(value, str) and (value != name or ":" in value) else None


def _resolve(written: str, raw: Mapping[str, str | None], active: Context) -> str | None:
    """Expand a prefixed name through the prefixes beside it, then those before it."""
    for _ in range(MAX_PREFIX_STEPS + 1):
        prefix, colon, rest = written.partition(":")
        target = raw[prefix] if prefix in raw else active.meaning(prefix)
        if not colon or rest.startswith("//") or target is None:
            return written
        written = target + rest
    return None


def _redefinitions(
    entry: Mapping[str, JSONValue], context: Context, *, pointer: str
) -> Iterator[Fault]:
    """Yield a fault for each standard term or scheme to which the entry gives another meaning."""
    for name, term in entry.items():
        standard = _standard_meaning(name)
        if standard is None:
            refused = ":" in name and _reserved(context.meaning(name) or "", in_ilmd=True)
        else:
            refused = name not in _OPEN_PREFIXES and not _same(term, name, context)
        if refused:
            expected = standard or "a meaning outside GS1's vocabularies"
            got = shown(context.meaning(name))
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


def _same(term: JSONValue, name: str, context: Context) -> bool:
    """Tell whether a term is repeated with the meaning that it has in GS1's context."""
    if isinstance(term, dict) and not _HARMLESS.issuperset(term):
        return False
    meaning = context.meaning(name)
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

"""A participant's disclosure policy: which fields of its records the public and partners see.

Source: docs/formats.md, section "disclosure policies"; docs/adr/0015-disclosure-policies.md.
Beyond what a policy names, the header, the code asked for and the `@context` that extension names
need are always shown, and values that hold an `ni:` hash never, but to auditors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from traceability.codes.keys import check_element
from traceability.errors import InvalidInput
from traceability.hashing.commitment import (
    CONTEXT,
    EVENT_TYPES,
    RESERVED_MEMBERS,
    Field,
    RecordKind,
    splits_by_member,
)
from traceability.store.tables import POLICY_TYPE
from traceability.strict_json import JSONValue
from traceability.verify.identity import LOT_MEDIA_TYPE

POLICY_MEDIA_TYPE: Final = POLICY_TYPE
FORMAT: Final = "itemproof-disclosure-1"
XML_MEDIA_TYPE: Final = "application/xml"
DEFAULT: Final = "default"
MAX_VERSION: Final = 2**31 - 1
MAX_PARTNERS: Final = 1_000
MAX_NAMES: Final = 500
MAX_NAME: Final = 512
MAX_DOCUMENT_TYPES: Final = 64
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,62}/[a-z0-9][a-z0-9.+-]{0,62}")
_PAIR: Final = 2
# Open to everybody, or as private as the events beside them: no rule of their own.
_WITHOUT_RULE: Final = (LOT_MEDIA_TYPE, XML_MEDIA_TYPE)

Shielded: TypeAlias = Literal["public", "partner"]


class DisclosurePolicyInvalid(InvalidInput):
    """The document is no disclosure policy."""

    code = "DISCLOSURE_POLICY_INVALID"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an audience sees beyond the minimum: everything, or the members and parts named."""

    everything: bool = False
    names: frozenset[tuple[str, ...]] = frozenset()

    def shows(self, found: Field) -> bool:
        """Tell whether a field is among what is shown."""
        if self.everything:
            return True
        path = found.path
        return path[:1] in self.names or path in self.names

    def has(self, name: str) -> bool:
        """Tell whether a whole member is shown."""
        return self.everything or (name,) in self.names


MINIMUM: Final = Shown()
EVERYTHING: Final = Shown(everything=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """What the public sees of a kind of record, and what partners see."""

    public: Shown = MINIMUM
    partner: Shown = EVERYTHING

    def of(self, audience: Shielded) -> Shown:
        """Return what an audience sees."""
        return self.public if audience == "public" else self.partner


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules by event type and by media type; where there is none, the default rule of the two."""

    version: int = 0
    partners: frozenset[str] = frozenset()
    events: Mapping[str, Rule] = field(default_factory=dict)
    documents: Mapping[str, Rule] = field(default_factory=dict)
    otherwise: Rule = Rule()

    def rule(self, kind: RecordKind, header: JSONValue) -> Rule:
        """Return the rule for a record by its header."""
        members = header if isinstance(header, dict) else {}
        is_event = kind is RecordKind.EVENT
        rules = self.events if is_event else self.documents
        name = members.get("type" if is_event else "media_type")
        found = rules.get(name) if isinstance(name, str) else None
        return found or rules.get(DEFAULT) or self.otherwise


# Without a policy: the minimum to the public, all but `ni:` values to partners.
DEFAULT_POLICY: Final = Policy()
# Where the newest policy was erased: nobody can say what it allowed, so nothing is.
CLOSED_POLICY: Final = Policy(otherwise=Rule(MINIMUM, MINIMUM))


def parse_policy(value: JSONValue) -> Policy:
    """Return what a policy document says.

    Raises
    ------
    DisclosurePolicyInvalid
        With the pointer of the fault.
    """
    members = _members(
        value, "", required=("format", "version"), optional=("partners", "events", "documents")
    )
    if members["format"] != FORMAT:
        raise _fault("format is unknown", "/format", expected=FORMAT)
    return Policy(
        version=_version(members["version"]),
        partners=_partners(members.get("partners", [])),
        events=_rules(members.get("events", {}), "/events", EVENT_TYPES),
        documents=_rules(members.get("documents", {}), "/documents", None),
    )


def _fault(message: str, pointer: str, *, expected: str = "") -> DisclosurePolicyInvalid:
    wanted = f": expected {expected}" if expected else ""
    return DisclosurePolicyInvalid(
        f"disclosure policy's {message}{wanted}", pointer=pointer, expected=expected or None
    )


def _members(
    value: JSONValue, at: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, JSONValue]:
    if not isinstance(value, dict):
        raise _fault("value is not an object", at)
    for name in required:
        if name not in value:
            raise _fault("member is missing", f"{at}/{name}", expected=name)
    for name in value:
        if name not in (*required, *optional):
            raise _fault(
                "member is unknown",
                f"{at}/{name[:80]}",
                expected=", ".join((*required, *optional)),
            )
    return value


def _version(value: JSONValue) -> int:
    if type(value) is not int or not 1 <= value <= MAX_VERSION:
        raise _fault("version is no number of a version", "/version", expected="1, 2, 3, …")
    return value


def _partners(value: JSONValue) -> frozenset[str]:
    found = _list(value, "/partners", MAX_PARTNERS)
    partners: set[str] = set()
    for index, gln in enumerate(found):
        at = f"/partners/{index}"
        if not isinstance(gln, str):
            raise _fault("partner is not text", at, expected="a GLN")
        try:
            check_element("414", gln)
        except InvalidInput as error:
            raise _fault("partner is no GLN", at, expected="13 digits with check digit") from error
        if gln in partners:
            raise _fault("partner is named twice", at)
        partners.add(gln)
    return frozenset(partners)


def _list(value: JSONValue, at: str, most: int) -> list[JSONValue]:
    if not isinstance(value, list):
        raise _fault("value is not a list", at)
    if len(value) > most:
        raise _fault("list is too long", at, expected=f"at most {most}")
    return value


def _rules(value: JSONValue, at: str, known: tuple[str, ...] | None) -> dict[str, Rule]:
    if not isinstance(value, dict):
        raise _fault("value is not an object", at)
    if len(value) > MAX_DOCUMENT_TYPES:
        raise _fault("rules are too many", at, expected=f"at most {MAX_DOCUMENT_TYPES}")
    kind = RecordKind.DOCUMENT if known is None else RecordKind.EVENT
    rules: dict[str, Rule] = {}
    for name, rule in value.items():
        place = f"{at}/{name[:80].replace('~', '~0').replace('/', '~1')}"
        if name != DEFAULT:
            _check_name(name, place, known)
        rules[name] = _rule(rule, place, kind)
    return rules


def _check_name(name: str, at: str, known: tuple[str, ...] | None) -> None:
    if known is not None and name not in known:
        raise _fault("event type is unknown", at, expected=", ".join((DEFAULT, *known)))
    if known is None and not _MEDIA_TYPE.fullmatch(name):
        raise _fault("media type is malformed", at, expected="type/subtype in lower case")
    if known is None and name in _WITHOUT_RULE:
        raise _fault("media type has no rule of its own", at)


def _rule(value: JSONValue, at: str, kind: RecordKind) -> Rule:
    members = _members(value, at, required=("public", "partner"))
    return Rule(
        _shown(members["public"], f"{at}/public", kind),
        _shown(members["partner"], f"{at}/partner", kind),
    )


def _shown(value: JSONValue, at: str, kind: RecordKind) -> Shown:
    if value == "all":
        return EVERYTHING
    if isinstance(value, str):
        raise _fault("word is unknown", at, expected='"all" or a list of names')
    names: set[tuple[str, ...]] = set()
    for index, part in enumerate(_list(value, at, MAX_NAMES)):
        name = _name(part, f"{at}/{index}", kind)
        if name in names:
            raise _fault("name stands twice", f"{at}/{index}")
        names.add(name)
    return Shown(names=frozenset(names))


def _name(value: JSONValue, at: str, kind: RecordKind) -> tuple[str, ...]:
    """Read a member's name, or the name of a part that is split off it: [member, part]."""
    parts = value if isinstance(value, list) else [value]
    names = tuple([part for part in parts if isinstance(part, str) and 0 < len(part) <= MAX_NAME])
    if len(names) != len(parts) or len(names) not in (1, _PAIR):
        raise _fault("name is malformed", at, expected="a name, or [member, part]")
    if len(names) == _PAIR and not splits_by_member(names[0]):
        raise _fault("member has no parts of its own", at, expected="ilmd or an extension")
    if names[0] in RESERVED_MEMBERS[kind] or names[0] == CONTEXT:
        raise _fault("name is shown by another rule", at)
    return names
